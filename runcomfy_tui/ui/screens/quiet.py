"""Screens that do not paint all over when the focus moves, and nothing that is gone.

Textual repaints a whole screen when the focus moves. Here the widgets that gain and lose the focus
repaint themselves.
"""

from __future__ import annotations

from textual._compositor import Compositor
from textual.binding import Binding
from textual.geometry import Region
from textual.reactive import Reactive
from textual.screen import ModalScreen, Screen, ScreenResultType
from textual.widget import Widget

QUIT = Binding("ctrl+q", "app.quit", "quit", id="app.quit", tooltip="Leave; jobs go on at RunComfy")


class LiveCompositor(Compositor):
    """Textual's own, but for removed widgets: these have lost their styles, and to paint one would
    crash. Until the next layout, which a dialog above may put off, they are still on its list.
    """

    @property
    def visible_widgets(self) -> dict[Widget, tuple[Region, Region]]:
        """The widgets to paint, each with its region and what of that can be seen."""
        listed = super().visible_widgets
        return {widget: place for widget, place in listed.items() if widget.parent is not None}


class QuietScreen(Screen[ScreenResultType]):
    """A `Screen` without these habits."""

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    def __init__(self, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._compositor = LiveCompositor()


class QuietModal(ModalScreen[ScreenResultType]):
    """A `ModalScreen` without them; the screen below shows through and goes on.

    Textual keeps the app's keys from a dialog: that of leaving, which the footer below still shows,
    is let through.
    """

    BINDINGS = [QUIT]

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    def __init__(self, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._compositor = LiveCompositor()
