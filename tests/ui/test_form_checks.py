"""What the dashboard finds out about a form before it costs, and what it then lets through."""

from __future__ import annotations

import base64
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from runcomfy_tui.engine.changes import Changes
from runcomfy_tui.sandbox.media import png
from runcomfy_tui.schema.sightings import Sight, Sighting
from runcomfy_tui.settings import Settings
from runcomfy_tui.ui.screens import file_checks
from runcomfy_tui.ui.screens.confirm import ConfirmScreen
from runcomfy_tui.ui.screens.form_checks import is_this_machine
from tests.engine.server import Server
from tests.ui.checked_form import GOOD, LARGE, OFFLINE, URL, Desk, at_desk
from tests.waiting import LONG_ENOUGH

BOAT = png(64, 36, 0.5)
TOO_LARGE = "File size must be less than 16 MB."


@pytest.fixture(autouse=True)
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy this machine is, a look that is to come in time does."""
    monkeypatch.setattr(file_checks, "PATIENCE", LONG_ENOUGH)


@pytest.fixture
async def desk(server: Server, tmp_path: Path) -> AsyncIterator[Desk]:
    async with at_desk(server, tmp_path / "data") as at:
        yield at


# -- files behind URLs ----------------------------------------------------------------------------


async def test_a_url_is_looked_at_when_its_field_is_left(desk: Desk) -> None:
    desk.hosts.shows[URL] = GOOD
    await desk.fill_in(promptImage=URL)
    assert desk.hosts.asked == []
    await desk.leave("promptImage")
    assert await desk.until(lambda: desk.said) == "1280×720 · 2.1 MB · ok"
    assert desk.verdict == "F5 submit"
    assert desk.hosts.asked == [URL]


async def test_the_schemas_own_sample_is_not_looked_at(desk: Desk) -> None:
    await desk.leave("promptImage")
    await desk.pilot.press("f5")
    await desk.submitted(1)
    assert desk.hosts.asked == []


async def test_a_broken_rule_is_said_once_and_the_second_f5_submits(desk: Desk) -> None:
    desk.hosts.shows[URL] = LARGE
    await desk.fill_in(promptImage=URL)
    await desk.pilot.press("f5")
    await desk.until(lambda: desk.verdict == "F5 again submits anyway")
    assert desk.said == f"1280×720 · 16.0 MB · {TOO_LARGE.rstrip('.')}"
    assert desk.server.created() == 0
    await desk.pilot.press("f5")
    await desk.submitted(1)
    await desk.until(lambda: desk.verdict.endswith("F5 submits again"))


async def test_another_file_that_looks_wrong_is_a_warning_of_its_own(desk: Desk) -> None:
    other = f"{URL}?2"
    desk.hosts.shows |= {URL: LARGE, other: Sighting(Sight.WRONG, words="there is no file")}
    await desk.fill_in(promptImage=URL)
    await desk.pilot.press("f5")
    await desk.until(lambda: desk.verdict == "F5 again submits anyway")
    await desk.fill_in(promptImage=other)
    await desk.until(lambda: desk.verdict == "F5 submit")
    await desk.pilot.press("f5")
    await desk.until(lambda: desk.verdict == "F5 again submits anyway")
    assert desk.said == "there is no file"
    assert desk.server.created() == 0


async def test_what_could_not_be_checked_holds_nobody_up(desk: Desk) -> None:
    await desk.fill_in(promptImage=URL)
    await desk.pilot.press("f5")
    await desk.submitted(1)
    assert desk.said == f"not checked: {OFFLINE.words}"


async def test_a_look_that_takes_long_can_be_cut_short(desk: Desk) -> None:
    desk.hosts.may_answer.clear()
    await desk.fill_in(promptImage=URL)
    await desk.pilot.press("f5")
    await desk.until(lambda: desk.verdict == "looking at 1 file · F5 submits at once")
    assert desk.server.created() == 0
    await desk.pilot.press("f5")
    await desk.submitted(1)
    assert desk.said == "not checked: there was no answer in time"


async def test_nobody_waits_for_ever(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_checks, "PATIENCE", 0.05)
    desk.hosts.may_answer.clear()
    await desk.fill_in(promptImage=URL)
    await desk.pilot.press("f5")
    await desk.submitted(1)


async def test_a_look_ends_when_its_field_changes(desk: Desk) -> None:
    desk.hosts.may_answer.clear()
    await desk.fill_in(promptImage=URL)
    await desk.leave("promptImage")
    await desk.until(lambda: desk.hosts.asked == [URL])
    desk.composer.reveal(("promptImage",))
    await desk.pilot.press("end", "x")
    await desk.until(lambda: desk.hosts.given_up == [URL])
    desk.hosts.may_answer.set()
    desk.hosts.shows[f"{URL}x"] = GOOD
    await desk.pilot.press("tab")
    assert await desk.until(lambda: desk.said) == "1280×720 · 2.1 MB · ok"


async def test_no_host_is_asked_when_the_settings_say_so(server: Server, tmp_path: Path) -> None:
    async with at_desk(server, tmp_path / "data", look_at_urls=False) as desk:
        await desk.fill_in(promptImage=URL)
        await desk.leave("promptImage")
        await desk.pilot.press("f5")
        await desk.submitted(1)
        assert desk.hosts.asked == []


async def test_in_the_sandbox_nobody_fetches_so_nothing_holds_up(
    server: Server, tmp_path: Path
) -> None:
    async with at_desk(server, tmp_path / "data", is_sandbox=True) as desk:
        desk.hosts.shows[URL] = LARGE
        await desk.fill_in(promptImage=URL)
        await desk.pilot.press("f5")
        await desk.submitted(1)
        await desk.until(lambda: TOO_LARGE.rstrip(".") in desk.said)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (Settings(), False),
        (Settings(is_sandbox=True), True),
        (Settings(model_api_base="http://127.0.0.1:9/v1"), True),
        (Settings(model_api_base="http://localhost:9/v1"), True),
        (Settings(model_api_base="http://[::1]:9/v1"), True),
        (Settings(model_api_base="https://api.example/v1"), False),
    ],
)
def test_a_stand_in_on_this_machine_fetches_nothing(settings: Settings, expected: bool) -> None:
    assert is_this_machine(settings) is expected


async def test_a_narrow_window_shows_the_form_that_is_held_up(
    server: Server, tmp_path: Path
) -> None:
    async with at_desk(server, tmp_path / "data", size=(80, 24)) as desk:
        desk.hosts.shows[URL] = LARGE
        await desk.fill_in(promptImage=URL)
        await desk.pilot.press("escape")
        await desk.until(lambda: not desk.composer.display)
        await desk.pilot.press("f5")
        await desk.until(lambda: desk.composer.display)
        await desk.until(lambda: desk.composer.has_focus_within)


# -- files of this machine ------------------------------------------------------------------------


@pytest.fixture
def boat(tmp_path: Path) -> Path:
    file = tmp_path / "boat.png"
    file.write_bytes(BOAT)
    return file


async def test_a_file_goes_along_only_when_the_user_agrees(desk: Desk, boat: Path) -> None:
    await desk.fill_in(promptImage=str(boat))
    await desk.leave("promptImage")
    note = f"64×36 · {len(BOAT)} B · sent as a data URI, which RunComfy may refuse"
    assert await desk.until(lambda: desk.said) == note
    await desk.pilot.press("f5")
    await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen))
    await desk.pilot.press("n")
    await desk.until(lambda: not desk.main._under_way)
    assert desk.server.created() == 0
    await desk.pilot.press("f5")
    await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen))
    await desk.pilot.press("y")
    await desk.submitted(1)
    [request] = desk.server.requests()
    sent = f"data:image/png;base64,{base64.b64encode(BOAT).decode()}"
    assert sent[:60] == request["inputs"]["promptImage"][:60]


async def test_a_rerun_brings_the_path_back_and_needs_no_second_yes(desk: Desk, boat: Path) -> None:
    await desk.fill_in(promptImage=str(boat))
    await desk.pilot.press("f5")
    await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen))
    await desk.pilot.press("y")
    await desk.submitted(1)
    job = await desk.until(lambda: desk.main.table.cursor_job)
    assert job.inputs["promptImage"].startswith(f"{boat.as_uri()}#sha256=")
    await desk.fill_in()
    await desk.pilot.press("escape", "r")
    await desk.until(lambda: desk.composer.inputs["promptImage"] == str(boat))
    await desk.until(lambda: desk.verdict.startswith("same inputs at "))
    await desk.pilot.press("f5")
    await desk.submitted(2)


async def test_a_file_that_is_not_there_is_never_submitted(desk: Desk, tmp_path: Path) -> None:
    await desk.fill_in(promptImage=str(tmp_path / "gone.png"))
    for _ in range(2):
        await desk.pilot.press("f5")
        await desk.until(lambda: not desk.main._under_way)
        await desk.until(lambda: desk.said == "there is no such file")
    assert desk.server.created() == 0


# -- money and repeats ----------------------------------------------------------------------------


async def test_the_estimate_follows_the_form(desk: Desk) -> None:
    await desk.until(lambda: "base price $0.05/second · est. $0.25 for 5 s" in desk.price)
    await desk.fill_in(duration=10)
    await desk.until(lambda: "est. $0.50 for 10 s" in desk.price)


async def test_what_such_jobs_have_cost_stands_beside_it(desk: Desk) -> None:
    for count in (1, 2):
        await desk.pilot.press("f5")
        await desk.submitted(count)
    desk.server.let_end()
    await desk.until(lambda: [job.cost for job in desk.main.table.jobs] == [0.25, 0.25])
    assert "your last" not in desk.price
    await desk.pilot.press("ctrl+n")
    await desk.until(lambda: "your last 2 like this: $0.25, " in desk.price)
    await desk.fill_in(duration=10)
    await desk.until(lambda: "your last" not in desk.price)
    await desk.fill_in(promptText="something else", seed=1)
    await desk.until(lambda: "your last 2 like this: $0.25, " in desk.price)


async def test_the_same_again_is_told_before_it_is_submitted(desk: Desk) -> None:
    assert desk.verdict == "F5 submit"
    await desk.pilot.press("f5")
    await desk.submitted(1)
    job = await desk.until(lambda: next(iter(desk.main.table.jobs), None))
    at = time.strftime("%H:%M", time.localtime(job.created_at))
    await desk.until(lambda: desk.verdict == f"same inputs at {at} · F5 submits again")
    await desk.fill_in(seed=1)
    await desk.until(lambda: desk.verdict == "F5 submit")
    await desk.fill_in()
    await desk.until(lambda: desk.verdict.startswith("same inputs at "))
    await desk.pilot.press("f5")
    await desk.submitted(2)


async def test_money_that_will_not_do_is_told_before_the_submit(desk: Desk) -> None:
    main = desk.main
    await desk.until(lambda: main._facts.balance)
    balance = main._facts.balance
    assert balance is not None
    short = replace(main._facts, balance=replace(balance, usd=0.1))
    main.apply(Changes(facts=short))
    assert await desk.until(lambda: desk.verdict) == "$0.10 left of ≈ $0.25 · F5 submits"
    main.apply(Changes(facts=replace(short, balance=balance)))
    assert desk.verdict == "F5 submit"
