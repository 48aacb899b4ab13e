"""The yardstick of the first paint: a Textual app that is nothing but an empty table."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import DataTable


class BareApp(App[None]):
    """Its only words are the names of two columns."""

    def compose(self) -> ComposeResult:
        yield DataTable[str]()

    def on_mount(self) -> None:
        self.query_one(DataTable).add_columns("status", "model")


if __name__ == "__main__":
    BareApp().run()
