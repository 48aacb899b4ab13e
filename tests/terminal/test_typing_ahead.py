"""Keys that come in one packet, as a line that stalled sends them, go where they were meant to."""

from __future__ import annotations

from pathlib import Path

from tests.engine.server import Server
from tests.terminal import past_jobs
from tests.terminal.dashboard import Dashboard

F2, F3 = "\x1bOQ", "\x1bOR"
ALEPH = "runwayml/runway-aleph/video-to-video"


def test_a_search_typed_with_the_key_that_opens_it(folder: Path) -> None:
    with Dashboard(folder, arguments=["--sandbox"]) as screen:
        screen.wait_for_form()
        screen.go_to_field("promptText")
        screen.send(f"{F2}aleph/video\r")
        screen.wait_for(f"│ {ALEPH}")
        screen.press("f4")
        screen.wait_for("│ runwayml/runway-gen-4")
        assert "aleph" not in screen.text.partition("Jobs")[0]


def test_text_typed_with_the_key_that_shows_the_json(folder: Path) -> None:
    with Dashboard(folder, arguments=["--sandbox"]) as screen:
        screen.wait_for_form()
        screen.go_to_field("promptText")
        screen.send(f"a boat{F3}typed in front of ")
        screen.wait_for("typed in front of {")
        screen.wait_for('"promptText": "a boat')


def test_a_search_typed_while_the_form_comes_back(folder: Path) -> None:
    with Dashboard(folder, arguments=["--sandbox"]) as screen:
        screen.wait_for_form()
        screen.go_to_field("promptText")
        screen.press("f3")
        screen.wait_for("New job · JSON")
        screen.send(f"{F3}{F2}aleph")
        screen.wait_for("Choose a model")
        screen.wait_until(
            lambda: any(line.split("│")[-2:-1] and "  aleph " in line for line in screen.lines),
            what="the search",
        )


def test_the_items_of_a_list(folder: Path) -> None:
    urls = [f"https://pictures.example/{number}.png" for number in range(3)]
    with Dashboard(folder, arguments=["--sandbox"]) as screen:
        screen.wait_for_form()
        screen.send(f"{F2}cutter\r")
        screen.wait_for("│ Sandbox-Labs/Cutter")
        screen.wait_for("promptText · text")
        screen.send("a cut\t" + "\r".join(urls) + F3)
        screen.wait_for('"imageUrls": [')
        for url in urls:
            screen.wait_for(f'    "{url}"')
        assert '"promptText": "a cut"' in screen.text


def test_a_submit_before_it_is_known_that_there_are_no_jobs_leads_to_the_job(
    folder: Path, server: Server
) -> None:
    with Dashboard(folder, server) as screen:
        screen.press("f5")
        screen.wait_for_statuses("in_queue")
        screen.bytes_until_quiet()
        screen.press("y")
        screen.wait_for("Copied: request_id")


def test_a_filter_and_a_label_typed_with_the_letters_that_ask_for_them(
    folder: Path, server: Server
) -> None:
    past_jobs.write(folder, *map(past_jobs.finished, range(12)))
    with Dashboard(folder, server) as screen:
        screen.wait_for("1 all 12")
        screen.wait_for("your last 12")
        screen.send("/request:past-1\r")
        screen.wait_for("/ request:past-1 · 3")
        screen.send("*lsnack\r")
        screen.wait_for("snack")
        screen.send("\x1b")
        screen.wait_gone("/ request:past-1")
        screen.send("u/snack")
        screen.wait_for("3 of 12 jobs")
