"""Pictures in terminals that answer as kitty does, as one with sixel does, and not at all."""

from __future__ import annotations

import base64
import re
import struct
import subprocess
from pathlib import Path

import pytest

from runcomfy_tui.drawing import PLACEHOLDER
from tests.engine.server import Server
from tests.terminal.dashboard import IN_THE_TABLE, PROGRAM, ROOT, TOKEN, Dashboard, write_settings

pytest.importorskip("textual_image")

PAINTER = "sandbox/painter-1.0/text-to-image"
ASKS_FOR_KITTY = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24,U=1;AAAA\x1b\\"
ASKS_FOR_ATTRIBUTES = b"\x1b[c"
KITTY = {ASKS_FOR_KITTY: b"\x1b_Gi=31;OK\x1b\\", ASKS_FOR_ATTRIBUTES: b"\x1b[?62;c"}
SIXEL = {ASKS_FOR_ATTRIBUTES: b"\x1b[?62;4;6c"}
PLAIN = {ASKS_FOR_ATTRIBUTES: b"\x1b[?62;22c"}
CELL = (8, 16)
HALF = "▀"

_SIXEL = re.compile(rb"\x1b\[(\d+);(\d+)H(\x1bP[0-9;]*q\"1;1;(\d+);(\d+)[^\x1b]*\x1b\\)")
_SENT = re.compile(rb"\x1b_Gi=(\d+),m=([01]),f=100,q=2;([A-Za-z0-9+/=]+)\x1b\\")
_PLACED = re.compile(rb"\x1b_Ga=p,i=(\d+),c=(\d+),r=(\d+),U=1,q=2\x1b\\")


@pytest.fixture
def painted(folder: Path, server: Server) -> Path:
    """A ledger with one job, of which the result is a picture."""
    request_id = server.submit_to(PAINTER, {"prompt": "a boat", "aspect_ratio": "16:9"})
    server.let_end()
    environ = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder.parent),
        "PYTHONPATH": str(ROOT),
        "RUNCOMFY_TOKEN": TOKEN,
        "RUNCOMFY_MODEL_API_BASE": server.url,
    }
    command = [*PROGRAM, "track", "--data-dir", str(folder), request_id]
    subprocess.run(command, check=True, env=environ, capture_output=True)
    return folder


def open_result(screen: Dashboard) -> None:
    screen.wait_for_statuses("completed")
    screen.press("escape")
    screen.wait_for_keys(IN_THE_TABLE)
    screen.press("enter")
    screen.wait_for("PNG · ")


def sixels(screen: Dashboard) -> list[tuple[int, int, bytes]]:
    """Where each sixel picture was written, and its bytes."""
    return [(int(m[1]), int(m[2]), m[3]) for m in _SIXEL.finditer(screen.raw)]


def placeholders(screen: Dashboard) -> int:
    return screen.text.count(PLACEHOLDER)


def test_kitty_gets_the_picture_once_and_its_place_as_cells(
    painted: Path, server: Server, home: Path
) -> None:
    with Dashboard(painted, server, answers=KITTY, cell=CELL) as screen:
        screen.wait_for_statuses("completed")
        assert ASKS_FOR_KITTY not in screen.raw, "nothing is asked before a picture is wanted"
        open_result(screen)
        screen.wait_until(lambda: _PLACED.search(screen.raw) is not None, what="a picture")
        [(number, columns, rows)] = _PLACED.findall(screen.raw)
        cells = int(columns) * int(rows)
        screen.wait_until(lambda: placeholders(screen) == cells, what="all its cells")

        sent = _SENT.findall(screen.raw)
        assert {each for each, _, _ in sent} == {number}
        assert [more for _, more, _ in sent] == [b"1"] * (len(sent) - 1) + [b"0"]
        png = base64.b64decode(b"".join(piece for _, _, piece in sent))
        size = struct.unpack(">II", png[16:24])
        assert size == (int(columns) * CELL[0], int(rows) * CELL[1])
        colour = ";".join(str(byte) for byte in int(number).to_bytes(4, "big")[1:])
        assert f"38;2;{colour}".encode() in screen.raw, "the cells' colour is its number"
        first = screen.raw.index(PLACEHOLDER.encode())
        assert screen.raw.index(b"\x1b_Ga=p") < first, "it is there before its cells are"

        screen.press("y")  # a dialog covers some of the cells, and nothing is sent again
        screen.wait_for("request_id")
        screen.wait_until(lambda: placeholders(screen) < cells, what="a dialog over the picture")
        screen.press("escape")
        screen.wait_until(lambda: placeholders(screen) == cells, what="the whole picture")
        assert len(_PLACED.findall(screen.raw)) == 1

        forgotten = b"\x1b_Ga=d,d=I,i=%s,q=2\x1b\\" % number
        assert forgotten not in screen.raw
        screen.press("p")
        screen.wait_until(lambda: forgotten in screen.raw, what="the picture to be forgotten")
        assert placeholders(screen) == 0
        assert screen.quit() == 0
        assert screen.left_behind == []


def test_sixel_is_written_over_the_cells_and_again_after_a_dialog(
    painted: Path, server: Server, home: Path
) -> None:
    with Dashboard(painted, server, answers=SIXEL, cell=CELL) as screen:
        open_result(screen)
        screen.wait_until(lambda: len(sixels(screen)) == 1, what="a picture")
        [(row, column, sixel)] = sixels(screen)
        size = re.search(rb"\"1;1;(\d+);(\d+)", sixel)
        assert size is not None
        columns, rows = int(size[1]) / CELL[0], int(size[2]) / CELL[1]
        assert columns == int(columns)
        assert rows == int(rows)
        assert column + columns - 1 <= 140
        assert row + rows - 1 < 39, "a row is left between it and the keys"

        screen.press("y")
        screen.wait_for("request_id")
        screen.bytes_until_quiet()
        assert len(sixels(screen)) == 1, "what covers it is not written over"
        screen.press("escape")
        screen.wait_until(lambda: len(sixels(screen)) == 2, what="the picture again")
        assert sixels(screen)[1] == (row, column, sixel)

        screen.press("d")  # a line more is said of the file, and the picture has less room
        screen.wait_until(lambda: len(sixels(screen)) == 3, what="a picture of the room there is")
        assert sixels(screen)[2][0] > row

        screen.resize(100, 30)
        screen.wait_until(lambda: len(sixels(screen)) == 4, what="a picture of another size")
        screen.bytes_until_quiet()
        shown = len(sixels(screen))
        before = screen.bytes_written
        screen.press("escape")
        screen.wait_for_keys(IN_THE_TABLE)
        assert len(sixels(screen)) == shown
        assert screen.bytes_written > before
        assert screen.quit() == 0


@pytest.mark.parametrize("answers", [PLAIN, {}], ids=["plain", "mute"])
def test_a_terminal_without_graphics_gets_half_blocks_and_no_junk(
    painted: Path, server: Server, home: Path, answers: dict[bytes, bytes]
) -> None:
    with Dashboard(painted, server, answers=answers, cell=CELL) as screen:
        open_result(screen)
        screen.wait_for(HALF)
        assert sixels(screen) == []
        assert b"\x1b_Gi=31" in screen.raw
        assert PLACEHOLDER not in screen.text
        assert screen.quit() == 0


def test_answers_that_come_in_pieces_between_keys_are_no_keys(
    painted: Path, server: Server, home: Path
) -> None:
    with Dashboard(painted, server, cell=CELL) as screen:
        open_result(screen)
        screen.wait_until(lambda: ASKS_FOR_ATTRIBUTES in screen.raw, what="the question")
        screen.send("w\x1b_Gi=31;O")
        screen.wait_for('"request_id"')
        screen.send("K\x1b\\\x1b[?62")
        screen.send(";4cw")
        screen.wait_gone('"request_id"')
        screen.wait_for("PNG · ")
        screen.press("p")
        screen.wait_gone(HALF)
        screen.press("p")
        screen.wait_until(lambda: len(sixels(screen)) == 1, what="what was told late to count")
        assert screen.quit() == 0


@pytest.mark.parametrize("there", [{"TMUX": "/tmp/tmux,1,0"}, {"SSH_TTY": "/dev/pts/9"}])
def test_in_tmux_and_over_ssh_pictures_are_shown_by_key_alone(
    painted: Path, server: Server, home: Path, there: dict[str, str]
) -> None:
    with Dashboard(painted, server, environ=there, answers=SIXEL, cell=CELL) as screen:
        open_result(screen)
        screen.bytes_until_quiet()
        assert sixels(screen) == []
        assert ASKS_FOR_ATTRIBUTES not in screen.raw
        screen.press("p")
        screen.wait_until(lambda: len(sixels(screen)) == 1, what="a picture")
        assert (ASKS_FOR_KITTY in screen.raw) == ("TMUX" not in there), "tmux takes it for a title"
        assert screen.quit() == 0


def test_no_colours_of_a_picture_where_colours_are_not_wanted(
    painted: Path, server: Server, home: Path
) -> None:
    write_settings(home, 'preview = "on"\n')
    with Dashboard(painted, server, environ={"NO_COLOR": "1"}, answers=KITTY) as screen:
        open_result(screen)
        screen.wait_until(lambda: ASKS_FOR_ATTRIBUTES in screen.raw, what="the question")
        screen.bytes_until_quiet()
        assert _PLACED.search(screen.raw) is None
        assert screen.quit() == 0
