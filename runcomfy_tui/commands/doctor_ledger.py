"""The ledger's part of the doctor: what its files look like, and what of them can be mended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runcomfy_tui.exit_codes import DATA, OK
from runcomfy_tui.words import count_of

if TYPE_CHECKING:
    from runcomfy_tui.history.health import Health

MOST_TOLD = 10

GOOD, BAD, NOTE = "ok", "!!", "--"


@dataclass(frozen=True, slots=True)
class Line:
    """Something found: `mark` says whether it is well, `code` how the command ends for it."""

    mark: str
    text: str
    code: int = OK


def ledger(folder: Path, *, is_repaired: bool) -> Iterator[Line]:
    """How the files of a data folder are."""
    from runcomfy_tui.history.health import LITTLE_SPACE, examine

    try:
        health = examine(folder)
    except OSError as error:
        yield Line(BAD, f"{folder} cannot be read: {error.strerror or error}", DATA)
        return
    yield Line(GOOD, str(folder))
    if not health.exists and not health.is_writable:
        yield Line(BAD, "the folder is not there and cannot be made: no job is kept", DATA)
        return
    if not health.exists:
        yield Line(NOTE, "the folder is not there yet: the first job makes it")
        return
    if not health.is_writable:
        yield Line(BAD, "it cannot be written: nothing new is kept", DATA)
    if health.free_bytes is not None:
        is_little = health.free_bytes < LITTLE_SPACE
        yield Line(BAD if is_little else GOOD, f"{health.free_bytes / 1e9:.1f} GB free on the disk")
    yield Line(
        GOOD,
        f"{count_of(health.live, 'live job')}, {health.ended:,} ended in "
        f"{count_of(health.segments, 'file')}, {health.forgotten:,} forgotten, "
        f"{count_of(health.backups, 'backup')}",
    )
    yield from _troubles(health)
    if not health.is_sound and not is_repaired:
        yield Line(NOTE, "runcomfy-tui doctor --repair mends what can be mended")


def _troubles(health: Health) -> Iterator[Line]:
    for name in health.unreadable:
        yield Line(BAD, f"{name} cannot be read", DATA)
    for name in health.missing:
        yield Line(BAD, f"{name} is missing", DATA)
    if health.bad_documents:
        yield Line(BAD, f"{count_of(health.bad_documents, 'job')} that cannot be read", DATA)
    for name in health.set_aside:
        yield Line(NOTE, f"{name} was set aside; it is kept until you remove it")
    if health.lost_request_ids:
        told = ", ".join(health.lost_request_ids[:MOST_TOLD])
        more = len(health.lost_request_ids) - MOST_TOLD
        yield Line(
            BAD,
            f"request_ids in files set aside that the ledger does not know: {told}"
            + (f" and {more:,} more" if more > 0 else ""),
            DATA,
        )
    if health.orphans:
        yield Line(
            BAD,
            f"{count_of(len(health.orphans), 'submit')} whose process is gone: the jobs may exist "
            "and may be charged",
            DATA,
        )
    if health.in_both_places:
        yield Line(
            NOTE,
            f"{count_of(health.in_both_places, 'ended job')} to be moved when the next job ends",
        )
    if health.stale:
        yield Line(
            NOTE, f"{count_of(len(health.stale), 'temporary file')} that killed processes left"
        )
    if health.dead_sessions:
        yield Line(NOTE, f"{count_of(health.dead_sessions, 'session')} of processes that are gone")
    yield Line(GOOD, "locked by another process now" if health.is_locked else "not locked")
    yield Line(GOOD, f"polled by {health.watcher}" if health.watcher else "nobody polls now")


def repairs(folder: Path) -> Iterator[Line]:
    """Mend what can be mended, and tell what was done."""
    from runcomfy_tui.history.errors import LedgerError
    from runcomfy_tui.history.health import examine

    if not folder.is_dir():
        yield Line(NOTE, "there is no ledger to mend")
        return
    try:
        done = list(_repaired(folder))
        again = examine(folder)
    except (LedgerError, OSError) as error:
        yield Line(BAD, str(error), DATA)
        return
    yield from done
    if not done:
        yield Line(
            GOOD, "there is nothing to mend" if again.is_sound else "nothing could be mended"
        )


def _repaired(folder: Path) -> Iterator[Line]:
    """Mend what can be mended. Reading a ledger mends its files: that is how it was built."""
    from runcomfy_tui.engine import transitions
    from runcomfy_tui.history.health import examine
    from runcomfy_tui.history.ledger import Ledger

    health = examine(folder)
    book = Ledger(folder)
    try:
        book.load_live()
        for _ in book.load_ended():
            pass
        for problem in book.problems:
            yield Line(GOOD, problem)
        if orphans := book.orphaned_submits():
            book.put(*map(transitions.interrupted, orphans))
            yield Line(GOOD, f"{count_of(len(orphans), 'lost submit')}: unconfirmed now")
        lost = examine(folder).lost_request_ids
        known = book.find_requests(lost) if lost else {}
        if news := [each for each in lost if each not in known]:
            book.put(*map(transitions.adopted, news))
            yield Line(
                GOOD, f"{count_of(len(news), 'request')} out of files set aside: tracked again"
            )
    finally:
        book.close()
    for problem in _others_read(folder, health.unreadable + health.missing):
        yield Line(GOOD, problem)
    removed = 0
    for name in health.stale:
        with suppress(OSError):
            (folder / name).unlink(missing_ok=True)
            removed += 1
    if removed:
        yield Line(GOOD, f"{count_of(removed, 'temporary file')} removed")


def _others_read(folder: Path, names: list[str]) -> Iterator[str]:
    """Read the files beside the ledger, which mends them; what was done about each."""
    from runcomfy_tui.history.locked_file import LockedFile

    for path in (folder / name for name in names):
        if (
            path.parent.name == "ended"
            or path.name in _NOT_ALONE
            or not path.name.endswith(".json")
        ):
            continue
        problems: list[str] = []
        LockedFile(path.parent, path.stem, problems.append).news("mend it")
        yield from problems


_NOT_ALONE = ("live.json", "forgotten.json", "watch.json")
"""The ledger's own, and a note that the next one to poll writes anew."""
