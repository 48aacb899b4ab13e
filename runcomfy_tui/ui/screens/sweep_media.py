"""The files that many requests name, each looked at once before any of them costs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.jobs import FieldProblem
from runcomfy_tui.schema.fields import Field, Form
from runcomfy_tui.schema.local_files import is_local_file
from runcomfy_tui.schema.media_entries import media_entries
from runcomfy_tui.schema.sightings import Sight, Sighting, remarks_on
from runcomfy_tui.schema.values import initial_values, inputs_of
from runcomfy_tui.settings import Settings
from runcomfy_tui.text import clip, visible
from runcomfy_tui.ui.screens.form_checks import is_this_machine
from runcomfy_tui.ui.screens.sweep_checks import Complaint
from runcomfy_tui.ui.widgets.sweep_draft import Request

if TYPE_CHECKING:
    from runcomfy_tui.engine.engine import Engine

PATIENCE: Final = 5.0
"""Seconds for all looks together; what is not known then is not checked."""

MOST: Final = 50
"""Files that are looked at: hosts are not to be stormed for a guess."""

_SHOWN: Final = 3
_UNSEEN: Final = Sighting(Sight.UNSEEN, words="there was no answer in time")


@dataclass(frozen=True, slots=True)
class Looked:
    """What the files show: `complaints` of those that cannot be sent, `remarks` for the rest."""

    complaints: Sequence[Complaint] = ()
    remarks: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Named:
    """A file, and the first request that names it."""

    origin: str
    path: tuple[str | int, ...]
    field: Field
    address: str


class SweepFiles:
    """Looks by way of the engine, as a single form's submit does."""

    def __init__(self, engine: EngineThread, settings: Settings) -> None:
        self._engine = engine
        # Where nobody will fetch what a URL names, what is found there says nothing.
        self._asks_hosts = settings.look_at_urls and not is_this_machine(settings)

    async def look(self, form: Form, requests: Sequence[Request]) -> Looked:
        """Look at what somebody put there: a schema's own samples are left alone."""
        named = self._named(form, requests)
        some = named[:MOST]
        seen = await self._see({each.address for each in some})
        complaints, wrong = [], []
        for each in some:
            sighting = seen[each.address]
            for remark in remarks_on(each.field, sighting):
                if (
                    remark.severity == "error"
                    and sighting.is_local
                    and sighting.sight is Sight.WRONG
                ):
                    problem = FieldProblem(each.path, remark.text)
                    complaints.append(Complaint(each.origin, problem))
                elif remark.severity == "error":
                    wrong.append(f"{clip(visible(each.address), 60)}: {visible(remark.text)}")
        remarks = [f"Looks wrong: {words}" for words in wrong[:_SHOWN]]
        if len(wrong) > _SHOWN:
            remarks.append(f"And {len(wrong) - _SHOWN} more files look wrong.")
        if len(named) > MOST:
            remarks.append(f"{len(named) - MOST} of {len(named)} files were not looked at.")
        return Looked(complaints, remarks)

    def _named(self, form: Form, requests: Sequence[Request]) -> list[_Named]:
        untouched = inputs_of(form, initial_values(form))
        samples = {each.address for each in media_entries(form, untouched)}
        found: dict[tuple[str, str], _Named] = {}
        for request in requests:
            for each in media_entries(form, request.inputs):
                embedded = each.address[:5].lower() == "data:" or is_local_file(each.address)
                if each.address not in samples and (embedded or self._asks_hosts):
                    key = each.field.name, each.address
                    found.setdefault(
                        key, _Named(request.origin, each.path, each.field, each.address)
                    )
        return list(found.values())

    async def _see(self, addresses: set[str]) -> dict[str, Sighting]:
        looks = {address: asyncio.create_task(self._ask(address)) for address in addresses}
        if looks:
            await asyncio.wait(looks.values(), timeout=PATIENCE)
        late = {address for address, look in looks.items() if not look.done()}
        for address in late:
            looks[address].cancel()
            self._engine.tell(partial(_stop, address))
        seen = {address: look.result() for address, look in looks.items() if address not in late}
        return seen | dict.fromkeys(late, _UNSEEN)

    async def _ask(self, address: str) -> Sighting:
        try:
            return await self._engine.ask(lambda engine: engine.preflight.look(address))
        except EngineError as error:
            return Sighting(Sight.UNSEEN, words=str(error))


def _stop(address: str, engine: Engine) -> None:
    engine.preflight.stop(address)
