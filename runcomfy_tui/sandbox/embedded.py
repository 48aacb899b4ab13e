"""The sandbox inside another program: its server in a thread of its own, on loopback."""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType

import uvicorn
from filelock import FileLock, Timeout

from runcomfy_tui.sandbox import state
from runcomfy_tui.sandbox.book import OPENING_BALANCE_USD, WORKERS, Book
from runcomfy_tui.sandbox.catalog import sandbox_catalog
from runcomfy_tui.sandbox.droppable import DroppableProtocol
from runcomfy_tui.sandbox.faults import Faults
from runcomfy_tui.sandbox.preload import preload
from runcomfy_tui.sandbox.server import SandboxServer

_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
_TAKE_OVER_EVERY_SECONDS = 0.25
# Longer than any client keeps an idle connection, or it would now and then send a job into one
# that is just being closed.
_KEEP_ALIVE_SECONDS = 300
_BACKLOG = 1024


class SandboxNotStarted(Exception):
    """The sandbox could not be started; `str()` says why."""


class EmbeddedSandbox:
    """A stand-in RunComfy server in a thread of this process.

    With a `state_file` it remembers its jobs, its balance and its port, and time goes on while it
    is away. Two programs that name the same file share one server: the second uses the first's
    and takes over, at the same address, when that one ends.

    `port` 0 means the remembered port when it is free, else any. `speed` divides all durations.
    `faults` are those of `faults.py`; `preload_count` requests are there from the start.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        speed: float = 1.0,
        faults: Iterable[str] = (),
        preload_count: int = 0,
        host: str = "127.0.0.1",
        state_file: Path | None = None,
        balance_usd: float = OPENING_BALANCE_USD,
        workers: int = WORKERS,
        seed: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if speed <= 0:
            raise ValueError("speed must be above 0")
        self._host = host
        self._port = port
        self._speed = speed
        self._preload_count = preload_count
        self._state_file = state_file
        self._clock = clock
        self._book = Book(
            speed=speed, workers=workers, balance_usd=balance_usd, clock=clock, seed=seed
        )
        self._faults = Faults(faults, seed=seed)
        self._server: _Server | None = None
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)
        self._ready = threading.Event()
        self._stopping = threading.Event()
        self._failure: Exception | None = None

    @property
    def base_url(self) -> str:
        """The value for `RUNCOMFY_MODEL_API_BASE`."""
        return f"http://{self._host}:{self._port}/v1"

    @property
    def serverless_base_url(self) -> str:
        """The value for `RUNCOMFY_SERVERLESS_API_BASE`, where the balance is."""
        return f"http://{self._host}:{self._port}/prod/v2"

    def start(self) -> str:
        """Start serving; `base_url`, once connections are accepted there.

        Raises SandboxNotStarted when the port is taken or the state file cannot be used.
        """
        self._thread.start()
        if not self._ready.wait(_START_SECONDS):
            raise SandboxNotStarted("The sandbox did not start in time.")
        if self._failure is not None:
            raise SandboxNotStarted(str(self._failure)) from self._failure
        return self.base_url

    def stop(self) -> None:
        """Stop serving, cutting off whoever is still being answered. Harmless when repeated."""
        self._stopping.set()
        if self._server is not None:
            self._server.stop()
        if self._thread.ident is not None:
            self._thread.join(_STOP_SECONDS)

    def __enter__(self) -> EmbeddedSandbox:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            if self._state_file is None:
                self._serve(None)
            else:
                self._serve_or_wait(self._state_file)
        except Exception as error:
            if self._ready.is_set():
                raise
            self._failure = error
            self._ready.set()

    def _serve_or_wait(self, state_file: Path) -> None:
        state_file.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(state_file.with_name(state_file.name + ".lock"))
        while not self._stopping.is_set():
            try:
                with lock.acquire(timeout=0):
                    self._serve(state_file)
                    return
            except Timeout:
                self._use_the_other(state_file)
            except SandboxNotStarted:
                # Only a take-over may wait for its port: callers know that one by now.
                if not self._ready.is_set():
                    raise
            self._stopping.wait(_TAKE_OVER_EVERY_SECONDS)

    def _use_the_other(self, state_file: Path) -> None:
        """Point to the server of the program that holds the state file, once it answers."""
        if self._ready.is_set():
            return
        known = state.load(state_file)
        if known is not None and _accepts_connections(self._host, known.port):
            self._port = known.port
            self._ready.set()

    def _serve(self, state_file: Path | None) -> None:
        remembered = None if state_file is None else state.load(state_file)
        listening = self._bind(None if remembered is None else remembered.port)
        self._port = listening.getsockname()[1]
        if remembered is not None:
            self._book.restore(remembered.book)
        if state_file is not None:
            self._book.on_change = lambda: self._save(state_file)
        catalog = sandbox_catalog()
        preload(self._book, catalog, self._preload_count, speed=self._speed, now=self._clock())
        app = SandboxServer(self._book, catalog, self._faults).app()
        if state_file is not None:
            self._save(state_file)
        self._server = _Server(app, on_started=self._ready.set)
        if self._stopping.is_set():
            listening.close()
            return
        asyncio.run(self._server.serve(sockets=[listening]))

    def _save(self, state_file: Path) -> None:
        state.save(state_file, state.State(port=self._port, book=self._book.snapshot()))

    def _bind(self, remembered: int | None) -> socket.socket:
        """A socket at the port asked for, else at the remembered one if free, else at any."""
        if self._port:
            try:
                return _bound(self._host, self._port)
            except OSError as error:
                words = f"Port {self._port} of {self._host} cannot be used: {error.strerror}."
                raise SandboxNotStarted(words) from error
        if remembered:
            try:
                return _bound(self._host, remembered)
            except OSError:
                pass
        return _bound(self._host, 0)


class _Server(uvicorn.Server):
    """uvicorn, silent, that says when it has started and stops at once."""

    def __init__(self, app: object, *, on_started: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,  # type: ignore[arg-type]
                http=DroppableProtocol,
                loop="asyncio",
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="critical",
                access_log=False,
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=0,
            )
        )
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_started()

    def stop(self) -> None:
        self.should_exit = True
        self.force_exit = True


def _bound(host: str, port: int) -> socket.socket:
    # The protocol is named, because asyncio switches Nagle's algorithm off only where it is; with
    # it every answer takes 40 ms.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":
            # A port that was left a moment ago may be taken again; one in use may not.
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(_BACKLOG)
    except OSError:
        bound.close()
        raise
    return bound


def _accepts_connections(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1.0):
            return True
    except OSError:
        return False
