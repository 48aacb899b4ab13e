"""Bad input: a message at the field as one types, nothing written down and no POST."""

from __future__ import annotations

from pathlib import Path

from tests.engine.house import on_disk
from tests.engine.server import Server
from tests.terminal.dashboard import MODEL, Dashboard
from tests.terminal.pty_screen import KEYS

IMAGE = "Image *"
IMAGE_URL_LENGTH = 91


def message_at(screen: Dashboard, title: str, message: str) -> None:
    """Read until `message` stands in the field with this title or on the line below it."""

    def stands_there() -> bool:
        lines = screen.lines
        at = next((y for y, line in enumerate(lines) if f"│ {title}" in line), -1)
        return at >= 0 and (message in lines[at] or message in lines[at + 1])

    screen.wait_until(stands_there, what=f"{message!r} at {title}")


def clear(screen: Dashboard, title: str, length: int, empty: str) -> None:
    """Empty a line that holds `length` characters, and read until it shows what it then says."""
    screen.press("end")
    screen.send(KEYS["backspace"] * length)
    message_at(screen, title, empty)


def assert_f5_sends_nothing(screen: Dashboard, server: Server, folder: Path) -> None:
    screen.press("f5")
    screen.wait_for("needs attention")
    screen.bytes_until_quiet(0.3)
    assert screen.job_rows == []
    assert server.created() == 0
    assert on_disk(folder) == {}


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_sent(
    folder: Path, server: Server
) -> None:
    with Dashboard(folder, server) as screen:
        screen.wait_for_form()
        screen.go_to_field("promptImage")
        clear(screen, IMAGE, IMAGE_URL_LENGTH, "required")
        assert_f5_sends_nothing(screen, server, folder)
        message_at(screen, IMAGE, "required")

        screen.send("picture.png")
        message_at(screen, IMAGE, "not a URL: must begin with https://")
        assert_f5_sends_nothing(screen, server, folder)
        clear(screen, IMAGE, len("picture.png"), "required")
        screen.send("https://localhost:9/a.png")
        screen.wait_for("F5 submit │")

        screen.go_to_field("seed")
        clear(screen, "Seed", len("936116745"), "unset")
        screen.send("12x")
        message_at(screen, "Seed", "must be a whole number")
        assert_f5_sends_nothing(screen, server, folder)
        clear(screen, "Seed", 3, "unset")
        screen.send("4294967296")
        message_at(screen, "Seed", "must be between 0 and 4294967295")
        assert_f5_sends_nothing(screen, server, folder)
        clear(screen, "Seed", 10, "unset")
        screen.send("7")
        screen.wait_for("F5 submit │")

        screen.submit("in_queue")
        (request,) = server.requests()
        assert request["inputs"]["promptImage"] == "https://localhost:9/a.png"
        assert request["inputs"]["seed"] == 7


def test_a_text_that_is_too_long_is_counted_and_not_sent(folder: Path, server: Server) -> None:
    with Dashboard(folder, server) as screen:
        screen.wait_for_form()
        screen.go_to_field("promptText")
        screen.send(f"\x1b[200~{'long ' * 150}\x1b[201~")
        screen.wait_for("1133/1000")
        screen.wait_for("at most 1000 characters (1133 now)")
        assert_f5_sends_nothing(screen, server, folder)


def test_an_unknown_model_is_no_form(folder: Path, server: Server) -> None:
    with Dashboard(folder, server) as screen:
        screen.wait_for_form()
        screen.press("f2")
        screen.wait_for("sandbox/upscaler")
        screen.send("no/such-model")
        screen.wait_gone("sandbox/upscaler")
        screen.press("enter")
        screen.wait_for("RunComfy has no model called no/such-model")
        screen.press("escape")
        screen.wait_gone("Choose a model")
        screen.wait_for(MODEL)


def test_what_the_server_refuses_is_said_at_the_field_it_names(
    folder: Path, server: Server
) -> None:
    with Dashboard(folder, server) as screen:
        screen.wait_for_form()
        screen.go_to_field("promptText")
        screen.send("refuse please ")
        screen.press("f5")
        screen.wait_for_statuses("rejected")
        screen.wait_for("Refused, because the text asks for it")
        screen.wait_for("refused by RunComfy · F5 submits again")
        screen.wait_for("refuse please")
        assert server.created() == 0
