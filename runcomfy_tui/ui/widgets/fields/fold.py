"""Fields that are out of sight until somebody asks for them."""

from __future__ import annotations

from collections.abc import Sequence

from runcomfy_tui.ui.widgets.fields.action import Action
from runcomfy_tui.ui.widgets.fields.row import FieldRow
from runcomfy_tui.ui.widgets.fields.unscrolled import Column


class Fold(Column):
    """`▸ more (7)`: the fields themselves are mounted when it is first opened."""

    def __init__(self, rows: Sequence[FieldRow], *, opened: bool) -> None:
        self.rows = rows
        self.opened = opened
        self._switch = Action("", tooltip="Show or hide the optional inputs")
        self._body = Column(*rows, classes="fold--body") if opened else None
        super().__init__(self._switch, *([self._body] if self._body else []))
        self._label()

    async def open(self) -> None:
        """Show the fields."""
        self.opened = True
        if self._body is None:
            self._body = Column(*self.rows, classes="fold--body")
            await self.mount(self._body)
        self._body.display = True
        self._label()

    def close(self) -> None:
        """Hide the fields; what stands in them stays part of the form."""
        self.opened = False
        if self._body is not None:
            self._body.display = False
        self._label()

    async def on_action_pressed(self, event: Action.Pressed) -> None:
        """Open or close."""
        event.stop()
        if self.opened:
            self.close()
        else:
            await self.open()

    def _label(self) -> None:
        self._switch.relabel("▾ fewer" if self.opened else f"▸ more ({len(self.rows)})")
