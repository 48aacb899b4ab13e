"""Which jobs' ends have been told to the user's hook: each once, whichever process tells it."""

from __future__ import annotations

import os
import time
from pathlib import Path

from runcomfy_tui.history.errors import plainly
from runcomfy_tui.history.storage import FILE_MODE, make_folder

KEPT_SECONDS = 7 * 24 * 3600.0
"""By then every process has long taken note of the end, so nobody asks about it any more."""


class HookClaims:
    """One empty file per job; whoever creates it runs the hook."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "hooked"

    def claim(self, job_id: str) -> bool:
        """Whether this process is to run the hook: False when one has. Raises `LedgerError`."""
        with plainly("note that the hook runs", self._folder, writing=False):
            make_folder(self._folder)
            flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
            try:
                os.close(os.open(self._folder / job_id, flags, FILE_MODE))
            except FileExistsError:
                return False
        return True

    def sweep(self) -> None:
        """Remove what is older than a week. Raises `LedgerError`."""
        oldest = time.time() - KEPT_SECONDS
        with plainly("tidy the notes about hooks", self._folder, writing=False):
            if not self._folder.is_dir():
                return
            for claim in self._folder.iterdir():
                if claim.stat().st_mtime < oldest:
                    claim.unlink(missing_ok=True)
