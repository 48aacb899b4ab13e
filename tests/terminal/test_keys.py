"""What the keys do, on the screen and on the wire."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from runcomfy_tui.jobs import Failure, Status, new_job
from tests.engine.server import Server
from tests.terminal import past_jobs
from tests.terminal.dashboard import MODEL, Dashboard, write_settings

OSC_52 = re.compile(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")


def copied(screen: Dashboard) -> list[str]:
    """What was put on the terminal's clipboard, in order."""
    return [base64.b64decode(data).decode() for data in OSC_52.findall(screen.raw)]


@pytest.fixture
def three_jobs(server: Server) -> list[str]:
    """The request_ids of three finished jobs that were submitted elsewhere."""
    ids = [server.submit(promptText=f"boat number {number}") for number in range(3)]
    server.let_end()
    return ids


def track(screen: Dashboard, ids: list[str]) -> None:
    screen.press("t")
    screen.wait_for("Track jobs from elsewhere")
    screen.send(f"\x1b[200~{' '.join(ids)}\x1b[201~")
    screen.wait_for(ids[0][:8])
    screen.press("enter")


def test_in_the_table_letters_and_arrows_move_and_act(
    folder: Path, server: Server, three_jobs: list[str]
) -> None:
    with Dashboard(folder, server) as screen:
        screen.wait_for_form()
        screen.go_to_table()
        track(screen, three_jobs)
        screen.wait_for_statuses("completed", "completed", "completed")

        screen.press("home")
        screen.wait_for_cursor(0)
        for key, row in (("j", 1), ("down", 2), ("k", 1), ("up", 0), ("end", 2), ("home", 0)):
            screen.press(key)
            screen.wait_for_cursor(row)

        screen.press("y")
        screen.wait_for("Copied: request_id")
        assert copied(screen)[-1] in three_jobs
        shown = copied(screen)[-1]
        screen.press("escape")
        screen.wait_gone("Copied: request_id")

        screen.press("enter")
        screen.wait_for("download")
        screen.wait_for(shown)
        screen.press("escape")
        screen.wait_for_cursor(0)

        screen.press("c")
        screen.wait_for("only a queued")


def test_what_is_typed_into_the_form_commands_nothing(folder: Path, server: Server) -> None:
    with Dashboard(folder, server) as screen:
        screen.wait_for_form()
        screen.submit("in_queue")
        screen.go_to_field("promptText")
        screen.send("cyr?tjk")
        screen.wait_for("cyr?tjk")
        assert "Cancel this job?" not in screen.text
        screen.go_to_table()
        screen.press("c")
        screen.wait_for("Cancel this job?")
        screen.press("n")
        screen.wait_gone("Cancel this job?")
        assert screen.statuses == ["in_queue"]
        assert server.requests()[0]["status"] == "in_queue"


def test_rerun_brings_the_inputs_back_and_submits_nothing(folder: Path, server: Server) -> None:
    with Dashboard(folder, server) as screen:
        screen.wait_for_form()
        screen.go_to_field("promptText")
        screen.send("a paper boat ")
        screen.wait_for("396/1000")
        screen.submit("in_queue")
        screen.go_to_field("promptText")
        screen.send("another ")
        screen.wait_for("404/1000")
        screen.go_to_table()
        screen.press("r")
        screen.wait_for("396/1000")
        assert server.created() == 1
        screen.submit("in_queue", "in_queue")
        first, second = (request["inputs"] for request in server.requests())
        assert first == second


def test_help_names_the_keys_and_the_words_and_goes_away(folder: Path, server: Server) -> None:
    with Dashboard(folder, server) as screen:
        screen.wait_for_form()
        screen.go_to_table()
        screen.press("?")
        screen.wait_for("Cancel a queued job")
        screen.wait_for("Bring its inputs into the form")
        screen.press("end")
        screen.wait_for("waits its turn")
        screen.press("escape")
        screen.wait_gone("waits its turn")


@pytest.mark.parametrize(
    ("named", "offers"), [("req 7=ü?", "The broken answer names"), ("a/b", "paste its request_id")]
)
def test_an_odd_request_id_is_offered_only_if_it_is_taken(
    folder: Path, server: Server, named: str, offers: str
) -> None:
    failure = Failure("Lost.", request_id=named)
    lost = new_job(MODEL, {}).but(status=Status.UNCONFIRMED, failure=failure)
    past_jobs.write(folder, lost)
    with Dashboard(folder, server) as screen:
        screen.wait_for_statuses("unconfirmed")
        screen.press("a")
        screen.wait_for(offers)
        screen.press("enter")
        if offers.startswith("The"):
            screen.wait_for_statuses("unknown")
        else:
            screen.wait_for("Paste a request_id first")


def test_the_request_id_that_a_cut_answer_names_is_offered(folder: Path, server: Server) -> None:
    server.faults("truncated@submit:1")
    with Dashboard(folder, server) as screen:
        screen.wait_for_form()
        screen.submit("unconfirmed")
        screen.press("a")
        screen.wait_for("Attach a request_id")
        screen.wait_for("The broken answer names this request_id")
        screen.press("enter")
        screen.wait_for_statuses("in_queue")


def test_the_cursor_begins_at_the_newest_job_however_old_one_is_that_still_lives(
    folder: Path, server: Server
) -> None:
    lost = new_job(MODEL, {"promptText": "lost"}, now=1.7e9).but(status=Status.UNCONFIRMED)
    past_jobs.write(folder, lost, *(past_jobs.finished(number) for number in range(40)))
    with Dashboard(folder, server, columns=80, rows=24) as screen:
        screen.wait_for("all 41")
        screen.wait_for_cursor(0)
        screen.wait_for("past-39")
        screen.press("G")
        screen.wait_for("no request_id")
        screen.press("g")
        screen.wait_for_cursor(0)


def test_a_key_of_the_user_s_own_does_it_and_is_the_one_that_is_spoken_of(
    folder: Path, server: Server, home: Path
) -> None:
    write_settings(home, '[keys]\n"composer.submit" = "f12"\n')
    with Dashboard(folder, server) as screen:
        screen.wait_for_keys(" F12 submit  ^n new")
        screen.wait_for("No jobs yet. F12 submits the form.")
        screen.press("f12")
        screen.wait_for_statuses("in_queue")
        screen.wait_for("F12 submits again")
        assert "F5" not in "".join(screen.lines)
        assert screen.quit() == 0
