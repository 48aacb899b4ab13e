"""What can go wrong with the files of the ledger, in sentences for people."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock


class LedgerError(Exception):
    """The files could not be read or written. `str()` is a sentence for people."""


class LedgerBusy(LedgerError):
    """Another process held the lock for longer than this one was willing to wait."""


_KEPT = "What was saved before is untouched, but this change is in memory only."

_REASONS = {
    errno.ENOSPC: "the disk is full. Free some space and try again.",
    errno.EDQUOT: "your disk quota is used up. Free some space and try again.",
    errno.EACCES: "there is no permission. Check who owns the folder and its files.",
    errno.EPERM: "there is no permission. Check who owns the folder and its files.",
    errno.EROFS: "the file system is read-only. Choose another folder with --data-dir.",
    errno.ENOTDIR: "a part of its path is a file, not a folder.",
    errno.EEXIST: "a file of that name stands where the folder should be.",
}


@contextmanager
def plainly(doing: str, place: Path, *, writing: bool = True) -> Iterator[None]:
    """Turn an operating system's error inside the block into a `LedgerError` about `place`.

    `doing` completes "could not …". Raises `LedgerBusy` where a lock was not to be had in time.
    """
    try:
        yield
    except filelock.Timeout as error:
        raise LedgerBusy(
            f"Could not {doing}: another runcomfy-tui has kept {place} locked for too long. "
            f"{_KEPT} If no other one is working, look for a stopped process (ctrl+z) that is."
        ) from error
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, f"{error.strerror or error}.")
        kept = f" {_KEPT}" if writing else ""
        raise LedgerError(f"Could not {doing} in {place}: {reason}{kept}") from error
