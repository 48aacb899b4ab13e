"""A sandbox whose clock stands still unless told otherwise, and its own view of things."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from runcomfy_tui.sandbox.embedded import EmbeddedSandbox
from tests.engine.house import INPUTS, MODEL, House

PRICE = 0.25
OPENING_BALANCE = 64.11


class Clock:
    """The sandbox's time: it passes when a test says so."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Server:
    """A sandbox whose clock stands still unless told otherwise, and its own view of things."""

    def __init__(self, folder: Path, *faults: str) -> None:
        self._folder = folder
        self._http = httpx.Client(trust_env=False, verify=False)
        self.clock = Clock()
        self._port = 0
        self.url = ""
        self.start(*faults)

    def start(self, *faults: str) -> None:
        """Serve, again at the address of the last time and with the jobs of then."""
        self._sandbox = EmbeddedSandbox(
            port=self._port,
            clock=self.clock,
            seed=1,
            faults=faults,
            state_file=self._folder / "sandbox.json",
        )
        self.url = self._sandbox.start()
        self.serverless_url = self._sandbox.serverless_base_url
        self._root = self.url.removesuffix("/v1")
        self._port = int(self._root.rpartition(":")[2])

    def stop(self) -> None:
        self._sandbox.stop()

    def let_start(self) -> None:
        """Time for the first jobs submitted just now to run, and for none of them to have ended."""
        self.clock.now += 13.1

    def let_end(self) -> None:
        """Time for everything to have ended."""
        self.clock.now += 3600.0

    def faults(self, *specs: str) -> None:
        """Misbehave in these ways from now on, and in no others."""
        answer = self._http.post(f"{self._root}/sandbox/faults", json={"faults": list(specs)})
        answer.raise_for_status()

    def requests(self) -> list[dict[str, Any]]:
        """Every request that the server has accepted."""
        requests: list[dict[str, Any]] = self._told()["requests"]
        return requests

    def created(self) -> int:
        """How many requests the server has ever accepted."""
        return int(self._told()["created"])

    def submit(self, **inputs: Any) -> str:
        """Submit from elsewhere."""
        return self.submit_to(MODEL, INPUTS | inputs)

    def submit_to(self, model_id: str, inputs: dict[str, Any]) -> str:
        """Submit to any model from elsewhere."""
        answer = self._http.post(
            f"{self.url}/models/{model_id}",
            json=inputs,
            headers={"Authorization": "Bearer elsewhere"},
        )
        return str(answer.json()["request_id"])

    def _told(self) -> dict[str, Any]:
        told: dict[str, Any] = self._http.get(f"{self._root}/sandbox/requests").json()
        return told


def at(server: Server, folder: Path, **options: Any) -> House:
    """A house whose engine talks to the sandbox."""
    return House(folder, server.url, server.serverless_url, **options)
