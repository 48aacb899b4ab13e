"""What never scrolls and so need not be laid out again for how large its content is."""

from __future__ import annotations

from textual.containers import Horizontal, Vertical
from textual.geometry import Size
from textual.reactive import Reactive
from textual.scrollbar import ScrollBar
from textual.widget import Widget


class Unscrolled(Widget):
    """A widget that shows all that it holds.

    In `Widget` a change of `virtual_size` has the whole screen laid out again, which is for
    scrollbars that come and go. A form would be laid out twice before anybody sees it.

    Beside another base it stands last: styles are inherited from the first one.
    """

    virtual_size: Reactive[Size] = Reactive(Size(0, 0), layout=False)


class Column(Vertical, Unscrolled):
    """Widgets below each other, all of them shown."""


class Track(ScrollBar, Unscrolled):
    """A scrollbar; itself, it does not scroll either."""


class Bar(Horizontal, Unscrolled):
    """Widgets beside each other, all of them shown."""
