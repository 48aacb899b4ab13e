"""The terminal's present colours and attributes, and the least that turns them into others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.color import Color, ColorSystem
from rich.style import Style

from runcomfy_tui.ui.numbered_colours import numbered
from runcomfy_tui.ui.pictures import number_in

_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "7": "27", "8": "28", "9": "29"}
"""What ends an attribute (ECMA-48, SGR); any other one is ended by a reset."""

_UNSEEN_ON_BLANKS = frozenset("123")
"""Bold, dim and italic: a blank looks the same with them."""

MOST_STYLES = 10_000
"""How many styles are remembered: each picture brings a thousand of its own."""

_RESET = "0"
_DEFAULT = (("39",), ("49",))


@dataclass(frozen=True, slots=True, eq=False)
class Ink:
    """How a cell looks, as the parameters of SGR; `()` for a colour: it does not matter.

    Inks that look alike are one and the same object.
    """

    attributes: frozenset[str]
    foreground: tuple[str, ...]
    background: tuple[str, ...]
    link: str
    picture: int = 0
    """The number of the picture of which the cell shows a piece (see `pictures`)."""

    @property
    def shows_on_blanks(self) -> bool:
        """Whether a blank shows more of it than the background."""
        return bool(self.attributes - _UNSEEN_ON_BLANKS or self.link or self.picture)

    def is_at_hand_after(self, other: Ink) -> bool:
        """Whether one who writes with `other` can go on with this one."""
        if self is other:
            return True
        if (self.background, self.link, self.picture) != (
            other.background,
            other.link,
            other.picture,
        ):
            return False
        if self.foreground:
            return (self.attributes, self.foreground) == (other.attributes, other.foreground)
        return self.attributes ^ other.attributes <= _UNSEEN_ON_BLANKS


class Inks:
    """Turns styles into inks for a terminal's colours (None: it has none)."""

    def __init__(self, colours: ColorSystem | None) -> None:
        self._colours = colours
        self._of_style: dict[Style | None, tuple[Ink, Ink]] = {}
        self._alike: dict[tuple[object, ...], Ink] = {}

    def of(self, style: Style | None) -> tuple[Ink, Ink]:
        """The inks that show `style`: on characters, and on blanks, which may look like others."""
        inks = self._of_style.get(style)
        if inks is None:
            if len(self._of_style) > MOST_STYLES:
                self._of_style.clear()
                self._alike.clear()
            ink = self._make(style or Style.null())
            blank = ink if ink.shows_on_blanks else self._one(frozenset(), (), ink.background, "")
            inks = self._of_style[style] = ink, blank
        return inks

    def _make(self, style: Style) -> Ink:
        link, picture = style.link or "", number_in(style)
        if self._colours is None:
            return self._one(frozenset(), *_DEFAULT, link, picture)
        shape = style.without_color.update_link(None).render("x", color_system=self._colours)
        codes = shape.partition("\x1b[")[2].partition("m")[0]
        return self._one(
            frozenset(code for code in codes.split(";") if code),
            self._codes(style.color, foreground=True, as_it_is=bool(picture)),
            self._codes(style.bgcolor, foreground=False),
            link,
            picture,
        )

    def _codes(
        self, colour: Color | None, *, foreground: bool, as_it_is: bool = False
    ) -> tuple[str, ...]:
        assert self._colours is not None
        colour = Color.default() if colour is None else colour
        if self._colours is ColorSystem.TRUECOLOR and not as_it_is:
            colour = numbered(colour)
        return colour.downgrade(self._colours).get_ansi_codes(foreground)

    def _one(
        self,
        attributes: frozenset[str],
        foreground: tuple[str, ...],
        background: tuple[str, ...],
        link: str,
        picture: int = 0,
    ) -> Ink:
        key = attributes, foreground, background, link, picture
        return self._alike.setdefault(key, Ink(*key))


_PLAIN = Ink(frozenset(), *_DEFAULT, "")


class Pen:
    """Knows with what the terminal writes now."""

    def __init__(self) -> None:
        self._ink: Ink | None = None
        self._foreground = _PLAIN.foreground
        """The one in force, also where it does not matter to the ink."""

    def forget(self) -> None:
        """Somebody else may have written meanwhile."""
        self._ink = None

    def turn(self, ink: Ink) -> str:
        """The sequence after which the terminal writes with `ink`; nothing if it does already."""
        old = self._ink
        if old is not None and ink.is_at_hand_after(old):
            return ""
        self._ink = ink
        anew = [_RESET, *_added(_PLAIN, _PLAIN.foreground, ink)]
        codes = anew
        if old is not None:
            over = old.attributes - ink.attributes
            if over <= _OFF.keys():
                ended = {_OFF[code] for code in over}
                kept = {code for code in ink.attributes if _OFF.get(code) in ended}
                changed = [*sorted(ended), *sorted(kept), *_added(old, self._foreground, ink)]
                codes = min(changed, anew, key=lambda each: len(";".join(each)))
        if codes is anew:
            self._foreground = _PLAIN.foreground
        self._foreground = ink.foreground or self._foreground
        sequence = f"\x1b[{';'.join(codes)}m" if codes else ""
        if ink.link != (old.link if old is not None else ""):
            sequence += f"\x1b]8;;{ink.link}\x1b\\"
        return sequence


def _added(old: Ink, foreground: tuple[str, ...], ink: Ink) -> Iterable[str]:
    yield from sorted(ink.attributes - old.attributes)
    if ink.foreground not in ((), foreground):
        yield from ink.foreground
    if ink.background != old.background:
        yield from ink.background
