"""The line to the terminal: stalled, cut, slow, poor in colours; and what the end leaves behind."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import sys
import time
from pathlib import Path

import pytest

from runcomfy_tui.jobs import Status
from tests.engine.house import on_disk
from tests.engine.server import Server
from tests.terminal import past_jobs
from tests.terminal.dashboard import PROGRAM, ROOT, Dashboard, write_settings
from tests.terminal.pty_screen import PtyScreen
from tests.waiting import LONG_ENOUGH, until

TIMES = 20
"""How often the help is opened and closed when the line is full: some 11 kB each time."""

MOST_KEPT = 250_000
"""Bytes that a pty and the program together keep for a reader who does not read."""

MOST_BEFORE_A_KEY = 40_000
"""Bytes that a slow line carries before what a key did is seen: the pty's own, a paint or two."""

IN_VAIN = 15.0
"""Seconds; less than the end waits for an engine that does not stop."""

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def wait_for_disk(folder: Path, status: Status) -> None:
    """Look at the ledger until all jobs are so; nothing is read from the terminal meanwhile."""

    def statuses() -> set[Status]:
        return {job.status for job in on_disk(folder).values()}

    until(lambda: statuses() == {status}, statuses)


def stall(screen: PtyScreen) -> None:
    """Have the program write more than the line takes while nobody reads."""

    def is_full() -> bool:
        screen.press("?", "escape")
        return not screen.takes_more_within(0.5)

    until(is_full)
    for _ in range(TIMES):
        screen.press("?", "escape")


def submitted(folder: Path, server: Server, count: int, **how: object) -> Dashboard:
    """A dashboard with that many queued jobs."""
    screen = Dashboard(folder, server, **how)  # type: ignore[arg-type]
    screen.wait_for_form()
    for number in range(1, count + 1):
        screen.submit(*["in_queue"] * number)
    screen.bytes_until_quiet()
    return screen


@on_linux
def test_a_terminal_that_does_not_read_stops_nothing_and_sees_the_truth_when_it_reads(
    folder: Path, server: Server
) -> None:
    with submitted(folder, server, 2) as screen:
        stall(screen)
        server.let_start()
        wait_for_disk(folder, Status.IN_PROGRESS)
        server.let_end()
        wait_for_disk(folder, Status.COMPLETED)
        before = screen.bytes_written
        screen.wait_for_statuses("completed", "completed")
        assert screen.bytes_written - before < MOST_KEPT, "old paints do not pile up"
        assert screen.quit() == 0


def test_what_is_pressed_last_is_seen_before_old_paints(folder: Path, server: Server) -> None:
    words = [
        hashlib.sha512(bytes([number % 256, number // 256])).hexdigest() for number in range(1_200)
    ]
    jobs = [past_jobs.finished(number) for number in range(1_200)]
    past_jobs.write(
        folder,
        *(job.but(inputs={"promptText": word}) for job, word in zip(jobs, words, strict=True)),
    )
    with Dashboard(folder, server, columns=250, rows=60) as screen:
        screen.wait_for("all 1,200")
        screen.bytes_until_quiet()
        for page in range(1, TIMES + 1):  # none of them is read
            screen.press("pagedown", "p")
            until(lambda: sum(job.pinned for job in on_disk(folder).values()) == page)  # noqa: B023
        before = screen.bytes_written
        screen.press("?")
        screen.wait_for("One job up")
        assert screen.bytes_written - before < MOST_BEFORE_A_KEY
        assert screen.quit() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_it_at_once_with_an_honest_code_and_a_sane_terminal(
    folder: Path, server: Server, number: signal.Signals
) -> None:
    with submitted(folder, server, 1) as screen:
        began = time.monotonic()
        os.kill(screen.process.pid, number)
        assert screen.wait_exit() == 128 + number
        assert time.monotonic() - began < IN_VAIN, "it has waited for nothing"
        assert screen.left_behind == []
    assert [job.status for job in on_disk(folder).values()] == [Status.IN_QUEUE]


@on_linux
def test_a_signal_ends_it_also_while_the_terminal_does_not_read(
    folder: Path, server: Server
) -> None:
    with submitted(folder, server, 1) as screen:
        stall(screen)
        os.kill(screen.process.pid, signal.SIGTERM)
        assert screen.process.wait(LONG_ENOUGH) == 128 + signal.SIGTERM
        screen.wait_exit()
        assert screen.left_behind == [], "the last words get through when it is read again"


def test_a_closed_terminal_ends_it_with_everything_on_the_disk(
    folder: Path, server: Server
) -> None:
    with submitted(folder, server, 1) as screen:
        os.close(screen._fd)
        screen._fd = -1
        assert screen.process.wait(LONG_ENOUGH) == 128 + signal.SIGHUP
    assert [job.status for job in on_disk(folder).values()] == [Status.IN_QUEUE]


def test_ctrl_z_and_fg(folder: Path, server: Server) -> None:
    environ = {
        "RUNCOMFY_TOKEN": "a-token",
        "RUNCOMFY_MODEL_API_BASE": server.url,
        "PS1": "shell> ",
        "BASH_SILENCE_DEPRECATION_WARNING": "1",
    }
    command = ["bash", "--norc", "--noprofile", "-i"]

    def is_in_window() -> bool:
        return screen.raw.rfind(b"\x1b[?1049h") > screen.raw.rfind(b"\x1b[?1049l")

    with PtyScreen(command, columns=140, rows=40, environ=environ, cwd=ROOT) as screen:
        screen.wait_for("shell>")
        screen.send(f"{' '.join(PROGRAM)} --data-dir {folder}\n")
        screen.wait_for("F5 submit")
        screen.press("escape", "ctrl+z")
        screen.wait_for("Stopped")
        assert is_in_window() is False
        screen.send("echo typed-$((40+2))\n")
        screen.wait_for("typed-42")
        screen.send("clear\n")
        screen.wait_gone("typed-42")
        screen.send("fg\n")
        screen.wait_for("No jobs yet")
        screen.bytes_until_quiet()
        assert is_in_window() is True
        screen.press("ctrl+q")
        screen.wait_until(
            lambda: not is_in_window() and screen.raw.rstrip().endswith(b"shell>"),
            what="the shell to be back",
        )
        screen.send("echo code-$?\n")
        screen.wait_for("code-0")


def test_a_storm_of_resizes_leaves_a_true_screen(folder: Path, server: Server) -> None:
    with submitted(folder, server, 2) as screen:
        server.let_end()
        screen.wait_for_statuses("completed", "completed")
        screen.bytes_until_quiet(quiet=2.5)
        for number in range(60):
            screen.resize(60 + number * 7 % 100, 20 + number * 3 % 30)
        screen.resize(140, 40)
        screen.wait_for_statuses("completed", "completed")
        screen.bytes_until_quiet()
        stormy = screen.cells
        screen.resize(139, 40)
        screen.bytes_until_quiet()
        screen.resize(140, 40)
        screen.bytes_until_quiet()
        assert screen.cells == stormy
        assert screen.quit() == 0


@pytest.mark.parametrize("term", ["xterm", "screen-256color", "tmux-256color", "linux"])
def test_terminals_of_all_kinds(folder: Path, server: Server, term: str) -> None:
    environ = {"TERM": term, "COLORTERM": ""}
    with Dashboard(folder, server, environ=environ) as screen:
        screen.wait_for("runway-gen-4/turbo")
        screen.submit("in_queue")
        server.let_end()
        screen.wait_for_statuses("completed")
        shown = screen.text
        assert shown.isascii() is (term == "linux")
        assert b"\x1b[38;2;" not in screen.raw, "no colours that it does not know"
        assert screen.quit() == 0
        assert screen.left_behind == []


@pytest.mark.parametrize("keys", ["table", "menu"])
def test_a_look_at_another_window_changes_nothing_and_costs_nothing(
    folder: Path, server: Server, keys: str
) -> None:
    with Dashboard(folder, server) as screen:
        screen.wait_for_form()
        if keys == "table":
            screen.go_to_table()
        else:
            screen.go_to_field("ratio")
            screen.bytes_until_quiet()
            screen.press("enter")
            screen.wait_for("1584:672")
        screen.bytes_until_quiet()
        before = screen.cells
        for told in ("\x1b[O", "\x1b[I"):
            screen.send(told)
            assert screen.bytes_until_quiet() == 0
        assert screen.cells == before


def test_ascii_can_be_asked_for(folder: Path, server: Server, home: Path) -> None:
    write_settings(home, "ascii = true\n")
    with Dashboard(folder, server) as screen:
        screen.wait_for("runway-gen-4/turbo")
        screen.wait_until(lambda: "+- New job" in screen.text, what="borders in ASCII")
        screen.submit("in_queue")
        assert screen.text.isascii()
        assert screen.raw.isascii()


def test_no_color_means_none(folder: Path, server: Server) -> None:
    with Dashboard(folder, server, environ={"NO_COLOR": "1"}) as screen:
        screen.wait_for_form()
        screen.submit("in_queue")
        screen.press("f2")
        screen.wait_for("Choose a model")
        screen.bytes_until_quiet()
        numbers = {
            int(number)
            for parameters in re.findall(rb"\x1b\[([0-9;]*)m", screen.raw)
            for number in parameters.split(b";")
            if number
        }
        assert numbers <= {0, 1, 2, 4, 7, 22, 24, 27, 39, 49}, "colours are 30 to 48 and 90 to 107"
        assert 7 in numbers, "what is chosen is reversed"


def test_the_mouse_can_be_left_to_the_terminal_and_taken_back(folder: Path, server: Server) -> None:
    def modes() -> list[bytes]:
        return re.findall(rb"\x1b\[\?100[03]([hl])", screen.raw)

    with Dashboard(folder, server) as screen:
        screen.wait_for_form()
        assert modes()[-1] == b"h"
        screen.send("\x1b[19~")
        screen.wait_until(lambda: modes()[-1] == b"l", what="the mouse to be the terminal's")
        screen.send("\x1b[19~")
        screen.wait_until(lambda: modes()[-1] == b"h", what="the mouse to be back")
        assert screen.quit() == 0
        assert screen.left_behind == []


def test_the_mouse_can_be_off_from_the_start(folder: Path, server: Server, home: Path) -> None:
    write_settings(home, "mouse = false\n")
    with Dashboard(folder, server) as screen:
        screen.wait_for_form()
        assert b"\x1b[?1000h" not in screen.raw


def test_over_ssh_changes_are_drawn_together(folder: Path, server: Server, home: Path) -> None:
    write_settings(home, "polls_per_second = 20\nbell = false\nnotify = false\n")
    with submitted(folder, server, 4, environ={"SSH_CONNECTION": "a b c d"}) as screen:
        row = 1 + next(y for y, line in enumerate(screen.lines) if "in_queue #" in line)
        before, began = len(screen.raw), time.monotonic()

        def paints() -> int:
            return len(re.findall(rb"\x1b\[%d;\d+H" % row, screen.raw[before:]))

        while time.monotonic() < began + 3 or not paints():
            server.clock.now += 0.5  # places in the queue move with every poll
            screen.bytes_within(0.1)
        seconds = time.monotonic() - began
        assert paints() <= 5 * seconds + 4, "four a second, and times tick once a second besides"


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({}, rb"\x07\x1b\]9;runcomfy: completed: [^\x07\x1b]+\x07"),
        ({"KITTY_WINDOW_ID": "1"}, rb"\x07\x1b\]99;;runcomfy: completed: [^\x07\x1b]+\x07"),
        (
            {"VTE_VERSION": "7000", "TMUX": "/tmp/t,1,0"},
            rb"\x07\x1bPtmux;\x1b\x1b\]777;notify;runcomfy;completed: [^\x07\x1b]+\x07\x1b\\",
        ),
    ],
)
def test_an_end_is_told_by_bell_and_notification_and_history_is_not(
    folder: Path, server: Server, environ: dict[str, str], told: bytes
) -> None:
    notices = re.compile(told)
    with submitted(folder, server, 1, environ=environ) as screen:
        server.let_end()
        screen.wait_until(lambda: bool(notices.search(screen.raw)), what="the notice")
        screen.bytes_until_quiet()
        assert len(notices.findall(screen.raw)) == 1
        assert screen.quit() == 0
    with Dashboard(folder, server, environ=environ) as again:
        again.wait_for_statuses("completed")
        again.bytes_until_quiet()
        assert not notices.search(again.raw)


def test_bell_and_notification_can_be_switched_off(
    folder: Path, server: Server, home: Path
) -> None:
    write_settings(home, 'bell = false\nnotify = "off"\n')
    with submitted(folder, server, 1) as screen:
        server.let_end()
        screen.wait_for_statuses("completed")
        screen.bytes_until_quiet()
        quiet = re.sub(rb"\x1b\]22;[^\x07]*\x07", b"", screen.raw)  # shapes of the pointer
        assert b"\x07" not in quiet


def test_two_windows_on_one_folder_see_each_other_and_one_takes_over_from_a_killed_one(
    folder: Path, server: Server
) -> None:
    with submitted(folder, server, 1) as first, Dashboard(folder, server) as second:
        second.wait_for_statuses("in_queue")
        second.wait_for(f"polled by process {first.process.pid}")
        second.submit("in_queue", "in_queue")
        first.wait_for_statuses("in_queue", "in_queue")
        first.submit("in_queue", "in_queue", "in_queue")
        second.wait_for_statuses("in_queue", "in_queue", "in_queue")
        second.wait_until(lambda: "#3" in second.text, what="places in the queue")

        first.process.kill()
        second.wait_gone("polled by process")
        server.let_end()
        second.wait_for_statuses("completed", "completed", "completed")
    assert len(on_disk(folder)) == 3
    assert server.created() == 3


def test_a_window_left_alone_by_its_terminal_does_not_spin(folder: Path, server: Server) -> None:
    """A terminal may vanish without a signal, as under `setsid` or in some containers."""
    with submitted(folder, server, 1) as screen:
        os.kill(screen.process.pid, signal.SIGSTOP)
        os.close(screen._fd)
        screen._fd = -1
        os.kill(screen.process.pid, signal.SIGCONT)
        assert screen.process.wait(LONG_ENOUGH) == 128 + signal.SIGHUP
