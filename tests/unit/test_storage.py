"""The storage under TinyDB: whole files at every moment, backups, files set aside."""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import orjson
import pytest
from tinydb import where

from runcomfy_tui.history.storage import DocumentFile, make_folder, sweep


class Box:
    """One document file in a folder, with the problems it reported."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "box.json"
        self.backup = folder / "box.json.bak"
        self.problems: list[str] = []
        self.guarded = 0
        self.table = DocumentFile(
            self.path, guard=self._guard, report=self.problems.append
        ).documents

    def _guard(self) -> AbstractContextManager[None]:
        self.guarded += 1
        return nullcontext()

    def put(self, **documents: Any) -> None:
        self.table.revise(lambda there: there.update(documents))

    def set_aside(self) -> list[Path]:
        return sorted(self.path.parent.glob("*.unreadable-*"))


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def test_documents_come_back_under_their_own_string_ids(box: Box) -> None:
    box.put(b={"n": 2}, a={"n": 1})
    assert box.table.documents() == {"b": {"n": 2}, "a": {"n": 1}}
    found = box.table.get(doc_id="a")  # type: ignore[call-overload] # ids are str here
    assert found == {"n": 1}
    assert found.doc_id == "a"


def test_a_second_process_write_is_seen_at_once_by_queries_too(box: Box, tmp_path: Path) -> None:
    is_one = where("n") == 1
    box.put(a={"n": 1})
    assert len(box.table.search(is_one)) == 1
    Box(tmp_path).put(b={"n": 1})
    assert len(box.table.search(is_one)) == 2


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    make_folder(folder)
    box = Box(folder)
    box.put(a={})
    box.put(a={"n": 1})
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(box.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(box.backup.stat().st_mode) == 0o600


def test_nothing_is_written_when_nothing_changed(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    box.put(a={"n": 1})
    before = box.path.stat()
    syncs: list[int] = []
    monkeypatch.setattr(os, "fsync", syncs.append)
    box.put(a={"n": 1})
    after = box.path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert syncs == []
    box.put(a={"n": 2})
    assert len(syncs) == 1


def test_two_quick_writes_differ_in_their_time(box: Box) -> None:
    times = set()
    for n in range(20):
        box.put(a={"n": n})
        times.add(box.path.stat().st_mtime_ns)
    assert len(times) == 20


def test_the_backup_is_the_version_before(box: Box) -> None:
    box.put(a={"n": 1})
    assert not box.backup.exists()
    box.put(a={"n": 2})
    assert b'"n":1' in box.backup.read_bytes()
    box.put(a={"n": 3})
    assert b'"n":2' in box.backup.read_bytes()


@pytest.mark.parametrize(
    "broken",
    [b"", b'{"documents":{"a":{"n"', b"\x00" * 100, b"[1,2]", b'{"documents":7}', b'{"a":NaN}'],
    ids=["empty", "cut off", "zeros", "a list", "no table", "not strict JSON"],
)
def test_an_unreadable_file_is_set_aside_and_its_backup_takes_over(box: Box, broken: bytes) -> None:
    box.put(a={"n": 1})
    box.put(a={"n": 2}, b={})
    box.path.write_bytes(broken)
    assert box.table.documents() == {"a": {"n": 1}}
    assert box.guarded == 1
    (aside,) = box.set_aside()
    assert aside.read_bytes() == broken
    (problem,) = box.problems
    assert str(box.path) in problem
    assert aside.name in problem
    assert "recovered from its backup" in problem
    box.put(c={})
    assert set(box.table.documents()) == {"a", "c"}
    assert aside.read_bytes() == broken


def test_without_a_readable_backup_both_files_are_kept_and_named(box: Box) -> None:
    box.put(a={"n": 1})
    box.put(a={"n": 2})
    box.path.write_bytes(b"{broken")
    box.backup.write_bytes(b"broken too")
    assert box.table.documents() == {}
    assert {aside.read_bytes() for aside in box.set_aside()} == {b"{broken", b"broken too"}
    (problem,) = box.problems
    assert all(aside.name in problem for aside in box.set_aside())
    for n in range(3):
        box.put(a={"n": n})
    assert {aside.read_bytes() for aside in box.set_aside()} == {b"{broken", b"broken too"}
    assert len(box.problems) == 1


def test_two_files_broken_in_the_same_second_are_both_kept(box: Box) -> None:
    box.put(a={})
    for broken in (b"first", b"second"):
        box.path.write_bytes(broken)
        box.table.documents()
    assert {aside.read_bytes() for aside in box.set_aside()} == {b"first", b"second"}


def test_a_missing_file_is_recovered_from_its_backup(box: Box) -> None:
    box.put(a={"n": 1})
    box.put(a={"n": 2})
    box.path.unlink()
    assert box.table.documents() == {"a": {"n": 1}}
    assert "was missing" in box.problems[0]


def test_a_full_disk_leaves_the_old_file_and_no_litter(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.put(a={"n": 1})

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            box.put(a={"n": 2})
    assert box.table.documents() == {"a": {"n": 1}}
    assert list(box.path.parent.iterdir()) == [box.path]


@pytest.mark.parametrize("refused", ["box.json", "box.json.bak"])
def test_a_disk_that_lets_nothing_be_renamed_or_removed_for_a_while_is_written_to_later(
    box: Box, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    box.put(a={"n": 1})
    replace = Path.replace

    def stuck(path: Path, target: Path) -> Path:
        if target.name == refused:
            raise OSError(errno.EROFS, "Read-only file system")
        return replace(path, target)

    def kept(_path: Path, *, missing_ok: bool = False) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", stuck)
        patched.setattr(Path, "unlink", kept)
        with pytest.raises(OSError, match="Read-only"):
            box.put(a={"n": 2})
        with pytest.raises(OSError, match=r"Read-only|exists"):
            box.put(a={"n": 2})
    box.put(a={"n": 3})
    assert box.table.documents() == {"a": {"n": 3}}
    assert b'"n":1' in box.backup.read_bytes()
    assert sorted(box.path.parent.iterdir()) == [box.path, box.backup]


def test_writing_again_and_again_makes_up_no_new_names(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Python keeps a table of all names of files, and rebuilds it whole, in new memory, when many
    # have come and gone: a day of writing would leave megabytes of holes.
    box.put(a={"n": 0})
    box.put(a={"n": 1})
    names: set[str] = set()
    intern = sys.intern

    def noted(name: str) -> str:
        names.add(name)
        return intern(name)

    monkeypatch.setattr(sys, "intern", noted)
    box.put(a={"n": 2})
    first = set(names)
    box.put(a={"n": 3})
    assert names == first


def test_a_file_system_without_hard_links_gets_copies(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: Any) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    box.put(a={"n": 1})
    box.put(a={"n": 2})
    box.path.write_bytes(b"broken")
    assert box.table.documents() == {"a": {"n": 1}}
    assert box.set_aside()[0].read_bytes() == b"broken"


def test_sweeping_takes_stale_temporary_files_and_nothing_else(box: Box) -> None:
    folder = box.path.parent
    box.put(a={})
    stale = folder / ".box.json.12345678.tmp"
    others = [folder / ".other.json.12345678.tmp", folder / "box.json.unreadable-1"]
    for path in (stale, *others):
        path.write_bytes(b"x")
    sweep(folder, "box.json")
    assert not stale.exists()
    assert all(path.exists() for path in (*others, box.path))


def test_unknown_tables_of_a_newer_version_survive_a_write(box: Box) -> None:
    box.path.write_bytes(orjson.dumps({"documents": {"a": {}}, "later": {"x": [1]}}))
    box.put(b={})
    assert orjson.loads(box.path.read_bytes()) == {
        "documents": {"a": {}, "b": {}},
        "later": {"x": [1]},
    }
