"""The token: asked for when there is none, and when RunComfy refuses the one there is."""

from __future__ import annotations

import logging
from enum import Enum, auto

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from runcomfy_tui import logs
from runcomfy_tui.credentials import BadToken, clean_token, save_token, token_variable
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.text import visible
from runcomfy_tui.ui.screens.quiet import QuietModal

log = logging.getLogger(__name__)

WELCOME = (
    "RunComfy wants an API token. You find yours in your profile on runcomfy.com.\n"
    "It is checked with a harmless call, saved for you alone to read, and sent to RunComfy only."
)


class TokenAnswer(Enum):
    """How the question for a token ended."""

    SIGNED_IN = auto()
    SANDBOX = auto()
    LATER = auto()

    @property
    def wants_sandbox(self) -> bool:
        """Whether the user would rather look around in the sandbox."""
        return self is TokenAnswer.SANDBOX


class TokenScreen(QuietModal[TokenAnswer]):
    """Asks for a token, checks it, saves it; offers the sandbox to those who only want to look."""

    BINDINGS = [
        Binding("f6", "sandbox", "try the sandbox", id="token.sandbox", tooltip="No token needed"),
        Binding("escape", "later", "later", id="token.later", tooltip="Look around without one"),
    ]

    def __init__(self, engine: EngineThread, *, reason: str = "") -> None:
        super().__init__()
        self._engine = engine
        self._reason = reason
        self._input = Input(password=True, placeholder="paste the token here", compact=True)
        self._input.cursor_blink = False
        self._said = Static(classes="dialog-error")
        self._unchecked: str | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            title = "RunComfy token" if self._reason else "Welcome to runcomfy-tui"
            yield Static(Content(title), classes="dialog-title")
            yield Static(Content(visible(self._reason or WELCOME, keep_newlines=True)))
            yield self._input
            yield self._said
            yield Static(
                Content("enter checks and saves it · F6 tries the sandbox · escape: later"),
                classes="dialog-hint",
            )

    def on_mount(self) -> None:
        self._input.focus()

    @on(Input.Submitted)
    def take(self, event: Input.Submitted) -> None:
        """Check what was typed and sign in with it."""
        try:
            token = clean_token(event.value)
        except BadToken as error:
            self._say(str(error))
            return
        if token == self._unchecked:
            self._keep(token)
        else:
            self._say("Checking …")
            self._check(token)

    @on(Input.Changed)
    def start_over(self, event: Input.Changed) -> None:
        """Another token: what was said of the last one no longer holds."""
        self._unchecked = None
        self._say("")

    def action_sandbox(self) -> None:
        """Leave for the sandbox."""
        self.dismiss(TokenAnswer.SANDBOX)

    def action_later(self) -> None:
        """Leave without a token."""
        self.dismiss(TokenAnswer.LATER)

    @work(exclusive=True)
    async def _check(self, token: str) -> None:
        logs.hide(token)
        try:
            is_checked = await self._engine.ask(lambda engine: engine.sign_in(token))
        except EngineError as error:
            self._say(f"{error} Nothing was saved.")
            return
        if is_checked:
            self._keep(token)
        else:
            self._unchecked = token
            self._say(
                "RunComfy could not be reached, so the token could not be checked.\n"
                "Press enter again to save it unchecked."
            )

    def _keep(self, token: str) -> None:
        try:
            file = save_token(token)
        except OSError as error:
            log.warning("token not saved: %s", error)
            self.app.notify(
                f"The token is used now but could not be saved: {visible(str(error))}",
                severity="warning",
                markup=False,
            )
        else:
            told = f"Token saved in {visible(str(file))}"
            if (variable := token_variable()) is not None:
                told += f"\nAs long as ${variable} is set, the next start uses that one instead."
            self.app.notify(told, markup=False)
        self.dismiss(TokenAnswer.SIGNED_IN)

    def _say(self, words: str) -> None:
        self._said.update(Content(visible(words, keep_newlines=True)))
