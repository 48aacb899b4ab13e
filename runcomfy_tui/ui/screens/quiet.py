"""Screens that do not paint all over when the focus moves.

Textual repaints a whole screen then. Here the widgets that gain and lose the focus repaint
themselves.
"""

from __future__ import annotations

from textual.reactive import Reactive
from textual.screen import ModalScreen, Screen, ScreenResultType
from textual.widget import Widget


class QuietScreen(Screen[ScreenResultType]):
    """A `Screen` without that habit."""

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)


class QuietModal(ModalScreen[ScreenResultType]):
    """A `ModalScreen` without it; the screen below shows through and goes on."""

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
