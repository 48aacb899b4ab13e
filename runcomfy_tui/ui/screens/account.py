"""The token of the window: entered anew when the user wants to, or when RunComfy refuses it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.settings import Settings
from runcomfy_tui.text import visible

if TYPE_CHECKING:
    from runcomfy_tui.ui.screens.first_run import TokenAnswer


class Account:
    """Helper of MainScreen: asks for a token on `screen`, and tells what the engine could not do.

    `leave_for_sandbox` is called when the user wants that instead of a token.
    """

    def __init__(
        self,
        screen: Screen[Any],
        engine: EngineThread,
        settings: Settings,
        *,
        leave_for_sandbox: Callable[[], None],
    ) -> None:
        self._screen = screen
        self._engine = engine
        self._settings = settings
        self._leave_for_sandbox = leave_for_sandbox

    def change_token(self) -> None:
        """Enter another token."""
        if self._settings.is_sandbox:
            self._screen.notify("The sandbox needs no token.", severity="warning", markup=False)
        else:
            self.ask_for_token(
                "You find your token in your profile on runcomfy.com. "
                "The one you enter is used from now on."
            )

    def ask_for_token(self, reason: str) -> None:
        """Ask for the token; `reason` says why, or nothing at the very first start."""
        from runcomfy_tui.ui.screens.first_run import TokenScreen

        self._screen.app.push_screen(TokenScreen(self._engine, reason=reason), self._answered)

    def _answered(self, answer: TokenAnswer | None) -> None:
        if answer is not None and answer.wants_sandbox:
            self._leave_for_sandbox()

    def failed(self, error: EngineError) -> None:
        """Tell what the engine could not do; ask for a token when that is what it lacks."""
        if error.is_authorisation and not self._settings.is_sandbox:
            self.ask_for_token(f"{error}\nEnter a token that RunComfy accepts:")
        else:
            self._screen.notify(visible(str(error)), severity="error", markup=False)
