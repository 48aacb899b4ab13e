"""Putting the parts together: an engine for RunComfy itself, or one for the sandbox.

Nothing is imported before it is needed, which for the window is after its first paint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from runcomfy_tui import logs
from runcomfy_tui.credentials import Token
from runcomfy_tui.settings import Settings

if TYPE_CHECKING:
    from runcomfy_tui.engine.changes import Mailbox
    from runcomfy_tui.engine.engine import Engine
    from runcomfy_tui.jobs import ModelEntry
    from runcomfy_tui.sandbox.embedded import EmbeddedSandbox

SANDBOX_TOKEN = Token("sandbox", "the sandbox")
MISSING = "The sandbox needs the extra 'sandbox': pip install 'runcomfy-tui[sandbox]'"


def engine_of(settings: Settings, token: Token | None, mailbox: Mailbox) -> Engine:
    """An engine with all its parts, as the settings say; its own loop must be running."""
    from runcomfy_tui.api.client import Client
    from runcomfy_tui.api.download import Downloader
    from runcomfy_tui.engine.engine import Engine
    from runcomfy_tui.engine.gate import Pace
    from runcomfy_tui.engine.release import Limits
    from runcomfy_tui.engine.saving import Saving, Wishes
    from runcomfy_tui.history.ledger import Ledger
    from runcomfy_tui.history.watch_turn import WatchTurn

    if token is not None:
        logs.hide(token.value)
    client = Client(
        settings.model_api_base,
        settings.serverless_api_base,
        token.value if token else None,
        connections=settings.connections,
    )
    return Engine(
        client=client,
        ledger=Ledger(settings.data_dir),
        turn=WatchTurn(settings.data_dir),
        downloader=Downloader(
            settings.model_api_base,
            at_once=settings.download_at_once,
            checksum=settings.checksum,
        ),
        mailbox=mailbox,
        pace=Pace(settings.polls_per_second, client.calls_at_once),
        hook=settings.hook,
        is_sandbox=settings.is_sandbox,
        limits=Limits(settings.release_per_second, settings.release_unfinished),
        saving=Saving(
            settings.download_dir,
            settings.download_name,
            settings.sidecar,
            Wishes(settings.collect, settings.collect_models, settings.collect_labels),
        ),
    )


def look_up(settings: Settings, token: Token | None, model_id: str) -> ModelEntry:
    """A model with its inputs, as the server or else the cache knows it. Raises `EngineError`."""
    import asyncio

    from runcomfy_tui.api.client import Client
    from runcomfy_tui.engine.catalog import Catalog
    from runcomfy_tui.history.catalog import CatalogStore

    async def ask() -> ModelEntry:
        client = Client(settings.model_api_base, None, token.value if token else None)
        catalog = Catalog(client, CatalogStore(settings.data_dir))
        try:
            return await catalog.model(model_id)
        finally:
            await catalog.aclose()
            await client.aclose()

    return asyncio.run(ask())


@contextmanager
def sandboxed(settings: Settings) -> Iterator[Callable[[Mailbox], Engine]]:
    """A way to build an engine that talks to a sandbox, which lives until the block ends."""
    running: list[EmbeddedSandbox] = []

    def build(mailbox: Mailbox) -> Engine:
        # In the engine's thread: the server's imports must not hold up the first paint either.
        from runcomfy_tui.sandbox.embedded import EmbeddedSandbox

        sandbox = EmbeddedSandbox(state_file=sandbox_state(settings.data_dir))
        running.append(sandbox)
        at = replace(
            settings,
            model_api_base=sandbox.start(),
            serverless_api_base=sandbox.serverless_base_url,
        )
        return engine_of(at, SANDBOX_TOKEN, mailbox)

    try:
        yield build
    finally:
        for sandbox in running:
            sandbox.stop()


def sandbox_state(data_dir: Path) -> Path:
    """Where the sandbox of that data folder remembers its jobs; whoever names it shares it."""
    return data_dir / "sandbox" / "state.json"


def has_sandbox() -> bool:
    """Whether what the sandbox needs is installed."""
    return all(find_spec(name) for name in ("starlette", "uvicorn"))
