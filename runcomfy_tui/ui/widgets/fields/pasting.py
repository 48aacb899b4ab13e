"""A whole request that was pasted where one is understood."""

from __future__ import annotations

import re

from textual import events
from textual.message import Message
from textual.widgets import Input

from runcomfy_tui.schema.paste import (
    FileReference,
    Paste,
    Reference,
    read_paste,
    read_reference,
)
from runcomfy_tui.ui.widgets.fields.unscrolled import Unscrolled

_SIDECAR = re.compile(r"\s*\{\s*\"runcomfy_tui\"\s*:")
_CURL = re.compile(r"\s*(?:\$\s+)?curl(?:\.exe)?\s")


class RequestPasted(Message):
    """Somebody pasted a request; nothing of it was inserted."""

    def __init__(self, paste: Paste) -> None:
        self.paste = paste
        super().__init__()


class RequestReferred(Message):
    """Somebody pasted what leads to a request: a job's id, or the path of a file that was saved."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        super().__init__()


def request_in(text: str) -> RequestPasted | RequestReferred | None:
    """What is told of a text that was pasted where nothing is typed."""
    paste = read_paste(text)
    if paste is not None:
        return RequestPasted(paste)
    reference = read_reference(text)
    return None if reference is None else RequestReferred(reference)


def whole_request(text: str) -> RequestPasted | RequestReferred | None:
    """What is told of a text that was pasted into a text field and cannot be meant for it.

    That is a curl command for a model from its first word on, a sidecar, or the path of a JSON
    file; so a text that merely speaks of one can be pasted.
    """
    if _CURL.match(text) or _SIDECAR.match(text):
        paste = read_paste(text)
        return RequestPasted(paste) if paste is not None and paste.model_id else None
    reference = read_reference(text)
    is_json = isinstance(reference, FileReference) and reference.path.lower().endswith(".json")
    return RequestReferred(reference) if reference is not None and is_json else None


def any_request(text: str) -> Paste | None:
    """The request of a text that was meant for something else; a link alone is no request."""
    paste = read_paste(text)
    return paste if paste is not None and (paste.inputs or len(text.split()) > 1) else None


class RequestInput(Input, Unscrolled):
    """An `Input` for something else that understands a pasted request or a dropped file, too."""

    def on_paste(self, event: events.Paste) -> None:
        """Tell of a request or of a path; a link or an id alone and anything else is text."""
        paste, reference = any_request(event.text), read_reference(event.text)
        if paste is not None:
            told: RequestPasted | RequestReferred = RequestPasted(paste)
        elif isinstance(reference, FileReference):
            told = RequestReferred(reference)
        else:
            return
        event.prevent_default()
        event.stop()
        self.post_message(told)
