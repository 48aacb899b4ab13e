"""A file while it arrives: `name.ext.part` beside a note of what it is; renamed when whole.

Everything here blocks on the disk and belongs into a thread. Nothing that exists is overwritten,
neither a file of the user's nor somebody else's `.part`.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import orjson

from runcomfy_tui.api.checksum import CHECKSUM, Digest
from runcomfy_tui.api.glance import glance_at_file
from runcomfy_tui.api.media_headers import MediaHeader
from runcomfy_tui.api.names import numbered

_MAX_NUMBER = 10_000


@dataclass(frozen=True, slots=True)
class Note:
    """What a `.part` is the beginning of; `etag` is None where it cannot be gone on with.

    `total` is how many bytes the whole will have, None where the server did not say.
    """

    source: str
    etag: str | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """What has come of a file: bytes, and of how many in all, if that is known."""

    size: int
    total: int | None


class PartFile:
    """An open, locked `.part` that this object alone writes to, with the checksum of its bytes."""

    def __init__(self, part: Path, fd: int, note: Note, checksum: str) -> None:
        self.path = part
        self.size = os.lseek(fd, 0, os.SEEK_END)
        self._fd = fd
        self._note = note
        self._digest = Digest(checksum)
        self._digest.take_file(fd, self.size)

    @classmethod
    def claim(cls, folder: Path, name: str, url: str, checksum: str = CHECKSUM) -> PartFile:
        """Open the `.part` that an earlier try for this URL left, else a new one.

        The first of `name`, `name-1`, … is taken where neither a file nor a foreign `.part` is in
        the way. `checksum` names one of `CHECKSUMS`. Raises `OSError`.
        """
        folder.mkdir(parents=True, exist_ok=True)
        source = _source(url)
        for number in range(_MAX_NUMBER):
            final = folder / numbered(name, number)
            if not os.path.lexists(final) and (claimed := cls._claim_for(final, source, checksum)):
                return claimed
        raise FileExistsError(f"there are {_MAX_NUMBER} files named like {name} already")

    @classmethod
    def _claim_for(cls, final: Path, source: str, checksum: str) -> PartFile | None:
        part = _part_of(final)
        flags = os.O_RDWR | os.O_NOFOLLOW
        note = Note(source)
        try:
            fd = os.open(part, flags | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            known = _read_note(part)
            if known is None or known.source != source:
                return None
            note = known
            try:
                fd = os.open(part, flags)
            except OSError:
                return None
        if not (_lock(fd) and _is_still_at(part, fd)):
            os.close(fd)
            return None
        claimed = cls(part, fd, note, checksum)
        if not claimed.size:
            claimed.begin(None)
        return claimed

    @property
    def etag(self) -> str | None:
        """What the server must still call the file if its rest is to be asked for."""
        return self._note.etag if self.size else None

    def begin(self, etag: str | None, total: int | None = None) -> None:
        """Start from the first byte, noting what the bytes are, so that a later try can go on."""
        self.restart()
        self._note = Note(self._note.source, etag, total)
        _note_of(self.path).write_bytes(orjson.dumps(self._note))

    def write(self, data: bytes) -> None:
        """Append `data`."""
        view = memoryview(data)
        while view:
            written = os.write(self._fd, view)
            self.size += written
            self._digest.take(view[:written])
            view = view[written:]

    def restart(self) -> None:
        """Forget what has come so far."""
        os.ftruncate(self._fd, 0)
        self.size = os.lseek(self._fd, 0, os.SEEK_SET)
        self._digest = Digest(self._digest.name)

    def look(self) -> MediaHeader | None:
        """What its bytes say that it is."""
        return glance_at_file(self._fd)

    @property
    def name(self) -> str:
        """The name that was claimed for the file."""
        return self.path.with_suffix("").name

    @property
    def checksum(self) -> str:
        """The checksum of all bytes so far: its kind, a colon, hexadecimal digits."""
        return str(self._digest)

    def finish(self, name: str | None = None) -> Path:
        """Make the whole file durable under `name`, or the next free one, and return it."""
        os.fsync(self._fd)
        final = self._reserve(name or self.name)
        self.path.replace(final)
        _note_of(self.path).unlink(missing_ok=True)
        self.close()
        return final

    def discard(self) -> None:
        """Remove what has come so far."""
        self.path.unlink(missing_ok=True)
        _note_of(self.path).unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Let go; an empty `.part` is removed, any other kept for a later try."""
        if self._fd < 0:
            return
        fd, self._fd = self._fd, -1
        if os.fstat(fd).st_nlink and not self.size:
            self.path.unlink(missing_ok=True)
            _note_of(self.path).unlink(missing_ok=True)
        os.close(fd)

    def _reserve(self, name: str) -> Path:
        # rename() overwrites without a word, so the name is taken first, by an empty file.
        wanted = self.path.with_name(name)
        for number in range(_MAX_NUMBER):
            final = wanted.with_name(numbered(wanted.name, number))
            try:
                os.close(os.open(final, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
            except FileExistsError:
                continue
            return final
        raise FileExistsError(f"there are {_MAX_NUMBER} files named like {wanted.name} already")


def begun(folder: Path, name: str, url: str) -> Begun | None:
    """How much of a URL's file an earlier try left, for the next one to go on with. Blocks."""
    source = _source(url)
    for number in range(_MAX_NUMBER):
        final = folder / numbered(name, number)
        part = _part_of(final)
        note = _read_note(part)
        if note is not None and note.source == source and note.etag is not None:
            with suppress(OSError):
                size = part.stat(follow_symlinks=False).st_size
                return Begun(size, note.total) if size else None
        if not (os.path.lexists(final) or os.path.lexists(part)):
            return None
    return None


def _part_of(final: Path) -> Path:
    return final.with_name(f"{final.name}.part")


def _note_of(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _source(url: str) -> str:
    """A URL without its query: that of a pre-signed URL changes with every result."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def _read_note(part: Path) -> Note | None:
    try:
        read = orjson.loads(_note_of(part).read_bytes())
        etag, total = read["etag"], read.get("total")
        return Note(
            str(read["source"]),
            etag if isinstance(etag, str) else None,
            total if isinstance(total, int) else None,
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _is_still_at(part: Path, fd: int) -> bool:
    """False when somebody finished and renamed the file between its opening and its locking."""
    try:
        return os.path.samestat(part.stat(follow_symlinks=False), os.fstat(fd))
    except OSError:
        return False


def _lock(fd: int) -> bool:
    """Keep others off this `.part`: another download here, or another process."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # a file system without locks
    return True
