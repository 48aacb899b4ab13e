"""The keys that make many jobs of one form, show how far they are, and keep forms under names."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from textual.binding import Binding

from runcomfy_tui.ui.screens.quiet import QuietScreen

if TYPE_CHECKING:
    from runcomfy_tui.ui.screens.many_desk import ManyDesk


class ManyScreen(QuietScreen[None]):
    """Mixin of MainScreen: the keys for sweeps, batches and presets."""

    BINDINGS = [
        Binding(
            "f6",
            "sweep",
            "many jobs",
            id="composer.sweep",
            show=False,
            tooltip="Make many jobs of this form, or of a file",
        ),
        Binding(
            "f7",
            "batches",
            "sweeps",
            id="jobs.sweeps",
            show=False,
            tooltip="How far the sweeps are; pause one, go on, drop the rest",
        ),
        Binding(
            "ctrl+s",
            "presets",
            "presets",
            id="composer.presets",
            show=False,
            tooltip="Save this form under a name, or bring one back",
        ),
    ]

    def make_many_desk(self) -> ManyDesk:
        """The desk that answers these keys."""
        raise NotImplementedError

    @cached_property
    def many(self) -> ManyDesk:
        """What is planned, and the screens that plan it."""
        return self.make_many_desk()

    def action_sweep(self) -> None:
        """Make many jobs of the form."""
        self.many.sweep()

    def action_batches(self) -> None:
        """Show the sweeps."""
        self.many.show_batches()

    def action_presets(self) -> None:
        """Show the presets of the form's model."""
        self.many.show_presets()
