"""A command's work on the ledger: opened, its problems told, closed; trouble is an exit code."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from runcomfy_tui.exit_codes import UNAVAILABLE, fail, say

if TYPE_CHECKING:
    from runcomfy_tui.history.ledger import Ledger
    from runcomfy_tui.settings import Settings


def on_ledger(settings: Settings, work: Callable[[Ledger], int]) -> int:
    """Do `work` on the ledger of `settings`, and return its exit code."""
    from runcomfy_tui.history.errors import LedgerError
    from runcomfy_tui.history.ledger import Ledger

    try:
        ledger = Ledger(settings.data_dir)
        try:
            code = work(ledger)
        finally:
            for problem in ledger.problems:
                say(problem)
            ledger.close()
    except LedgerError as error:
        return fail(str(error), UNAVAILABLE)
    return code
