"""The window: starts the engine after its first paint, and shows what the engine says."""

from __future__ import annotations

import asyncio
import gc
import logging
import re
import time
from contextlib import suppress
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on
from textual.binding import Binding
from textual.message import Message
from textual.notifications import SeverityLevel

from runcomfy_tui import paths
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.settings import Settings
from runcomfy_tui.text import visible
from runcomfy_tui.ui.commands import BindingCommands, QuietPalette
from runcomfy_tui.ui.key_names import key_names
from runcomfy_tui.ui.screens.main import MainScreen
from runcomfy_tui.ui.screens.quiet import QUIT
from runcomfy_tui.ui.terminal_app import TerminalApp

if TYPE_CHECKING:
    from runcomfy_tui.ui.notices import Notices

log = logging.getLogger(__name__)

SANDBOX_WANTED = "sandbox"
"""What `run` returns when the user left for the sandbox."""

SOFTWARE_ERROR = 70
"""The exit code for a bug of this program (sysexits)."""

GATHERING_SECONDS = 0.03
"""How long news wait for what follows from them, such as the pace: one paint is fewer bytes."""

SECONDS_BETWEEN_NOTICES = 3.0
"""Jobs that end together are told together."""

LONGEST_STEP_ASIDE = 1.0
"""Seconds for which the way to the shell waits for the engine."""

SECONDS_FOR_SETTINGS = 20.0
"""How long it stands there what is wrong with the settings."""

FIRST_STYLES: list[str | PurePath] = [
    paths.styles() / f"{name}.tcss"
    for name in ("app", "main", "job_table", "key_bar", "status_line")
]
"""The style sheets of the first paint; all others are read right after it."""


MOST_AT_ONCE = 1_000
"""Jobs shown in one go; more of them would hold up a key for longer than one notices."""


class RunComfyApp(TerminalApp[str]):
    """The dashboard."""

    TITLE = "runcomfy"
    CSS_PATH = FIRST_STYLES
    COMMANDS = {BindingCommands}

    BINDINGS = [
        Binding("question_mark", "help", "help", id="app.help", tooltip="Keys and status words"),
        QUIT,
    ]

    class News(Message):
        """The engine's mailbox is no longer empty."""

    def __init__(self, engine: EngineThread, settings: Settings, *, has_token: bool) -> None:
        super().__init__(settings)
        # Nothing moves of itself: each frame of an animation would be sent over the line.
        self.animation_level = "none"
        self._engine = engine
        self._settings = settings
        self._has_token = has_token
        self._main = MainScreen(
            engine,
            settings,
            key_names(settings.keys, self.get_key_display),
            leave_for_sandbox=lambda: self.exit(SANDBOX_WANTED),
        )
        self._painted_at = 0.0
        self._takes_news = False
        self._noticed_at = float("-inf")
        self._gives_notice = False
        self.set_keymap(dict(settings.keys))

    def get_default_screen(self) -> MainScreen:
        """The dashboard is the first thing painted."""
        return self._main

    def on_mount(self) -> None:
        self.call_after_refresh(self._start)
        self.mind_terminal()
        self.app_resume_signal.subscribe(
            self, lambda _: self._engine.do(lambda engine: engine.step_back())
        )

    def action_command_palette(self) -> None:
        """Offer every key by its name."""
        if not isinstance(self.screen, QuietPalette):
            self.push_screen(QuietPalette())

    async def action_go_to_shell(self) -> None:
        """Stop until the shell says `fg`; what stands still must not keep others from polling."""
        if self._driver is None or not self._driver.can_suspend:
            return
        with suppress(EngineError, TimeoutError):
            async with asyncio.timeout(LONGEST_STEP_ASIDE):
                await self._engine.ask(lambda engine: engine.step_aside())
        await super().action_go_to_shell()

    def _handle_exception(self, error: Exception) -> None:
        """A bug: the traceback goes to the log, a sentence to the terminal, the jobs go on."""
        log.critical("the window broke", exc_info=error)
        self._return_code = SOFTWARE_ERROR
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self.panic(
            Text(
                "runcomfy-tui ran into an error of its own and stopped. Your jobs go on at "
                f"RunComfy and are safe in the ledger.\nDetails: {paths.log_file()}"
            )
        )

    def on_unmount(self) -> None:
        self._main.forms.save_if_changed()

    async def _start(self) -> None:
        self._engine.start(lambda: self.post_message(self.News()))
        self.stylesheet.read_all(sorted(set(paths.styles().glob("*.tcss")) - set(FIRST_STYLES)))
        self.stylesheet.parse()
        await self._main.complete()
        self._main.status.meter.measure(lambda: self.bytes_written)
        self.run_worker(self._begin())
        if self._settings.keys:
            self.call_later(self._check_keys)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Tell something; what stands on the screen already is told anew, but not twice."""
        for told in [each for each in self._notifications if each.message == message]:
            self._unnotify(told, refresh=False)
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=markup)

    def _check_keys(self) -> None:
        from runcomfy_tui.ui.keymap import complaints

        for complaint in complaints(self._settings.keys):
            log.warning("[keys]: %s", complaint)
            self.notify(
                complaint,
                title="[keys] in settings.toml",
                severity="warning",
                timeout=SECONDS_FOR_SETTINGS,
                markup=False,
            )

    async def _begin(self) -> None:
        if not self._has_token:
            self._main.account.ask_for_token("")
        await self._main.show_first_form()
        try:
            await self._engine.ready()
        except EngineError as error:
            log.error("no engine: %s", error)
            _enable_gc()
            self.notify(visible(str(error)), severity="error", timeout=3600, markup=False)

    @on(News)
    def news_came(self) -> None:
        """Show it now, or soon if something was shown just now."""
        if self._takes_news:
            return
        self._takes_news = True
        wait = self._painted_at + 1 / self._settings.paints_per_second - time.monotonic()
        self.set_timer(max(wait, GATHERING_SECONDS), self._take_news)

    def _take_news(self) -> None:
        if not self.is_running:
            return  # the window is being taken down
        self._painted_at = time.monotonic()
        self._takes_news = self._take_part()
        if self._takes_news:
            self.run_worker(self._take_the_rest())

    async def _take_the_rest(self) -> None:
        """A whole history arrives: keys are heard between its parts."""
        while self._takes_news:
            await asyncio.sleep(0)
            self._takes_news = self._take_part()

    def _take_part(self) -> bool:
        """Show what has changed, or the first part of it; whether there is more."""
        changes = self._engine.take(MOST_AT_ONCE)
        for screen in self.screen_stack:
            if hasattr(screen, "apply"):
                screen.apply(changes)
        if self._main.is_loaded and not changes.has_more:
            _enable_gc()
        if self._notices.hear(changes.jobs) and not self._gives_notice:
            self._gives_notice = True
            wait = self._noticed_at + SECONDS_BETWEEN_NOTICES - time.monotonic()
            self.set_timer(max(wait, 0.01), self._give_notice)
        return changes.has_more

    @cached_property
    def _notices(self) -> Notices:
        from runcomfy_tui.ui.notices import Notices

        return Notices(bell=self._settings.bell, notify=self._settings.notify)

    def _give_notice(self) -> None:
        self._gives_notice = False
        self._noticed_at = time.monotonic()
        self.write_raw(self._notices.take())

    def get_key_display(self, binding: Binding) -> str:
        """As Textual writes it, but `F5` as it stands on the key."""
        display = super().get_key_display(binding)
        return _FUNCTION_KEY.sub(lambda key: key[0].upper(), display)

    def action_help(self) -> None:
        """Show every key that works here."""
        from runcomfy_tui.ui.screens.help import HelpScreen, Key

        displays: dict[str, list[str]] = {}
        bindings: dict[str, Binding] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.description and active.enabled:
                name = binding.id or binding.action
                bindings.setdefault(name, binding)
                displays.setdefault(name, []).append(self.get_key_display(binding))
        # Textual's own bindings, such as tab, have no tooltip.
        keys = [
            Key(
                " ".join(displays[name]),
                binding.description if binding.tooltip else binding.description.lower(),
                binding.tooltip,
                is_own=bool(binding.tooltip),
            )
            for name, binding in bindings.items()
        ]
        self.push_screen(HelpScreen(keys))


_FUNCTION_KEY = re.compile(r"\bf\d{1,2}$")


def _enable_gc() -> None:
    """Look for garbage from now on, but never among what is there: it stays, and it is much."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
