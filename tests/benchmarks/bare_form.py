"""The yardstick of a form: as many of Textual's own Inputs as the form has fields, and no more."""

from __future__ import annotations

import asyncio

from textual.app import App, ComposeResult
from textual.containers import Container, VerticalScroll
from textual.widgets import Input

from tests.benchmarks.painted import seconds_until_painted


class BareForm(App[None]):
    """Puts some Inputs on the screen, again and again."""

    def compose(self) -> ComposeResult:
        yield Container()

    async def open(self, fields: int) -> None:
        """Inputs in place of those that stand there, mounted."""
        place = self.query_one(Container)
        for old in place.children:
            old.display = False
            old.remove()
        await place.mount(VerticalScroll(*(Input(str(number)) for number in range(fields))))


async def _measure(fields: int, runs: int) -> list[float]:
    app = BareForm()
    async with app.run_test(size=(140, 40)):
        await seconds_until_painted(app, lambda: app.open(fields))
        return [await seconds_until_painted(app, lambda: app.open(fields)) for _ in range(runs)]


def measure(fields: int, runs: int) -> list[float]:
    """Seconds from asking for the Inputs until they are painted, `runs` times."""
    return asyncio.run(_measure(fields, runs))
