"""Deadlines, where the program is stopped in the middle of a call."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from runcomfy_tui.api import deadline
from runcomfy_tui.api.client import Client
from runcomfy_tui.api.errors import OutcomeUnknown
from tests.unit.badserver import as_json
from tests.waiting import LONG_ENOUGH

DEADLINE = 2.0


class Elsewhere:
    """A server that goes on while this program's loop stands still; it answers when it may."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/v1"
        self.asked, self.may_answer, self.answered = (threading.Event() for _ in range(3))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.may_answer.set()
        self._thread.join(LONG_ENOUGH)
        self._listening.close()

    def _serve(self) -> None:
        connection, _ = self._listening.accept()
        with connection:
            connection.recv(65536)
            self.asked.set()
            self.may_answer.wait(LONG_ENOUGH)
            connection.sendall(as_json({"request_id": "paid-for"}))
            self.answered.set()


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    server = Elsewhere()
    yield server
    server.close()


async def test_an_answer_that_came_while_the_program_was_stopped_past_its_deadline_is_read(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "LATE", 0.1)
    client = Client(elsewhere.url, None, "token", submit_deadline=DEADLINE)
    submit = asyncio.create_task(client.submit("a/b", {}))
    assert await asyncio.to_thread(elsewhere.asked.wait, LONG_ENOUGH)
    stopped_at = time.monotonic()
    elsewhere.may_answer.set()
    assert elsewhere.answered.wait(LONG_ENOUGH)
    while time.monotonic() < stopped_at + DEADLINE + 0.2:
        threading.Event().wait(0.1)  # the loop stands still
    assert await submit == "paid-for"
    await client.aclose()


async def test_one_that_never_comes_is_given_up_after_it(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "LATE", -1.0)  # as if it had stood still
    monkeypatch.setattr(deadline, "TIME_TO_READ", 0.1)
    client = Client(elsewhere.url, None, "token", submit_deadline=0.2)
    with pytest.raises(OutcomeUnknown):
        await client.submit("a/b", {})
    await client.aclose()
