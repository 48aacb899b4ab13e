"""Only one process polls a ledger."""

from __future__ import annotations

import os
from pathlib import Path

from runcomfy_tui.history.watch_turn import WatchTurn


def test_one_has_the_turn_until_it_lets_go(tmp_path: Path) -> None:
    first, second = WatchTurn(tmp_path), WatchTurn(tmp_path)
    assert first.try_acquire()
    assert first.try_acquire()
    assert not second.try_acquire()
    holder = second.holder()
    assert holder is not None
    assert holder.pid == os.getpid()
    first.release()
    assert second.holder() is None
    assert second.try_acquire()
    second.release()


def test_letting_go_of_a_turn_one_never_had_takes_nothing_from_its_holder(tmp_path: Path) -> None:
    first, second = WatchTurn(tmp_path), WatchTurn(tmp_path)
    first.try_acquire()
    second.release()
    assert not second.try_acquire()
    first.release()


def test_a_broken_note_about_the_holder_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "watch.json").write_text('{"pid": "me"')
    assert WatchTurn(tmp_path).holder() is None
