"""The files a form names: looked at when their field is left and before the submit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from textual.screen import Screen
from textual.worker import Worker

from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.jobs import JsonObject
from runcomfy_tui.schema.fields import Form
from runcomfy_tui.schema.local_files import is_local_file
from runcomfy_tui.schema.media_entries import JsonPath, MediaEntry, media_entries
from runcomfy_tui.schema.sightings import REFUSABLE, Remark, Sight, Sighting, remarks_on
from runcomfy_tui.schema.urls import url_problem
from runcomfy_tui.schema.values import initial_values, inputs_of
from runcomfy_tui.text import visible
from runcomfy_tui.ui.screens.confirm import ConfirmScreen
from runcomfy_tui.ui.widgets.composer import Composer
from runcomfy_tui.ui.words import duration, size
from runcomfy_tui.words import count_of

PATIENCE: Final = 3.0
"""Seconds that a submit waits for files to be looked at; what is not known then is not checked."""

_AT_ONCE: Final = 0.1
"""Seconds within which a look is no wait worth speaking of."""


@dataclass(frozen=True, slots=True)
class Clearance:
    """A submit may go on; `files` are where files of this machine stand that go along with it."""

    files: tuple[JsonPath, ...] = ()


class FileChecks:
    """Tells beside each field what its file is, and asks before one is sent that looks wrong.

    `advised` is called when `advice` has changed. With `fetches` False nobody will fetch what a
    URL names, so what is found there is shown but holds nobody up; with `asks_hosts` False no host
    is asked at all. Whatever a schema brings along as its own sample is left alone: only what
    somebody put into the form is looked at.
    """

    def __init__(
        self,
        screen: Screen[Any],
        composer: Composer,
        engine: EngineThread,
        submit_key: str,
        *,
        fetches: bool,
        asks_hosts: bool,
        advised: Callable[[], None],
    ) -> None:
        self.advice = ""
        """What to know before the submit; empty when there is nothing."""
        self._screen = screen
        self._composer = composer
        self._engine = engine
        self._submit_key = submit_key
        self._fetches = fetches
        self._asks_hosts = asks_hosts
        self._advised = advised
        self._looks: dict[str, Worker[None]] = {}
        self._hurry = asyncio.Event()
        self._is_waiting = False
        self._warned_of: frozenset[tuple[JsonPath, str]] = frozenset()
        self._agreed: set[str] = set()

    def look(self, form: Form) -> None:
        """Look at every file that the form names, beside everything else."""
        for address in {each.address for each in self._named(form, self._composer.inputs)}:
            if address not in self._looks:
                self._looks[address] = self._screen.run_worker(self._look(form, address))

    def form_changed(self, form: Form, inputs: JsonObject) -> None:
        """Look no longer for what the form names no longer, and forget warnings of it."""
        if self._looks:
            named = {each.address for each in self._named(form, inputs)}
            for address in self._looks.keys() - named:
                self._stop(address)
        if self._warned_of:
            there = {(each.path, each.address) for each in media_entries(form, inputs)}
            if not self._warned_of <= there:
                self._warned_of = frozenset()
                self._advise("")

    def hurry(self) -> bool:
        """Let a submit that waits for looks wait no longer; False when none does."""
        if self._is_waiting:
            self._hurry.set()
        return self._is_waiting

    async def clear(self, form: Form, inputs: JsonObject) -> Clearance | None:
        """Whether `inputs` may be submitted as far as their files go; None when not, or not yet.

        What looks wrong is said once; the next try goes through. A file of this machine goes
        along only when the user agrees, and one that cannot be read not at all.
        """
        named = self._named(form, inputs)
        decisive = [each for each in named if self._fetches or _is_embedded(each.address)]
        if len(decisive) < len(named):
            self.look(form)
        sightings = await self._see({each.address for each in decisive})
        self._note(form, sightings)
        found = [
            (each, remark)
            for each in decisive
            for remark in remarks_on(each.field, sightings[each.address])
            if remark.severity == "error"
        ]
        lost = [(each, remark) for each, remark in found if is_lost(sightings[each.address])]
        if lost:
            self._hold(lost, "")
            return None
        wrong = frozenset((each.path, each.address) for each, _ in found)
        if not wrong <= self._warned_of:
            self._warned_of = wrong
            self._hold(found, f"{self._submit_key} again submits anyway")
            return None
        files = [each for each in decisive if is_local_file(each.address)]
        if not await self._agrees(files, sightings):
            return None
        self._advise("")
        return Clearance(tuple(each.path for each in files))

    # -- looking ------------------------------------------------------------------------------

    def _named(self, form: Form, inputs: JsonObject) -> tuple[MediaEntry, ...]:
        """The addresses in `inputs` that somebody put there and that can be looked at."""
        untouched = inputs_of(form, initial_values(form))
        samples = {each.address for each in media_entries(form, untouched)}
        return tuple(
            each
            for each in media_entries(form, inputs)
            if each.address not in samples
            and url_problem(each.address) is None
            and (self._asks_hosts or _is_embedded(each.address))
        )

    async def _look(self, form: Form, address: str) -> None:
        try:
            self._note(form, {address: await self._ask(address)})
        finally:
            self._looks.pop(address, None)

    async def _ask(self, address: str) -> Sighting:
        try:
            return await self._engine.ask(lambda engine: engine.preflight.look(address))
        except EngineError as error:
            return Sighting(Sight.UNSEEN, words=str(error))

    def _stop(self, address: str) -> None:
        self._looks.pop(address).cancel()
        self._engine.tell(lambda engine: engine.preflight.stop(address))

    async def _see(self, addresses: Iterable[str]) -> dict[str, Sighting]:
        """What is seen of each, as far as it is known in time."""
        looks = {address: asyncio.create_task(self._ask(address)) for address in addresses}
        if looks:
            await asyncio.wait(looks.values(), timeout=_AT_ONCE)
        pending = [look for look in looks.values() if not look.done()]
        if pending:
            await self._wait_for(pending)
        late = Sighting(Sight.UNSEEN, words="there was no answer in time")
        return {address: look.result() if look.done() else late for address, look in looks.items()}

    async def _wait_for(self, looks: list[asyncio.Task[Sighting]]) -> None:
        self._hurry.clear()
        self._is_waiting = True
        hurried = asyncio.create_task(self._hurry.wait())
        everything = asyncio.create_task(asyncio.wait(looks))
        looked_at = count_of(len(looks), "file")
        self._advise(f"looking at {looked_at} · {self._submit_key} submits at once")
        try:
            await asyncio.wait(
                (everything, hurried), timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            self._is_waiting = False
            for task in (hurried, everything, *looks):
                task.cancel()  # the engine looks on, and remembers
            self._advise("")

    # -- telling and asking -------------------------------------------------------------------

    def _note(self, form: Form, sightings: Mapping[str, Sighting]) -> None:
        """Put what was seen beside the fields, if they are still there."""
        for each in media_entries(form, self._composer.inputs):
            if (seen := sightings.get(each.address)) is not None:
                remarks = remarks_on(each.field, seen)
                severity = remarks[0].severity if remarks else "ok"
                self._composer.note(each.path, file_words(seen, remarks), severity)

    def _hold(self, found: list[tuple[MediaEntry, Remark]], advice: str) -> None:
        """Say what keeps the form from being submitted, and go there."""
        entry, remark = found[0]
        self._advise(advice)
        self._screen.add_class("-composing")
        self._composer.reveal(entry.path)
        words = f"{entry.field.title}: {remark.text.rstrip('.')}. {advice}".rstrip()
        self._screen.notify(visible(words), severity="warning", markup=False)

    def _advise(self, words: str) -> None:
        self.advice = words
        self._advised()

    async def _agrees(self, files: list[MediaEntry], sightings: Mapping[str, Sighting]) -> bool:
        """Ask, once for each file and as long as the program runs, whether it may be sent."""
        asked = [each for each in files if each.address not in self._agreed]
        if not asked:
            return True
        lines = [
            " · ".join(filter(None, (each.address, fact_words(sightings[each.address]))))
            for each in {each.address: each for each in asked}.values()
        ]
        question = ConfirmScreen(
            f"Send {count_of(len(lines), 'file')} of this machine to RunComfy?",
            "\n".join(lines) + f"\n\nThe bytes are {REFUSABLE}; a refusal costs nothing. "
            "The ledger keeps the path and a hash, never the bytes.",
            yes="send and submit",
            no="submit nothing",
        )
        if not await self._screen.app.push_screen_wait(question):
            return False
        self._agreed.update(each.address for each in asked)
        return True


def is_lost(seen: Sighting) -> bool:
    """Whether there is nothing that could be sent, so that no second try may go through."""
    return seen.is_local and seen.sight is Sight.WRONG


def file_words(seen: Sighting, remarks: Iterable[Remark]) -> str:
    """`1280×720 · 2.1 MB · ok`, or what is wrong with it instead of `ok`."""
    said = [remark.text.rstrip(".") for remark in remarks] or ["ok"]
    return " · ".join(filter(None, (fact_words(seen), *said)))


def fact_words(seen: Sighting) -> str:
    """`1280×720 · 2.1 MB`, as far as it is known."""
    facts = seen.facts
    told = (
        f"{facts.width}×{facts.height}" if facts.width and facts.height else seen.format,
        "" if seen.seconds is None else _length(seen.seconds),
        "" if facts.size_bytes is None else size(facts.size_bytes),
    )
    return " · ".join(filter(None, told))


def _length(seconds: float) -> str:
    return f"{seconds:.1f}s" if seconds < 10 else duration(seconds)


def _is_embedded(address: str) -> bool:
    return address[:5].lower() == "data:" or is_local_file(address)
