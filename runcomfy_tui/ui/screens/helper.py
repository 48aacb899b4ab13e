"""A part of a screen that has no place on it: it asks the user, then the engine, and tells."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from textual.screen import ModalScreen, Screen

from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.text import visible
from runcomfy_tui.ui.screens.confirm import ConfirmScreen

T = TypeVar("T")

Act = Coroutine[Any, Any, None]


class ScreenHelper:
    """Opens questions on `screen` and acts on the answers.

    `failed` is called with what the engine could not do.
    """

    def __init__(self, screen: Screen[Any], *, failed: Callable[[EngineError], None]) -> None:
        self._screen = screen
        self._failed = failed

    def _ask(self, question: ModalScreen[T], act: Callable[[T], Act]) -> None:
        """Do something with the answer, if there is one."""

        def answered(answer: T | None) -> None:
            if answer is not None:
                self._run(act(answer))

        self._screen.app.push_screen(question, answered)

    def _confirm(self, question: ConfirmScreen, act: Callable[[], Act]) -> None:
        """Do something after a yes."""

        def answered(yes: bool | None) -> None:
            if yes:
                self._run(act())

        self._screen.app.push_screen(question, answered)

    def _run(self, act: Act) -> None:
        """Do it beside everything else. It is of the app: a screen that closes cuts it not off."""

        async def run() -> None:
            try:
                await act
            except EngineError as error:
                self._failed(error)

        self._screen.app.run_worker(run())

    def _warn(self, words: str) -> None:
        self._screen.notify(visible(words), severity="warning", markup=False)
