"""The engine's own state, told when it changes: the link, the balance, the pace, the troubles."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from runcomfy_tui.api.client import Client
from runcomfy_tui.api.errors import ApiError, NotAuthorised, Unreachable
from runcomfy_tui.engine.changes import Facts, Link, Mailbox

log = logging.getLogger(__name__)

BALANCE_DELAY = 2.0
"""Seconds that a wish for the balance waits: ten jobs that end together ask once."""

BALANCE_INTERVAL = 300.0

OFFLINE_INTERVAL = 15.0
"""Seconds between looks for a server that does not answer, for when no job is polled."""


class Reporter:
    """Holds the `Facts` and posts them when one of them changes."""

    def __init__(self, mailbox: Mailbox, client: Client) -> None:
        self._mailbox = mailbox
        self._client = client
        self._facts = Facts()
        self._wants_balance = asyncio.Event()
        self.came_online: Callable[[], object] = lambda: None
        """Called when the server answers again after an outage, whoever has noticed."""
        self._unsaved: str | None = None
        self._broken: str | None = None
        self._hook: str | None = None
        self._release: str | None = None
        self._saving: str | None = None
        self._problems: tuple[str, ...] = ()

    def link(self, link: Link, words: str = "") -> None:
        """How things stand with the server; the beginning of a state is kept while it lasts."""
        if link is Link.ONLINE:
            words = ""
        before = self._facts.link
        since = self._facts.since if link is before else time.time()
        if link is Link.ONLINE and before in (Link.STARTING, Link.OFFLINE):
            self.wants_balance()
        self._tell(link=link, since=since, words=words)
        if link is Link.ONLINE and before is Link.OFFLINE:
            self.came_online()

    @property
    def is_offline(self) -> bool:
        """Whether the server was out of reach when it was last asked anything."""
        return self._facts.link is Link.OFFLINE

    def pace(self, polls_per_second: float) -> None:
        """The polls per second, to one figure: it is read at a glance and should rarely move."""
        self._tell(pace=_one_figure(polls_per_second))

    def watching(self, is_watching: bool, watcher: str) -> None:
        """Whether this process polls, or who does."""
        self._tell(is_watching=is_watching, watcher="" if is_watching else watcher)

    def overdue(self, confirmed_at: Mapping[str, float | None]) -> None:
        """The jobs whose status is old, by id, with the time at which it was true, if ever."""
        self._tell(overdue=dict(confirmed_at))

    def loaded(self, problems: Sequence[str]) -> None:
        """The whole history is there; `problems` are the ledger's sentences about its files."""
        self._problems = tuple(problems)
        self._tell(is_loaded=True, troubles=self._troubles())

    def problems(self, problems: Sequence[str]) -> None:
        """The ledger's sentences about its files, as they are by now."""
        if self._facts.is_loaded and self._problems != (told := tuple(problems)):
            self._problems = told
            self._tell(troubles=self._troubles())

    def unsaved(self, trouble: str | None) -> None:
        """The disk refuses, or does so no longer."""
        self._unsaved = trouble
        self._tell(troubles=self._troubles())

    def hook(self, trouble: str | None) -> None:
        """The user's hook does not run as it should, or does so again."""
        self._hook = trouble
        self._tell(troubles=self._troubles())

    def saving(self, trouble: str | None) -> None:
        """Files could not be saved by themselves, or can be again."""
        if trouble != self._saving:
            self._saving = trouble
            self._tell(troubles=self._troubles())

    def release(self, trouble: str | None) -> None:
        """What is planned cannot be sent for now, or can be again."""
        if trouble != self._release:
            self._release = trouble
            self._tell(troubles=self._troubles())

    def broken(self, error: BaseException) -> None:
        """A part of the engine ended on an error that nobody expected."""
        self._broken = f"A part of the engine stopped ({type(error).__name__}). Please restart."
        self._tell(troubles=self._troubles())

    def wants_balance(self) -> None:
        """Money has moved, or may have."""
        self._wants_balance.set()

    def look_again(self) -> None:
        """See whether the server answers now, if it did not lately."""
        if self.is_offline:
            self._wants_balance.set()

    async def check_account(self, client: Client) -> None:
        """The harmless calls that show whether a token is accepted. Raises what they raise."""
        page = await client.models(limit=1)
        log.info("the catalog holds %s models", page.total)
        await self._ask_for_balance(client)

    async def run(self) -> None:
        """See how things stand; then keep the balance fresh, and notice when the net is back."""
        while True:
            if not self._client.has_token:
                await self._wants_balance.wait()
            elif self._facts.link in (Link.STARTING, Link.OFFLINE):
                await self._look_for_the_server()
            await self._pause()
            if self._facts.link is Link.ONLINE and self._client.has_token:
                with suppress(ApiError):
                    await self._ask_for_balance(self._client)

    async def _look_for_the_server(self) -> None:
        try:
            await self.check_account(self._client)
        except NotAuthorised as error:
            self.link(Link.REFUSED, error.message)
        except Unreachable as error:
            self.link(Link.OFFLINE, error.message)
        except ApiError as error:
            # It answers; what it says of its catalog matters to nobody here.
            log.info("no catalog: %s", error)
            self.link(Link.ONLINE)
        else:
            self.link(Link.ONLINE)
            self._wants_balance.clear()

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(OFFLINE_INTERVAL if self.is_offline else BALANCE_INTERVAL):
                await self._wants_balance.wait()
        await asyncio.sleep(BALANCE_DELAY)
        self._wants_balance.clear()

    async def _ask_for_balance(self, client: Client) -> None:
        try:
            self._tell(balance=await client.balance())
        except NotAuthorised:
            raise
        except ApiError as error:
            log.info("no balance: %s", error)

    def _troubles(self) -> tuple[str, ...]:
        return tuple(
            words
            for words in (
                self._unsaved,
                self._broken,
                self._release,
                *self._problems,
                self._hook,
                self._saving,
            )
            if words is not None
        )

    def _tell(self, **changes: Any) -> None:
        if any(getattr(self._facts, name) != value for name, value in changes.items()):
            self._facts = replace(self._facts, **changes)
            self._mailbox.post(facts=self._facts)


def _one_figure(value: float) -> float:
    if value <= 0:
        return 0.0
    return round(value, -math.floor(math.log10(value)))
