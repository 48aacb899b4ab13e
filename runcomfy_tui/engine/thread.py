"""The engine's own thread and loop, so that no stalled window can hold up a poll or a write."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from runcomfy_tui.engine.changes import Changes, Mailbox
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.engine.tasks import Tasks

if TYPE_CHECKING:
    # The engine brings httpx and TinyDB along; the window must have painted before they load.
    from runcomfy_tui.engine.engine import Engine

T = TypeVar("T")

log = logging.getLogger(__name__)


class EngineThread:
    """Starts an engine in a thread of its own and carries calls and changes across.

    `build` makes the engine inside that thread, where its imports and files cost the window
    nothing; what it raises comes out of `ready` and of every `ask`.
    """

    def __init__(self, build: Callable[[Mailbox], Engine]) -> None:
        self._build = build
        self._mailbox = Mailbox()
        self._engine: Future[Engine] = Future()
        self._doing: Tasks[None] = Tasks()
        self._starting: asyncio.Task[None] | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._loop = asyncio.new_event_loop()
        self._is_open = True
        self._door = threading.Lock()
        """Held by who asks and who ends it all: a call comes in before the last look, or not."""
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self, notify: Callable[[], object]) -> None:
        """Start; `notify` is called in the thread when `take` has something, and must not wait."""
        self._mailbox.notify = notify
        self._thread.start()

    def take(self, most: int | None = None) -> Changes:
        """What changed since the last `take`, with `most` jobs; callable from any thread."""
        return self._mailbox.take(most)

    async def ready(self) -> None:
        """Wait until the engine runs. Raises `EngineError` when it could not be started."""
        await asyncio.shield(asyncio.wrap_future(self._engine))

    async def ask(self, call: Callable[[Engine], Coroutine[Any, Any, T]]) -> T:
        """Run `call` in the engine's loop and await its outcome in the caller's.

        The call goes on even when the caller is cancelled: a submit must not die with a screen.
        Raises `EngineError` when the engine could not be started or has stopped.
        """
        if not self._engine.done():
            await self.ready()
        engine = self._engine.result()
        with self._door:
            if not self._is_open:
                raise EngineError("The engine has stopped.")
            future = asyncio.run_coroutine_threadsafe(call(engine), self._loop)
        outcome = asyncio.wrap_future(future)
        # Whoever went away meanwhile has no use for the words that it ended with.
        outcome.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(outcome)

    def tell(self, call: Callable[[Engine], object]) -> None:
        """Run `call` in the engine's loop as soon as the engine runs; nothing comes back."""

        def run(engine: Future[Engine]) -> None:
            if self._is_open and engine.exception() is None:
                call(engine.result())

        with suppress(RuntimeError):  # the loop is closed: there is nobody left to tell
            self._loop.call_soon_threadsafe(self._engine.add_done_callback, run)

    def do(self, call: Callable[[Engine], Coroutine[Any, Any, None]]) -> None:
        """Run `call` in the engine's loop; nobody waits for it, and it answers for its errors."""

        self.tell(lambda engine: self._doing.spawn(call(engine)))

    @property
    def submits_under_way(self) -> int:
        """How many submits still wait for their answer."""
        if not self._engine.done() or self._engine.exception() is not None:
            return 0
        return self._engine.result().submits_under_way

    @property
    def unsent(self) -> int:
        """How many jobs are planned and were still to be sent."""
        if not self._engine.done() or self._engine.exception() is not None:
            return 0
        return self._engine.result().release.unsent

    def stop(self, grace: float = 5.0) -> None:
        """Stop the engine, waiting up to `grace` seconds for submits under way. Blocks."""
        if not self._thread.is_alive():
            return
        self._loop.call_soon_threadsafe(self._begin_to_stop, grace)
        self._thread.join(2 * grace + 10.0)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._starting = self._loop.create_task(self._start())
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()

    async def _start(self) -> None:
        try:
            engine = self._build(self._mailbox)
            await engine.start()
        except EngineError as error:
            self._engine.set_exception(error)
        except Exception as error:
            log.exception("the engine could not be started")
            self._engine.set_exception(EngineError(f"The engine could not be started: {error}"))
        else:
            self._engine.set_result(engine)

    def _begin_to_stop(self, grace: float) -> None:
        if self._stopping is None:
            self._stopping = self._loop.create_task(self._stop(grace))

    async def _stop(self, grace: float) -> None:
        try:
            if self._starting is not None:
                await self._starting
            await self._doing.wait(grace)
            if self._engine.exception() is None:
                await self._engine.result().stop(grace)
        except Exception:
            log.exception("the engine did not stop cleanly")
        finally:
            with self._door:
                self._is_open = False
            await asyncio.sleep(0)  # what came in before that is a task by now
            # What was asked and is not answered yet never will be: whoever waits must hear of it.
            left = asyncio.all_tasks() - {asyncio.current_task()}
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            self._loop.stop()
