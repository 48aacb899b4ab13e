"""A server that has a catalog and little else, for tests that change it while it is read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from tests.unit.badserver import BadServer, Request, as_json


def entry(model_id: str, *names: str, **more: Any) -> dict[str, Any]:
    """A catalog entry whose inputs are strings of these names."""
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in names}}
    return {"model_id": model_id, "input_schema": schema} | more


def entries(count: int) -> list[dict[str, Any]]:
    """So many entries, `vendor/model-0` and so on."""
    return [entry(f"vendor/model-{number}", "prompt") for number in range(count)]


class CatalogServer(BadServer):
    """`async with CatalogServer(entries) as server`: pages them as RunComfy does.

    `between` is called before each page with how many were asked for; `page_limit` is the most
    that it hands out at once, `instead` what it says in place of any catalog answer.
    """

    def __init__(self, entries: Iterable[dict[str, Any]] = ()) -> None:
        super().__init__(self._answer)
        self.entries = list(entries)
        self.page_limit = 500
        self.between: Callable[[int], None] = lambda page: None
        self.before_model: Callable[[], Awaitable[object]] = _at_once
        self.before_page: Callable[[], Awaitable[object]] = _at_once
        self.instead: bytes | None = None

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        return self

    @property
    def base(self) -> str:
        """The value of `RUNCOMFY_MODEL_API_BASE`."""
        return f"{self.url}/v1"

    @property
    def pages(self) -> list[dict[str, str]]:
        """The parameters of every page that was asked for."""
        told = (urlsplit(request.target) for request in self.of("GET"))
        return [
            {name: values[0] for name, values in parse_qs(each.query).items()}
            for each in told
            if each.path == "/v1/models" and "limit=1&" not in each.query + "&"
        ]

    @property
    def models_asked(self) -> list[str]:
        """The models that were asked for one by one."""
        paths = (unquote(urlsplit(request.target).path) for request in self.of("GET"))
        return [path.removeprefix("/v1/models/") for path in paths if "/models/" in path]

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        target = urlsplit(request.target)
        path = unquote(target.path)
        if request.method != "GET" or not path.startswith("/v1/models"):
            writer.write(as_json({"error_code": 404001, "error_message": "no"}, 404))
        elif path == "/v1/models":
            await self.before_page()
            asked = {name: values[0] for name, values in parse_qs(target.query).items()}
            writer.write(self.instead or as_json(self._page(asked)))
        else:
            await self.before_model()
            writer.write(self.instead or self._model(path.removeprefix("/v1/models/")))

    def _page(self, asked: dict[str, str]) -> dict[str, Any]:
        self.between(len(self.pages))
        limit, offset = min(int(asked["limit"]), self.page_limit), int(asked["offset"])
        shown = self.entries[offset : offset + limit]
        if asked.get("include_schema") != "true":
            shown = [
                {name: each[name] for name in each if name != "input_schema"} for each in shown
            ]
        return {"models": shown, "total": len(self.entries), "limit": limit, "offset": offset}

    def _model(self, model_id: str) -> bytes:
        found = [each for each in self.entries if each.get("model_id") == model_id]
        if found:
            return as_json(found[0])
        return as_json({"error_code": 404001, "error_message": "Model not found"}, 404)


async def _at_once() -> None:
    pass
