"""Forms under names, from the dashboard."""

from __future__ import annotations

import asyncio
from pathlib import Path

from textual.await_remove import AwaitRemove

from runcomfy_tui.ui.screens.asking_text import TextScreen
from runcomfy_tui.ui.screens.presets import PresetsScreen
from runcomfy_tui.ui.widgets.fields.form import FormView
from tests.engine.server import Server
from tests.ui.composer_host import ALEPH, EVIL, GEN_4
from tests.ui.many_host import Dashboard, dashboard


async def fill(host: Dashboard, **inputs: object) -> None:
    """A form that sends exactly these inputs."""
    await host.main.forms.rerun(GEN_4.model_id, {"promptImage": "https://a/b.png", **inputs})


async def open_presets(host: Dashboard) -> None:
    await host.press("ctrl+s")
    await host.until(lambda: isinstance(host.app.screen, PresetsScreen))


async def name(host: Dashboard, text: str) -> None:
    """Answer the question for a name."""
    await host.until(lambda: isinstance(host.app.screen, TextScreen))
    await host.press("ctrl+u")
    await host.paste(text)
    await host.press("enter")


async def save(host: Dashboard, text: str) -> None:
    await open_presets(host)
    await host.press("s")
    await name(host, text)
    await host.until(lambda: isinstance(host.app.screen, PresetsScreen))
    await host.until(lambda: not host.app.workers._workers)


async def test_a_form_is_saved_brought_back_and_what_stood_there_is_not_lost(
    server: Server, tmp_path: Path
) -> None:
    async with dashboard(server, tmp_path / "data") as host:
        await fill(host, promptText=EVIL, seed=7)
        await save(host, "[/evil] one")
        await host.shows("[/evil] one")
        await host.press("escape")
        await fill(host, promptText="another", duration=10)
        await open_presets(host)
        await host.shows("[/evil] one")
        await host.press("enter")
        await host.until(lambda: host.main.composer.inputs.get("promptText") == EVIL)
        assert host.main.composer.inputs == {
            "promptImage": "https://a/b.png",
            "promptText": EVIL,
            "seed": 7,
        }
        await host.press("f4")
        await host.until(lambda: host.main.composer.inputs.get("promptText") == "another")
        assert host.main.composer.inputs["duration"] == 10
    async with dashboard(server, tmp_path / "data") as host:
        await open_presets(host)
        await host.shows("[/evil] one")


async def test_a_preset_keeps_what_is_no_valid_value_yet(server: Server, tmp_path: Path) -> None:
    async with dashboard(server, tmp_path / "data") as host:
        await fill(host, seed=7)
        host.main.composer.reveal(("seed",))
        await host.press("ctrl+u", *"12ab")
        before = host.main.composer.draft
        assert host.main.composer.problems
        await save(host, "unfinished")
        await host.press("escape")
        await fill(host, seed=8)
        await open_presets(host)
        await host.shows("unfinished")
        await host.press("enter")
        await host.until(lambda: host.main.composer.draft == before)


async def test_a_taken_name_is_asked_about_before_it_is_replaced(
    server: Server, tmp_path: Path
) -> None:
    async with dashboard(server, tmp_path / "data") as host:
        await fill(host, seed=1)
        await save(host, "Boat")
        await host.press("escape")
        await fill(host, seed=2)
        await save_again(host, "boat", "n")
        await host.press("enter")
        await host.until(lambda: host.main.composer.inputs["seed"] == 1)
        await fill(host, seed=3)
        await save_again(host, "boat", "y")
        await host.press("escape")
        await fill(host, seed=4)
        await open_presets(host)
        await host.shows("boat")
        await host.press("enter")
        await host.until(lambda: host.main.composer.inputs["seed"] == 3)


async def save_again(host: Dashboard, text: str, answer: str) -> None:
    """Save under a name that is taken, and answer what is asked."""
    await open_presets(host)
    await host.press("s")
    await name(host, text)
    await host.shows("A preset is called")
    await host.press(answer)
    await host.until(lambda: isinstance(host.app.screen, PresetsScreen))
    await host.until(lambda: not host.app.workers._workers)


async def test_presets_are_renamed_and_deleted_and_each_model_has_its_own(
    server: Server, tmp_path: Path
) -> None:
    async with dashboard(server, tmp_path / "data") as host:
        await fill(host, seed=1)
        await save(host, "one")
        await host.press("s")
        await name(host, "two")
        await host.shows("two")
        await host.press("home", "r")
        await name(host, "TWO")
        await host.shows("A preset is called two already.")
        await host.press("r")
        await name(host, "zero")
        await host.shows("zero")
        await host.press("end", "up", "d")
        await host.shows("Delete “two”?")
        await host.press("y")
        await host.until(lambda: "two" not in host.text and "zero" in host.text)
        await host.press("escape")
        await host.main.forms.take(ALEPH)
        await open_presets(host)
        await host.shows("None yet: s saves this form under a name.")


async def test_every_form_that_was_replaced_comes_back_one_after_another(
    server: Server, tmp_path: Path
) -> None:
    async with dashboard(server, tmp_path / "data") as host:

        def shown() -> object:
            return host.main.composer.inputs.get("promptText")

        for text in ("typed by hand", "one", "two", "three"):
            await fill(host, promptText=text)
        brought_back = []
        for _ in range(5):
            before = shown()
            await host.press("f4")
            while shown() == before:
                await host.pilot.pause(0.01)
            brought_back.append(shown())
        assert brought_back[:3] == ["two", "one", "typed by hand"]
        assert brought_back[4] == "three"


async def test_a_form_that_is_going_away_is_never_painted(server: Server, tmp_path: Path) -> None:
    async with dashboard(server, tmp_path / "data") as host:
        await open_presets(host)
        view = host.main.composer.query_one(FormView)
        fields = list(view.query())
        going = asyncio.ensure_future(_awaited(view.remove()))
        while not going.done():
            for field in fields:
                field.refresh()
            # As the dialog does, which shows through to what is below it.
            assert host.main._compositor.render_strips(host.main.size)
            await asyncio.sleep(0)


async def _awaited(removed: AwaitRemove) -> None:
    await removed
