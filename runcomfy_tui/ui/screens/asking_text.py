"""Asking for a line: a label, a note, a name, request_ids, a number to be sure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.suggester import SuggestFromList
from textual.widgets import Input, Static

from runcomfy_tui.jobs import read_request_ids
from runcomfy_tui.text import visible
from runcomfy_tui.ui.screens.quiet import QuietModal
from runcomfy_tui.words import count_of


def anything(_text: str) -> str | None:
    """Refuses no text."""
    return None


class TextScreen(QuietModal[str]):
    """Asks for one line; dismisses with it, without the blanks around it, or with None.

    `refuse` gives the reason why a text cannot be taken. `known` texts are offered as one types.
    `longest` is in characters; 0 is no limit.
    """

    BINDINGS = [
        Binding("escape", "leave", "back", id="text.back", tooltip="Change nothing"),
    ]

    def __init__(
        self,
        title: str,
        explanation: str = "",
        *,
        text: str = "",
        placeholder: str = "",
        hint: str = "enter takes it · escape goes back",
        longest: int = 200,
        known: Sequence[str] = (),
        refuse: Callable[[str], str | None] = anything,
    ) -> None:
        super().__init__()
        self._title = title
        self._explanation = explanation
        self._hint = hint
        self._refuse = refuse
        self._input = Input(
            text,
            placeholder=placeholder,
            compact=True,
            max_length=longest,
            suggester=SuggestFromList(known, case_sensitive=False) if known else None,
        )
        self._input.cursor_blink = False
        self._error = Static(classes="dialog-error")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content(visible(self._title)), classes="dialog-title")
            if self._explanation:
                yield Static(Content(visible(self._explanation, keep_newlines=True)))
            yield self._input
            yield self._error
            yield Static(Content(self._hint), classes="dialog-hint")

    def on_mount(self) -> None:
        self._input.focus()

    @on(Input.Submitted)
    def take(self, event: Input.Submitted) -> None:
        """Close with the text, or say why it cannot be taken."""
        text = event.value.strip()
        reason = self._refuse(text)
        if reason is None:
            self.dismiss(text)
        else:
            self._error.update(Content(visible(reason)))

    @on(Input.Changed)
    def forget_error(self) -> None:
        """What was wrong is being mended."""
        self._error.update(Content(""))

    def action_leave(self) -> None:
        """Close with nothing."""
        self.dismiss(None)


def request_ids_question(
    title: str, explanation: str, *, many: bool, offered: str = ""
) -> TextScreen:
    """Asks for one or (with `many`) several request_ids, for `read_request_ids` to read.

    The one that is `offered` may be taken as it is.
    """

    def refuse(text: str) -> str | None:
        if offered and text == offered:
            return None
        try:
            request_ids = read_request_ids(text)
        except ValueError as error:
            return str(error)
        if not request_ids:
            return "Paste a request_id first."
        return "One request_id only, please." if len(request_ids) > 1 and not many else None

    return TextScreen(
        title,
        explanation,
        text=offered,
        placeholder="request_id",
        longest=0,
        refuse=refuse,
    )


def count_question(count: int, meaning: str) -> TextScreen:
    """A yes that is not pressed by mistake: the number of jobs has to be typed."""

    def refuse(text: str) -> str | None:
        is_it = text in (f"{count}", f"{count:,}")
        return None if is_it else f"That is not {count:,}: nothing is sent yet."

    return TextScreen(
        f"Send {count_of(count, 'job')}?",
        meaning,
        placeholder="the number of jobs",
        hint=f"type {count}, then enter · escape sends nothing",
        refuse=refuse,
    )
