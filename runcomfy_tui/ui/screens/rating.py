"""Rating jobs by one key."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from runcomfy_tui.ui.screens.quiet import QuietModal

NO_RATING = 0
"""What the screen dismisses with when a rating is to be taken away."""


class RatingScreen(QuietModal[int | None]):
    """Dismisses with 1 to 5, with `NO_RATING`, or with None when nothing is to change."""

    BINDINGS = [
        *(
            Binding(
                str(number),
                f"rate({number})",
                f"rate {number}",
                id=f"rating.{number}",
                show=False,
                tooltip="1 is poor, 5 is excellent",
            )
            for number in range(1, 6)
        ),
        Binding(
            "0,backspace,delete",
            "rate(0)",
            "no rating",
            id="rating.none",
            show=False,
            tooltip="Take the rating away",
        ),
        Binding("escape", "leave", "back", id="rating.back", tooltip="Change nothing"),
    ]

    def __init__(self, title: str, explanation: str = "", *, present: int | None) -> None:
        super().__init__()
        self._title = title
        self._explanation = explanation
        self._present = present

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content(self._title), classes="dialog-title")
            if self._explanation:
                yield Static(Content(self._explanation))
            yield Static(Content("1  2  3  4  5      0 takes the rating away"))
            if self._present is not None:
                yield Static(Content(f"It is {self._present}/5 now."))
            yield Static(Content("press a number · escape goes back"), classes="dialog-hint")

    def action_rate(self, rating: int) -> None:
        """Close with the rating."""
        self.dismiss(rating)

    def action_leave(self) -> None:
        """Close with nothing."""
        self.dismiss(None)
