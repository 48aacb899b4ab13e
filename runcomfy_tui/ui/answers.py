"""A terminal's answers about pictures, taken out of what is typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from textual._xterm_parser import XTermParser
from textual.message import Message

_LONGEST: Final = 1024


class ListeningParser(XTermParser):
    """Textual's parser of the keyboard, which would take these answers for keys.

    They are listened for from the moment on that somebody asks: they may come late, in pieces, and
    between two keys.
    """

    def __init__(self, on_answers: Callable[[str], object], debug: bool = False) -> None:
        super().__init__(debug)
        self._on_answers = on_answers
        self._is_asked = False
        self._answers = ""
        self._begun = ""

    def listen(self) -> None:
        """The terminal is being asked; `on_answers` gets all it answers, in this thread."""
        self._is_asked = True

    def feed(self, data: str) -> Iterable[Message]:
        """What was typed, and of what the terminal said, all that is no answer."""
        typed = self._without_answers(data) if self._is_asked and data else data
        return super().feed(typed) if typed or not data else ()

    def _without_answers(self, data: str) -> str:
        # Hardly any start of the program asks.
        from runcomfy_tui.terminal_query import ANSWERS, BEGUN_ANSWER, is_last

        data, self._begun = self._begun + data, ""
        for answer in ANSWERS.finditer(data):
            self._answers += answer[0]
        data = ANSWERS.sub("", data)
        begun = BEGUN_ANSWER.search(data)
        if is_last(self._answers):
            answers, self._answers, self._is_asked = self._answers, "", False
            self._on_answers(answers)
        elif begun is not None and len(begun[0]) < _LONGEST:
            self._begun = begun[0]
            return data[: begun.start()]
        return data
