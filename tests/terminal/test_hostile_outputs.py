"""A result that names what no result should is shown, looked at and refused, to the letter."""

from __future__ import annotations

import time
from pathlib import Path

from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Status, new_job
from tests.hostile_outputs import ALL, put_in
from tests.terminal.dashboard import IN_THE_TABLE, MODEL, TOKEN, Dashboard, write_settings
from tests.terminal.test_hostile_strings import assert_nothing_got_through

DEAD = "http://127.0.0.1:9"
"""A port where nobody listens: what is fetched from there fails."""

EVIL = "https://evil.example/a.png"


def test_no_hostile_output_reaches_the_terminal_or_leaves_the_folder(
    folder: Path, home: Path, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    write_settings(home, f'download_dir = "{results}"\npreview = "on"\n')
    # Surrogates and the like are no JSON, and are tested where they come over the wire.
    outputs = [hostile.output for name, hostile in ALL.items() if "ud83d" not in name]
    outputs = [put_in(each, f"{DEAD}/files", EVIL.rpartition("/")[0]) for each in outputs]
    outputs = [each for each in outputs if not isinstance(each, int) and "\ud83d" not in str(each)]
    assert len(outputs) >= 60
    made = time.time() - 3600
    ledger = Ledger(folder)
    job = new_job(MODEL, {"promptText": "a boat"}, now=made).but(
        status=Status.COMPLETED, request_id="req-1", finished_at=made + 60, output=outputs, cost=0.1
    )
    ledger.put(job)
    ledger.close()
    at_evil = next(at for at, each in enumerate(job.outputs) if each.url == EVIL)
    before = {path.name for path in tmp_path.iterdir()}
    with Dashboard(folder, environ={"RUNCOMFY_MODEL_API_BASE": f"{DEAD}/v1"}) as screen:
        screen.wait_for_statuses("completed")
        screen.press("enter")
        screen.wait_for("esc back")
        screen.wait_for("/files/output/")
        screen.wait_for("Not offered, because nothing can be fetched")
        for _ in job.outputs:
            screen.press("j")
        screen.wait_for("evil.example/")
        screen.press("D")
        screen.wait_for("waits for your yes to")
        screen.wait_for("not saved: No file can be fetched")
        for _ in job.outputs:
            screen.press("k")
        screen.wait_for("%2e%2e")
        for _ in range(at_evil):
            screen.press("j")
        screen.press("d")
        screen.wait_for("Download from evil.example?")
        screen.press("escape")
        screen.wait_gone("Download from evil.example?")
        screen.press("w")
        screen.wait_for('"request_id": "req-1"')
        screen.press("w")
        screen.press("escape")
        screen.wait_for_keys(IN_THE_TABLE)
        assert screen.quit() == 0
        assert_nothing_got_through(screen)
        assert TOKEN not in bytes(screen.raw).decode()
        links = [part.split(b"\x1b")[0] for part in bytes(screen.raw).split(b"\x1b]8;;")[1:]]
        assert links
        assert all(link == b"" or link.startswith((b"http://", b"https://")) for link in links)
        assert screen.left_behind == []
    kept = {path for path in results.rglob("*") if path.is_file()}
    assert kept == set()
    assert {path.name for path in tmp_path.iterdir()} <= before | {"results"}
