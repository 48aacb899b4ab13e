"""Only one process polls; the next one takes over when it dies."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from runcomfy_tui.history.watch_turn import WatchTurn

HOLD = """
import sys
from pathlib import Path
from runcomfy_tui.history.watch_turn import WatchTurn
turn = WatchTurn(Path(sys.argv[1]))
print(turn.try_acquire(), flush=True)
sys.stdin.read()
"""


def test_the_turn_is_one_processs_at_a_time(tmp_path: Path) -> None:
    one, two = WatchTurn(tmp_path / "data"), WatchTurn(tmp_path / "data")
    assert two.holder() is None
    assert one.try_acquire()
    assert one.try_acquire()
    assert one.is_mine
    assert not two.try_acquire()
    assert not two.is_mine
    holder = two.holder()
    assert holder is not None
    assert (holder.pid, holder.host) == (os.getpid(), socket.gethostname())
    one.release()
    assert two.holder() is None
    assert two.try_acquire()
    assert not one.try_acquire()


def test_a_killed_holder_loses_its_turn_at_once(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "True\n"
        turn = WatchTurn(tmp_path)
        assert not turn.try_acquire()
        holder = turn.holder()
        assert holder is not None
        assert holder.pid == child.pid
        child.kill()
    assert turn.try_acquire()
    holder = turn.holder()
    assert holder is not None
    assert holder.pid == os.getpid()


def test_a_broken_note_only_hides_who_polls(tmp_path: Path) -> None:
    one, two = WatchTurn(tmp_path), WatchTurn(tmp_path)
    one.try_acquire()
    for broken in (b"", b"[]", b'{"pid":"x"}', b"\xff"):
        (tmp_path / "watch.json").write_bytes(broken)
        assert not two.try_acquire()
        assert two.holder() is None
