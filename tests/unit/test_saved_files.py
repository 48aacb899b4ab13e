"""The records of saved files, on a disk that runs full in the middle of one."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runcomfy_tui.history.errors import LedgerError
from runcomfy_tui.history.saved import SavedFile, SavedFiles

JOB = "01a0e5113874770209cbe2"


def saved(url: str, file: str = "/tmp/boat.mp4") -> SavedFile:
    return SavedFile(url, file, 5, "sha256:00", 1.5)


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """As on a full disk: a write that would go beyond is cut short."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_the_newest_record_of_each_url_counts(tmp_path: Path) -> None:
    files = SavedFiles(tmp_path)
    for record in (saved("a"), saved("b"), saved("a", "/tmp/boat-2.mp4")):
        files.add(JOB, record)
    assert files.of(JOB) == (saved("a", "/tmp/boat-2.mp4"), saved("b"))
    assert files.of("another") == ()


def test_a_record_that_a_full_disk_cut_short_costs_no_other(tmp_path: Path) -> None:
    files = SavedFiles(tmp_path)
    files.add(JOB, saved("a"))
    [record] = tmp_path.rglob("*.jsonl")
    with (
        no_file_above(record.stat().st_size + 20),
        pytest.raises(LedgerError, match="the disk is full"),
    ):
        files.add(JOB, saved("b"))
    files.add(JOB, saved("c"))
    assert files.of(JOB) == (saved("a"), saved("c"))
