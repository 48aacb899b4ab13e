"""Screens that paint only while they are on top, and no more than what changed."""

from __future__ import annotations

from textual.app import ScreenStackError
from textual.reactive import Reactive
from textual.screen import ModalScreen, Screen, ScreenResultType
from textual.widget import Widget


class QuietScreen(Screen[ScreenResultType]):
    """A `Screen` without two habits that cost a full paint each time.

    Textual repaints a whole screen whenever the focus moves on it, and the whole upper screen
    whenever something changes on the one below. Here the focused widgets repaint themselves, and
    what changes below is painted once its screen is on top again.
    """

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    @property
    def is_current(self) -> bool:
        """Whether this screen is the one on top."""
        try:
            return self.app.screen is self
        except ScreenStackError:
            return False


class QuietModal(QuietScreen[ScreenResultType], ModalScreen[ScreenResultType]):
    """A `ModalScreen` of that kind; the screen below shows through as it was."""
