"""Looks at the files a form names, before they cost anything; remembered for a few minutes."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final
from urllib.parse import unquote_to_bytes

from runcomfy_tui.api.media_headers import read_header
from runcomfy_tui.api.probe import MOST_BYTES, MediaProbe, facts_of, kind_of_type
from runcomfy_tui.engine.local_files import look_at_file
from runcomfy_tui.schema.local_files import is_local_file
from runcomfy_tui.schema.sightings import Sight, Sighting

REMEMBERED_SECONDS: Final = 300.0
"""How long a file that was seen is taken to be as it was."""

FORGIVEN_SECONDS: Final = 15.0
"""How long one that was not: the user may be putting it there this very minute."""

_MOST_REMEMBERED: Final = 256
_DATA_URI: Final = re.compile(r"data:([^,;]*)([^,]*),", re.IGNORECASE)
_GIVEN_UP: Final = Sighting(Sight.UNSEEN, words="the look at it was stopped")


class Preflight:
    """Looks at each address once, however many ask; belongs to the engine's loop."""

    def __init__(self, probe: MediaProbe, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._probe = probe
        self._clock = clock
        self._remembered: OrderedDict[str, tuple[float, Sighting]] = OrderedDict()
        self._under_way: dict[str, asyncio.Task[Sighting]] = {}

    async def look(self, address: str) -> Sighting:
        """What is seen of the file at a URL, at a path of this machine, or inside a data URI."""
        if address[:5].lower() == "data:":
            return look_at_data(address)
        if is_local_file(address):
            # Never remembered: the disk is quick, and a file may change while it is worked on.
            return await asyncio.to_thread(look_at_file, address)
        until, sighting = self._remembered.get(address, (0.0, _GIVEN_UP))
        if self._clock() < until:
            return sighting
        return await self._shared(address)

    def stop(self, address: str) -> None:
        """Nobody wants to know any more: a look under way ends, its askers hear that it did."""
        task = self._under_way.pop(address, None)
        if task is not None:
            task.cancel()

    async def aclose(self) -> None:
        """End every look."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._probe.aclose()

    async def _shared(self, address: str) -> Sighting:
        task = self._under_way.get(address)
        if task is None:
            task = asyncio.create_task(self._look(address))
            self._under_way[address] = task
            task.add_done_callback(lambda done: self._forget(address, done))
        # Not the task itself: an asker that is cancelled must not take it from the others.
        await asyncio.wait((task,))
        return _GIVEN_UP if task.cancelled() else task.result()

    def _forget(self, address: str, done: asyncio.Task[Sighting]) -> None:
        if self._under_way.get(address) is done:
            del self._under_way[address]

    async def _look(self, address: str) -> Sighting:
        sighting = await self._probe.look(address)
        is_sure = sighting.sight is Sight.SEEN
        until = self._clock() + (REMEMBERED_SECONDS if is_sure else FORGIVEN_SECONDS)
        self._remembered[address] = (until, sighting)
        self._remembered.move_to_end(address)
        if len(self._remembered) > _MOST_REMEMBERED:
            self._remembered.popitem(last=False)
        return sighting


def look_at_data(uri: str) -> Sighting:
    """What the bytes inside a data URI tell."""
    begin = _DATA_URI.match(uri)
    if begin is None:
        return _no_data("it is no data URI")
    is_base64 = begin[2].lower().endswith(";base64")
    content = uri[begin.end() :]
    try:
        if is_base64:
            size = len(content) // 4 * 3 - content[-2:].count("=")
            head = base64.b64decode(content[: MOST_BYTES // 3 * 4], validate=True)
        else:
            whole = unquote_to_bytes(content)
            size, head = len(whole), whole[:MOST_BYTES]
    except (binascii.Error, ValueError):
        return _no_data("its base64 cannot be read")
    if not size:
        return _no_data("the file is empty")
    header = read_header(head)
    return Sighting(
        Sight.SEEN,
        facts_of(header, size),
        header.format if header else "",
        kind_of_type(begin[1]) if header is None else header.kind,
        header.seconds if header else None,
        is_embedded=True,
    )


def _no_data(words: str) -> Sighting:
    return Sighting(Sight.WRONG, words=words, is_embedded=True)
