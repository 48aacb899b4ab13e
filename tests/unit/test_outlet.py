"""A way out that nobody has to wait for: whole, in order, bounded in time, gone when it is gone."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from runcomfy_tui.outlet import Outlet

MORE_THAN_A_PIPE_HOLDS = 1_000_000


@dataclass
class Pipe:
    """An outlet into a pipe, and the other end of it."""

    clear: threading.Event = field(default_factory=threading.Event)
    gone: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.other_end, self.fd = os.pipe()
        self.outlet = Outlet(self.fd, on_clear=self.clear.set, on_gone=self.gone.set)
        self.outlet.start()

    def read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            data += os.read(self.other_end, size - len(data))
        return data


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    for fd in (pipe.fd, pipe.other_end):
        with suppress(OSError):
            os.close(fd)


def test_what_is_written_comes_out_whole_and_in_order(pipe: Pipe) -> None:
    pieces = [f"{number} ".encode() * 100 for number in range(500)]
    reader = threading.Thread(target=lambda: got.append(pipe.read(len(b"".join(pieces)))))
    got: list[bytes] = []
    reader.start()
    for piece in pieces:
        pipe.outlet.write(piece)
    reader.join(60)
    assert got == [b"".join(pieces)]
    assert pipe.clear.wait(60)
    assert pipe.outlet.written == len(got[0])
    assert pipe.outlet.pending == 0


def test_a_reader_who_does_not_read_holds_nobody_up_and_misses_nothing(pipe: Pipe) -> None:
    for _ in range(1_000):
        pipe.outlet.write(b"x" * 1_000)  # would wait for ever if it waited for a reader
    assert pipe.outlet.pending > MORE_THAN_A_PIPE_HOLDS / 2
    assert not pipe.clear.is_set()
    assert pipe.read(1_000_000) == b"x" * 1_000_000
    assert pipe.clear.wait(60)


def test_what_waits_can_be_dropped(pipe: Pipe) -> None:
    pipe.outlet.write(b"x" * MORE_THAN_A_PIPE_HOLDS)
    pipe.read(1)
    pipe.outlet.write(b"y" * 100)
    pipe.outlet.drop()
    pipe.outlet.write(b"the last words")
    data = b""
    while not data.endswith(b"the last words"):
        data += os.read(pipe.other_end, 65536)
    assert len(data) < MORE_THAN_A_PIPE_HOLDS / 2


def test_the_end_waits_for_the_reader_but_not_for_ever(pipe: Pipe) -> None:
    pipe.outlet.write(b"x" * MORE_THAN_A_PIPE_HOLDS)
    began = time.monotonic()
    assert pipe.outlet.close(0.3) is False
    assert time.monotonic() - began > 0.25


def test_the_end_lets_everything_out(pipe: Pipe) -> None:
    pipe.outlet.write(b"goodbye")
    assert pipe.outlet.close(60) is True
    assert pipe.read(7) == b"goodbye"


def test_when_the_other_end_is_gone_it_is_told_once_and_nothing_is_kept(pipe: Pipe) -> None:
    os.close(pipe.other_end)
    pipe.outlet.write(b"x")
    assert pipe.gone.wait(60)
    assert pipe.outlet.is_gone
    pipe.outlet.write(b"x" * MORE_THAN_A_PIPE_HOLDS)
    assert pipe.outlet.pending == 0
    assert pipe.outlet.close(1) is False


def test_a_descriptor_that_does_not_block_is_waited_for(pipe: Pipe) -> None:
    os.set_blocking(pipe.fd, False)
    pipe.outlet.write(b"y" * MORE_THAN_A_PIPE_HOLDS)
    assert pipe.read(MORE_THAN_A_PIPE_HOLDS) == b"y" * MORE_THAN_A_PIPE_HOLDS
    assert pipe.clear.wait(60)
