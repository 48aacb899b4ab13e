"""A stand-in for RunComfy whose every word is poison for a terminal."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

POISON = (
    "[/foo] [red]markup[/red]",
    "\x1b[31;45mred\x1b[0m",
    "\x1b]52;c;c3RvbGVu\x07",
    "\x1b]0;title\x1b\\",
    "\x9b35m",
    "漢字🛶",
    "\u202egnp.exe",
    "\x07\x08\x00",
)
"""Markup, colours, the clipboard, the title, C1, wide characters, right to left, controls."""

ALL = " ".join(POISON)
REQUEST_ID = "req-1"


class HostileServer:
    """`with HostileServer() as server:` answers at `server.url` until the block ends.

    The first submit is accepted, its job stays at a status nobody knows until `ends` is set and
    then succeeds; later submits are refused.
    """

    def __init__(self) -> None:
        self.ends = False
        self.submits = 0
        hostile = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._answer(200, hostile.told(self.path))

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                hostile.submits += 1
                if hostile.submits == 1:
                    self._answer(200, {"request_id": REQUEST_ID})
                else:
                    self._answer(422, hostile.refusal())

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

            def _answer(self, status: int, payload: Any) -> None:
                body = json.dumps(payload).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def told(self, path: str) -> Any:
        """The answer to a GET."""
        if path.startswith("/v1/models/"):
            return self._model()
        if path.startswith("/v1/models"):
            return {"models": [self._model()], "total": 1, "limit": 50, "offset": 0}
        if "/status" in path:
            return {"request_id": REQUEST_ID, "status": "completed" if self.ends else ALL}
        output = {"image": f"https://files.example/{ALL}.png", ALL: [f"https://x/{ALL}"], "n": ALL}
        return {"request_id": REQUEST_ID, "status": "succeeded", "output": output, "cost": 0.1}

    def refusal(self) -> Any:
        """The body of a 422."""
        return {
            "error_code": ALL,
            "error_message": f"refused: {ALL}",
            "detail": [{"loc": ["body", "promptText"], "msg": f"at the field: {ALL}"}],
        }

    def _model(self) -> Any:
        return {
            "model_id": "evil/model",
            "display_name": f"name {ALL}",
            "description": ALL,
            "categories": [ALL],
            "base_price_usd": 0.1,
            "price_unit": ALL,
            "pricing_note": ALL,
            "input_schema": {
                "type": "object",
                "required": ["x"],
                "properties": {
                    "x": {"type": "string", "title": f"title {ALL}", "description": ALL},
                    "e": {"type": "string", "enum": [ALL, "b"], "default": ALL},
                },
            },
        }

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
