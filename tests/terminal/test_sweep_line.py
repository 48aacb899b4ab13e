"""A sweep in a real terminal: what its line costs, and what is said when the program is left."""

from __future__ import annotations

from pathlib import Path

from runcomfy_tui.batch import Item, new_batch
from runcomfy_tui.history.batches import BatchStore
from tests.engine.server import Server
from tests.terminal.dashboard import MODEL, Dashboard

ONE_EVERY_TEN_SECONDS = "release_per_second = 0.1\n"


def test_a_sweep_that_waits_costs_nothing_and_whoever_leaves_one_is_told(
    tmp_path: Path, home: Path
) -> None:
    settings = home / ".config" / "runcomfy-tui" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(ONE_EVERY_TEN_SECONDS)
    folder = tmp_path / "data"
    inputs = {"promptImage": "https://example.com/a.png"}
    BatchStore(folder).plan(
        new_batch(MODEL, "three boats", 3, now=1_800_000_000.0 - 1e9),
        [Item(inputs | {"seed": seed}) for seed in range(3)],
    )
    server = Server(tmp_path)
    try:
        with Dashboard(folder, server) as screen:
            screen.wait_for("Not all of it was sent: go on?")
            screen.wait_for("3 jobs · 0 sent · 3 left, not sent")
            screen.press("escape")
            screen.wait_for("0/3 sent, paused · The program that sent it was closed")
            screen.bytes_until_quiet(quiet=3.0)
            assert screen.bytes_within(3.0) == 0
            assert server.created() == 0
            screen.press("f7")
            screen.wait_for("Sweeps")
            screen.press("p")
            screen.wait_for("3 jobs · 1 sent · 2 left, not sent")
            screen.press("escape")
            screen.wait_gone("Sweeps")
            screen.wait_for("1/3 sent · 1 queued · three boats")
            screen.press("ctrl+q")
            assert screen.wait_exit() == 0
            assert "2 planned jobs are not sent. The next start asks." in screen.text
        assert server.created() == 1
    finally:
        server.stop()
