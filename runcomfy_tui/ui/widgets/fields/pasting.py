"""A whole request that was pasted where one is understood."""

from __future__ import annotations

import re

from textual import events
from textual.message import Message
from textual.widgets import Input

from runcomfy_tui.schema.paste import Paste, read_paste
from runcomfy_tui.ui.widgets.fields.unscrolled import Unscrolled

_CURL = re.compile(r"\s*(?:\$\s+)?curl(?:\.exe)?\s")


class RequestPasted(Message):
    """Somebody pasted a request; nothing of it was inserted."""

    def __init__(self, paste: Paste) -> None:
        self.paste = paste
        super().__init__()


def whole_command(text: str) -> Paste | None:
    """The request of a text that is a curl command for a model from its first word on.

    So a text that merely speaks of one can be pasted into a text field.
    """
    paste = read_paste(text) if _CURL.match(text) else None
    return paste if paste is not None and paste.model_id else None


def any_request(text: str) -> Paste | None:
    """The request of a text that was meant for something else; a link alone is no request."""
    paste = read_paste(text)
    return paste if paste is not None and (paste.inputs or len(text.split()) > 1) else None


class RequestInput(Input, Unscrolled):
    """An `Input` for something else that understands a pasted request, too."""

    def on_paste(self, event: events.Paste) -> None:
        """Tell of a request; a link alone and anything else is text."""
        if (paste := any_request(event.text)) is not None:
            event.prevent_default()
            event.stop()
            self.post_message(RequestPasted(paste))
