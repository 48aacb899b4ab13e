"""`runcomfy-tui track`: takes in requests that were submitted elsewhere."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from runcomfy_tui.commands.on_ledger import on_ledger
from runcomfy_tui.exit_codes import DATA, OK, USAGE, fail

if TYPE_CHECKING:
    from runcomfy_tui.history.ledger import Ledger
    from runcomfy_tui.settings import Settings


def track(arguments: argparse.Namespace, settings: Settings) -> int:
    """Make a job of each request_id that the ledger does not know."""
    from runcomfy_tui.engine.transitions import adopted
    from runcomfy_tui.jobs import read_request_ids

    try:
        request_ids = read_request_ids(" ".join(arguments.request_ids) or sys.stdin.read())
    except UnicodeDecodeError:
        return fail("What came on stdin is no text.", DATA)
    except ValueError as error:
        return fail(str(error), DATA)
    if not request_ids:
        return fail("Give at least one request_id, as an argument or on stdin.", USAGE)

    def work(ledger: Ledger) -> int:
        known = ledger.find_requests(request_ids)
        ledger.put(*(adopted(each) for each in request_ids if each not in known))
        for each in request_ids:
            print(f"{each} {'is tracked already' if each in known else 'is tracked now'}")
        return OK

    return on_ledger(settings, work)
