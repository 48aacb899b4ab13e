"""Screens that paint only while they are on top, and no more than what changed.

Textual repaints a whole screen whenever the focus moves on it, and the whole upper screen
whenever something changes on the one below. Here the widgets that gain and lose the focus repaint
themselves, and what changes below is painted when its screen is on top again.
"""

from __future__ import annotations

from textual.app import ScreenStackError
from textual.reactive import Reactive
from textual.screen import ModalScreen, Screen, ScreenResultType
from textual.widget import Widget


class QuietScreen(Screen[ScreenResultType]):
    """A `Screen` without those habits."""

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    @property
    def is_current(self) -> bool:
        """Whether this screen is the one on top."""
        return _is_on_top(self)


class QuietModal(ModalScreen[ScreenResultType]):
    """A `ModalScreen` without them; the screen below shows through as it was."""

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    @property
    def is_current(self) -> bool:
        """Whether this screen is the one on top."""
        return _is_on_top(self)


def _is_on_top(screen: Screen[ScreenResultType]) -> bool:
    try:
        return screen.app.screen is screen
    except ScreenStackError:
        return False
