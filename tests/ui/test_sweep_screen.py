"""Many jobs of one form: what is shown before they cost, what is asked, what is then sent."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from textual.widgets import TextArea

from runcomfy_tui.engine import gate, release
from runcomfy_tui.engine.release import Limits
from runcomfy_tui.jobs import Status
from runcomfy_tui.sandbox.media import png
from runcomfy_tui.schema.reading import read_form
from runcomfy_tui.ui.screens.batches import BatchesScreen
from runcomfy_tui.ui.widgets.sweep_draft import SweepDraft
from tests.engine.server import Server
from tests.ui.composer_host import EVIL
from tests.ui.many_host import Dashboard, ask_to_send, dashboard, give, go_to

SLOW = Limits(per_second=500, unfinished=3)


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "LOOK_INTERVAL", 0.05)
    monkeypatch.setattr(gate, "FIRST_THROTTLE_PAUSE", 0.05)


async def test_its_keys_work_from_within_a_prompt(server: Server, tmp_path: Path) -> None:
    async with dashboard(server, tmp_path / "data") as host:
        await host.press("ctrl+n")
        await host.until(lambda: isinstance(host.app.focused, TextArea))
        await host.press("f6")
        await host.shows("Many jobs")
        await go_to(host, "promptText")
        await host.press("f6")
        await host.shows("path of a .jsonl or .csv file")
        await host.press("escape", "escape", "escape")
        await host.until(lambda: isinstance(host.app.focused, TextArea))
        await host.press("f7")
        await host.until(lambda: isinstance(host.app.screen, BatchesScreen))


async def test_no_sweep_is_made_of_a_form_whose_json_is_broken(
    server: Server, tmp_path: Path
) -> None:
    async with dashboard(server, tmp_path / "data") as host:
        await host.press("f3")
        await host.until(lambda: host.main.composer.is_json)
        await host.press("ctrl+n")
        await host.until(lambda: isinstance(host.app.focused, TextArea))
        await host.press("ctrl+home", "x")
        await host.press("f6")
        await host.until(lambda: "Mend the JSON first: " in host.toasts)
        assert not host.app.screen.query("#sweep")
        await host.press("ctrl+home", "delete", "f6")
        await host.shows("Many jobs")


async def test_what_is_wrong_with_a_file_is_told_in_the_order_of_its_lines(
    server: Server, tmp_path: Path
) -> None:
    file = tmp_path / "boats.jsonl"
    image = "https://example.com/a.png"
    wrong = {"promptImage": image, "duration": 7}
    file.write_text(f"{{broken\n{json.dumps(wrong)}\n[]\n{json.dumps(wrong)}\n")
    async with dashboard(server, tmp_path / "data") as host:
        await host.press("f6", "f6")
        await host.paste(str(file))
        await host.press("enter")
        await host.shows("line 4 · duration: ")
        told = [line for line in host.text.splitlines() if "line " in line]
        assert [f"line {number} ·" in each for number, each in enumerate(told, 1)] == [True] * 4
        assert server.created() == 0


async def give_twelve(host: Dashboard) -> None:
    """Three prompts times two ratios times two seeds."""
    await host.press("f6")
    await give(host, "promptText", f"a boat\n{EVIL}\na tree")
    await go_to(host, "ratio")
    await host.press("space", "down", "space")
    await give(host, "seed", "random 2")


async def test_the_number_the_estimate_and_the_first_few_are_shown_before_anything_is_sent(
    server: Server, tmp_path: Path
) -> None:
    async with dashboard(server, tmp_path / "data") as host:
        await give_twelve(host)
        await host.shows("12 jobs = 3 promptText × 2 ratio × 2 seed · est. $3.00 (base price × un")
        await host.shows("#1  promptText a boat · ratio 1584:672 · seed ")
        await host.shows("[/foo] [red]x `$0.040` ␛[31m")
        await host.shows("… and 7 more")
        assert server.created() == 0


async def test_above_the_limit_the_number_has_to_be_typed_and_then_each_is_sent_once(
    server: Server, tmp_path: Path
) -> None:
    async with dashboard(server, tmp_path / "data") as host:
        await give_twelve(host)
        await host.press("f5")
        await host.shows("Send 12 jobs?")
        await host.shows("Closing the program")
        await host.press("1", "1", "enter")
        await host.shows("That is not 12")
        assert server.created() == 0
        await host.press("backspace", "2", "enter")
        await host.until(lambda: server.created() == 12, "for the twelve")
        sent = [each["inputs"] for each in server.requests()]
        assert Counter(str(each["promptText"]) for each in sent) == {
            "a boat": 4,
            EVIL: 4,
            "a tree": 4,
        }
        assert {each["ratio"] for each in sent} == {"1584:672", "1280:720"}
        assert len({each["seed"] for each in sent}) == 2
        assert len({json.dumps(each, sort_keys=True) for each in sent}) == 12
        await host.until(lambda: "nothing is left to send" in host.toasts)
        labels = {job.label for job in host.main.table.jobs}
        assert len(labels) == 1
        assert labels.pop().startswith("sweep ")


async def test_a_few_cheap_ones_need_but_a_yes_and_a_no_sends_nothing(
    server: Server, tmp_path: Path
) -> None:
    async with dashboard(server, tmp_path / "data") as host:
        await ask_to_send(host, seeds="1..3", jobs=3)
        await host.press("n")
        await host.shows("3 jobs = 3 seed")
        assert server.created() == 0
        await host.press("f5")
        await host.shows("Send 3 jobs?")
        await host.press("y")
        await host.until(lambda: server.created() == 3)


async def test_dear_ones_are_typed_though_they_are_few(server: Server, tmp_path: Path) -> None:
    async with dashboard(server, tmp_path / "data", confirm_usd=0.3) as host:
        await host.press("f6")
        await give(host, "seed", "1..2")
        await host.shows("2 jobs = 2 seed · est. $0.50")
        await host.press("f5")
        await host.shows("type 2, then enter")


async def test_what_the_judge_refuses_is_named_and_nothing_is_planned(
    server: Server, tmp_path: Path
) -> None:
    async with dashboard(server, tmp_path / "data") as host:
        await host.press("f6")
        await give(host, "seed", "5\n-1\n99999999999")
        await host.shows("Nothing is sent until this is mended:")
        await host.shows("#2 · seed: ")
        await host.shows("#3 · seed: ")
        await host.press("f5")
        await host.pilot.pause()
        assert host.app.screen.query("#sweep"), "it asks for nothing"
        await give(host, "seed", "5, x")
        await host.shows("seed: “x” must be a whole number")
        await host.press("f5")
        await give(host, "seed", "5, 6")
        await host.shows("2 jobs = 2 seed")
        assert server.created() == 0


async def test_requests_come_from_a_file_and_its_bad_lines_are_named(
    server: Server, tmp_path: Path
) -> None:
    image = "https://example.com/a.png"
    file = tmp_path / "boats.csv"
    file.write_text(
        f"promptText,promptImage,duration\na boat,{image},5\nno image,,5\nx,{image},7\n"
    )
    async with dashboard(server, tmp_path / "data") as host:
        await host.press("f6", "f6")
        await host.paste(str(tmp_path / "nothing.csv"))
        await host.press("enter")
        await host.shows("there is no such file")
        await host.press("ctrl+u")
        await host.paste(str(file))
        await host.press("enter")
        await host.shows("line 3 · promptImage: ")
        await host.shows("line 4 · duration: ")
        file.write_text(f"promptText,promptImage,duration\na boat,{image},5\na tree,{image},10\n")
        await host.press("f6", "enter")
        await host.shows("2 jobs from boats.csv")
        await host.shows("line 2  promptText a boat")
        await host.press("f5")
        await host.shows("Send 2 jobs?")
        await host.press("y")
        await host.until(lambda: server.created() == 2)
    assert sorted((each["inputs"] for each in server.requests()), key=str) == [
        {"promptText": "a boat", "promptImage": image, "duration": 5},
        {"promptText": "a tree", "promptImage": image, "duration": 10},
    ]


async def test_a_file_of_this_machine_is_read_named_in_the_question_and_sent_along(
    server: Server, tmp_path: Path
) -> None:
    there = tmp_path / "there.png"
    async with dashboard(server, tmp_path / "data") as host:
        await host.press("f6")
        await give(host, "promptImage", f"{there}\nhttps://example.com/a.png")
        await host.shows("2 jobs = 2 promptImage")
        await host.press("f5")
        await host.shows("#1 · promptImage: there is no such file")
        there.write_bytes(png(64, 36, 0.5))
        await host.press("f5")
        await host.shows("Send 2 jobs?")
        await host.shows("1 job has a file of this machine")
        await host.press("y")
        await host.until(lambda: server.created() == 2)
    sent = sorted(str(each["inputs"]["promptImage"])[:22] for each in server.requests())
    assert sent == ["data:image/png;base64,", "https://example.com/a."]


async def test_what_was_typed_is_still_there_after_leaving(server: Server, tmp_path: Path) -> None:
    async with dashboard(server, tmp_path / "data") as host:
        await host.press("f6")
        await give(host, "seed", "random 3")
        await host.shows("3 jobs = 3 seed")
        before = [line for line in host.text.splitlines() if "#1 " in line]
        await host.press("escape", "escape")
        await host.until(lambda: host.app.screen is host.main)
        await host.press("f6")
        await host.shows("3 jobs = 3 seed")
        assert [line for line in host.text.splitlines() if "#1 " in line] == before
        drafts = tmp_path / "data" / "drafts.json"
        await host.until(lambda: drafts.exists() and "random 3" in drafts.read_text())
    async with dashboard(server, tmp_path / "data") as host:
        await host.press("f6")
        await host.shows("3 jobs = 3 seed")
        assert [line for line in host.text.splitlines() if "#1 " in line] == before
        await host.press("f5")
        await host.shows("Send 3 jobs?")
        await host.press("y")
        await host.until(lambda: server.created() == 3)
        await host.press("f6")
        await host.shows("1 job: give some fields several values")


def test_a_sweep_is_kept_as_json_and_restored_as_it_was() -> None:
    form = read_form(
        {
            "properties": {
                "prompt": {"type": "string"},
                "seed": {"type": "integer"},
                "ratio": {"enum": ["1:1", "16:9"]},
                "gone": {"enum": [1, 2]},
            }
        }
    )
    prompt, seed, ratio, gone = form.fields
    draft = SweepDraft(form, {})
    assert draft.to_json() == {}
    draft.type(prompt, "a\nb")
    draft.type(seed, "1, x")
    draft.tick(ratio, [1])
    draft.tick(gone, [0, 1])
    draft.type(seed, "random 2")
    told = json.loads(json.dumps(draft.to_json()))
    again = SweepDraft.restored(form, {}, told)
    assert again.requests() == draft.requests()
    told["values"]["gone"], told["texts"]["seed"] = [7, 2], "1, x"
    again = SweepDraft.restored(form, {}, told)
    assert again.values(gone) == (2,)
    assert again.text(seed) == "1, x"
    assert set(again.errors) == {"seed"}
    for nonsense in (None, {}, {"texts": 5, "values": []}, {"values": {"seed": 1}}):
        assert SweepDraft.restored(form, {}, nonsense).to_json() == {}


@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
async def test_a_sweep_is_paused_resumed_and_dropped_and_its_progress_is_one_line(
    server: Server, tmp_path: Path, size: tuple[int, int]
) -> None:
    async with dashboard(server, tmp_path / "data", limits=SLOW, size=size) as host:
        await ask_to_send(host, seeds="1..8", jobs=8)
        await host.press("y")
        await host.until(lambda: server.created() == 3)
        await host.press("escape")
        await host.shows("3/8 sent")
        await host.press("f7")
        await host.shows("being sent")
        await host.shows("8 jobs · 3 sent · 5 left, not sent")
        await host.press("p")
        await host.shows("paused")
        server.let_end()
        await host.until(
            lambda: all(job.status is Status.COMPLETED for job in host.main.table.jobs)
        )
        assert server.created() == 3
        await host.press("p")
        await host.until(lambda: server.created() == 6)
        await host.shows("8 jobs · 6 sent · 2 left, not sent")
        await host.press("d")
        await host.shows("Drop 2 jobs that are not sent?")
        await host.press("y")
        await host.shows("8 jobs · 6 sent · 2 dropped")
        await host.press("escape")
        await host.until(lambda: "6/8 sent" not in host.text)
        server.let_end()
        await host.until(lambda: host.statuses == {Status.COMPLETED: 6})
    assert server.created() == 6


async def test_what_queues_of_a_sweep_is_cancelled_after_a_yes(
    server: Server, tmp_path: Path
) -> None:
    async with dashboard(server, tmp_path / "data") as host:
        await ask_to_send(host, seeds="1..4", jobs=4)
        await host.press("y")
        await host.until(lambda: host.statuses == {Status.IN_QUEUE: 4})
        await host.press("f7")
        await host.shows("4 queued")
        await host.press("c")
        await host.shows("Cancel 4 jobs that still queue?")
        await host.press("y")
        await host.until(lambda: "4 cancelled" in host.toasts)
        await host.shows("4 cancelled")


async def test_the_next_start_says_what_was_sent_and_asks(server: Server, tmp_path: Path) -> None:
    async with dashboard(server, tmp_path / "data", limits=SLOW) as host:
        await ask_to_send(host, seeds="1..5", jobs=5)
        await host.press("y")
        await host.until(lambda: server.created() == 3)
        assert host.engine.unsent == 2
    server.let_end()
    async with dashboard(server, tmp_path / "data", limits=SLOW) as host:
        await host.shows("Not all of it was sent: go on?")
        await host.shows("paused: The program that sent it was closed, or ended.")
        await host.shows("5 jobs · 3 sent · 2 left, not sent")
        await host.until(lambda: host.statuses == {Status.COMPLETED: 3})
        assert server.created() == 3
        await host.press("p")
        await host.until(lambda: server.created() == 5)


async def test_a_sweep_that_stops_by_itself_says_why(server: Server, tmp_path: Path) -> None:
    async with dashboard(server, tmp_path / "data") as host:
        server.faults("no-balance")
        await ask_to_send(host, seeds="1..5", jobs=5)
        await host.press("y")
        await host.shows("0/5 sent, paused · RunComfy says that the balance is not enough")
        await host.press("f7")
        await host.shows("5 jobs · 0 sent · 5 left, not sent")
        await host.shows("paused: RunComfy says that the balance is not enough")
        assert server.created() == 0


async def test_a_model_without_a_schema_takes_requests_from_a_file_alone(
    server: Server, tmp_path: Path
) -> None:
    from runcomfy_tui.jobs import ModelEntry

    async with dashboard(server, tmp_path / "data") as host:
        await host.main.forms.take(ModelEntry("some/model"))
        await host.press("f6")
        await host.shows("Many jobs · some/model")
        await host.shows("price not known")
