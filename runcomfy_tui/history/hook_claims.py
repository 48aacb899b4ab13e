"""Which jobs' ends have been told to the user's hook: each once, whichever process tells it."""

from __future__ import annotations

import os
import time
from pathlib import Path

from runcomfy_tui.history.errors import plainly
from runcomfy_tui.history.storage import FILE_MODE, make_folder

KEPT_SECONDS = 7 * 24 * 3600.0
"""By then every process has long taken note of the end, so nobody asks about it any more."""

_DUE = ".due"


class HookClaims:
    """One empty file per job; whoever creates it runs the hook.

    Another one stands from before the end is written until then: who is killed between the two
    leaves it behind.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "hooked"

    def expect(self, *job_ids: str) -> None:
        """Note that these jobs' ends are about to be written. Raises `LedgerError`."""
        with plainly("note that the hook is to run", self._folder):
            make_folder(self._folder)
            for job_id in job_ids:
                self._due(job_id).touch(FILE_MODE)

    def due(self) -> list[str]:
        """The jobs whose ends are written, or are about to be, and claimed by nobody yet.

        Raises `LedgerError`.
        """
        with plainly("look for hooks that did not run", self._folder, writing=False):
            return [path.stem for path in self._folder.glob(f"*{_DUE}")]

    def claim(self, job_id: str) -> bool:
        """Whether this process is to run the hook: False when one has. Raises `LedgerError`."""
        with plainly("note that the hook runs", self._folder, writing=False):
            make_folder(self._folder)
            flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
            try:
                os.close(os.open(self._folder / job_id, flags, FILE_MODE))
            except FileExistsError:
                return False
            finally:
                self._due(job_id).unlink(missing_ok=True)
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

    def _due(self, job_id: str) -> Path:
        return self._folder / f"{job_id}{_DUE}"
