"""The engine in its thread: calls and changes across, and ends that leave nobody waiting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from runcomfy_tui.engine.changes import Changes, Mailbox
from runcomfy_tui.engine.engine import Engine
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.thread import EngineThread
from runcomfy_tui.history.errors import LedgerError
from runcomfy_tui.jobs import Job, Status
from tests.engine.house import A_WHILE, INPUTS, MODEL, Reader, engine_of, on_disk
from tests.engine.server import Server
from tests.unit.badserver import BadServer, Request, as_json


class Window(Reader):
    """Reads what an engine in a thread tells."""

    def __init__(self, thread: EngineThread) -> None:
        super().__init__()
        self.thread = thread
        thread.start(self.ring)

    def take_mail(self) -> Changes:
        return self.thread.take()


@pytest.fixture
def build(server: Server, ledger_folder: Path) -> Callable[[Mailbox], Engine]:
    return lambda mailbox: engine_of(ledger_folder, server.url, server.serverless_url, mailbox)


@pytest.fixture
async def window(build: Callable[[Mailbox], Engine]) -> AsyncIterator[Window]:
    showing = Window(EngineThread(build))
    yield showing
    await asyncio.to_thread(showing.thread.stop, 0.2)


async def submit(engine: Engine) -> Job:
    return await engine.submit(MODEL, INPUTS)


async def stopped(thread: EngineThread) -> None:
    """Stop an engine and see that its thread has ended."""
    await asyncio.to_thread(thread.stop, 0.2)
    assert "engine" not in {each.name for each in threading.enumerate()}


async def test_calls_are_answered_and_changes_come_across(server: Server, window: Window) -> None:
    await window.thread.ready()
    job = await window.thread.ask(submit)
    assert job.status is Status.IN_QUEUE
    window.thread.tell(lambda engine: engine.select(job.id))
    server.let_end()
    done = await window.until(
        lambda: ((now := window.jobs[job.id]).status is Status.COMPLETED and now) or None
    )
    assert done.cost
    await stopped(window.thread)


async def test_what_is_done_unasked_gets_done_even_when_the_window_leaves_at_once(
    window: Window, ledger_folder: Path
) -> None:
    await window.thread.ready()
    window.thread.do(
        lambda engine: engine.window_state.save_draft(MODEL, {"promptText": "half a thou"})
    )
    await asyncio.to_thread(window.thread.stop)
    assert b"half a thou" in (ledger_folder / "drafts.json").read_bytes()


async def test_what_is_told_while_the_engine_starts_is_heard_once_it_runs(
    build: Callable[[Mailbox], Engine],
) -> None:
    """The table has a selected row, and the form a draft, before the engine has started."""
    told = threading.Event()

    def slow(mailbox: Mailbox) -> Engine:
        assert told.wait(30)
        return build(mailbox)

    heard: list[Engine] = []
    window = Window(EngineThread(slow))
    window.thread.tell(heard.append)
    told.set()
    try:
        await window.thread.ask(lambda engine: engine.model_api_base())
        assert len(heard) == 1
    finally:
        await stopped(window.thread)


async def test_a_caller_that_goes_away_does_not_take_its_submit_along(
    server: Server, window: Window
) -> None:
    await window.thread.ready()
    asking = asyncio.create_task(window.thread.ask(submit))
    await asyncio.sleep(0)  # the call is on its way to the engine's thread
    asking.cancel()
    job = await window.until(
        lambda: next((job for job in window.jobs.values() if job.request_id), None)
    )
    assert asking.cancelled()
    assert [made["request_id"] for made in server.requests()] == [job.request_id]


async def test_a_submit_under_way_is_waited_for_at_the_end(
    ledger_folder: Path,
) -> None:
    asked, answer = asyncio.Event(), asyncio.Event()
    ending = threading.Event()

    async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.method == "POST":
            asked.set()
            await answer.wait()
            writer.write(as_json({"request_id": "req-1"}))
        else:
            writer.write(as_json({"status": "in_queue"}))

    def build(mailbox: Mailbox) -> Engine:
        engine = engine_of(ledger_folder, bad.url, None, mailbox)
        stop = engine.stop

        async def noted(grace: float = A_WHILE) -> None:
            ending.set()
            await stop(grace)

        engine.stop = noted  # type: ignore[method-assign]
        return engine

    async with BadServer(handle) as bad:
        thread = EngineThread(build)
        thread.start(lambda: None)
        asking = asyncio.create_task(thread.ask(submit))
        async with asyncio.timeout(A_WHILE):
            await asked.wait()
        assert thread.submits_under_way == 1
        stopping = asyncio.create_task(asyncio.to_thread(thread.stop, A_WHILE))
        assert await asyncio.to_thread(ending.wait, A_WHILE)
        assert not asking.done()
        answer.set()
        job = await asking
        await stopping
    assert job.status is Status.IN_QUEUE
    assert on_disk(ledger_folder)[job.id].request_id == "req-1"


async def test_what_is_asked_for_when_the_engine_stops_is_cancelled_not_left_hanging(
    window: Window,
) -> None:
    begun = threading.Event()

    async def never(engine: Engine) -> None:
        begun.set()
        await asyncio.Event().wait()

    asking = asyncio.create_task(window.thread.ask(never))
    assert await asyncio.to_thread(begun.wait, A_WHILE)
    await stopped(window.thread)
    done, _ = await asyncio.wait([asking], timeout=A_WHILE)
    assert done
    assert asking.cancelled()
    with pytest.raises(EngineError, match="stopped"):
        await window.thread.ask(submit)
    window.thread.tell(lambda engine: engine.select(None))
    window.thread.do(never)
    window.thread.stop()


async def test_what_is_asked_for_in_the_last_moment_is_refused_not_left_hanging(
    window: Window,
) -> None:
    begun, ending, asked = (threading.Event() for _ in range(3))

    async def holds_up_the_end(engine: Engine) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ending.set()
            asked.wait(A_WHILE)

    holding = asyncio.create_task(window.thread.ask(holds_up_the_end))
    assert await asyncio.to_thread(begun.wait, A_WHILE)
    stopping = asyncio.create_task(asyncio.to_thread(window.thread.stop, 0.2))
    assert await asyncio.to_thread(ending.wait, A_WHILE)
    asking = asyncio.create_task(window.thread.ask(submit))
    await asyncio.sleep(0)  # the call is on its way to the engine's thread
    window.thread.do(lambda engine: engine.step_aside())
    asked.set()
    await stopping
    done, _ = await asyncio.wait([holding, asking], timeout=A_WHILE)
    assert asking in done
    with pytest.raises(EngineError, match="stopped"):
        await asking


async def test_a_window_that_leaves_while_the_engine_starts_gets_the_folder_back(
    build: Callable[[Mailbox], Engine], server: Server, ledger_folder: Path
) -> None:
    for _ in range(3):
        thread = EngineThread(build)
        thread.start(lambda: None)
        await stopped(thread)
    window = Window(EngineThread(build))
    await window.thread.ready()
    await window.until(lambda: window.facts.is_loaded)
    assert window.facts.is_watching
    await stopped(window.thread)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (LedgerError("The ledger is locked."), "The ledger is locked."),
        (RuntimeError("surprise"), "could not be started: surprise"),
        (EngineError("No sandbox."), "No sandbox."),
    ],
)
async def test_an_engine_that_cannot_be_built_says_why_to_everyone_who_asks(
    error: Exception, words: str
) -> None:
    def build(mailbox: Mailbox) -> Engine:
        raise error

    thread = EngineThread(build)
    thread.start(lambda: None)
    with pytest.raises(EngineError, match=words):
        await thread.ready()
    with pytest.raises(EngineError, match=words):
        await thread.ask(submit)
    thread.tell(lambda engine: engine.select(None))
    assert thread.submits_under_way == 0
    assert thread.take() == Changes()
    await asyncio.to_thread(thread.stop)


async def test_a_ledger_that_is_no_folder_is_a_sentence(tmp_path: Path, server: Server) -> None:
    file = tmp_path / "file"
    file.write_text("no folder")
    thread = EngineThread(lambda mailbox: engine_of(file, server.url, None, mailbox))
    thread.start(lambda: None)
    with pytest.raises(EngineError, match="a file of that name stands where the folder should be"):
        await thread.ready()
    await asyncio.to_thread(thread.stop)


async def test_a_stop_before_the_start_is_harmless(build: Callable[[Mailbox], Engine]) -> None:
    thread = EngineThread(build)
    thread.stop()
    window = Window(thread)
    await thread.ready()
    await window.until(lambda: window.facts.is_loaded)
    await stopped(thread)
