"""Places in the queue: heard by the process that polls, seen in all windows on the folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from runcomfy_tui.engine import queue_positions
from runcomfy_tui.history import positions
from runcomfy_tui.history.positions import Positions
from tests.engine.server import Server, at


async def test_the_window_that_only_reads_sees_places_move(
    server: Server, ledger_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_positions, "TELL_INTERVAL", 0.05)
    async with at(server, ledger_folder) as first, at(server, ledger_folder) as second:
        await second.until(lambda: not second.facts.is_watching)
        jobs = [await first.submit() for _ in range(4)]
        last = jobs[-1]
        before = await first.until(lambda: first.jobs[last.id].queue_position)
        await second.until(
            lambda: last.id in second.jobs and second.jobs[last.id].queue_position == before
        )
        server.clock.now += 7.0
        await first.until(lambda: first.jobs[last.id].queue_position not in (before, None))
        await second.until(
            lambda: second.jobs[last.id].queue_position == first.jobs[last.id].queue_position
        )
        server.let_end()
        done = await second.until_job(last, "completed")
        assert done.queue_position is None


async def test_nothing_is_written_while_nobody_reads(
    server: Server, ledger_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_positions, "TELL_INTERVAL", 0.0)
    async with at(server, ledger_folder) as house:
        job = await house.submit()
        await house.until(lambda: house.jobs[job.id].queue_position is not None)
        await house.submit()
        await house.until(lambda: len(house.jobs) == 2)
    assert not (ledger_folder / "positions.json").exists()


def test_places_go_from_one_process_to_another_each_state_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    teller, reader = Positions(tmp_path), Positions(tmp_path)
    assert not teller.is_wanted()
    assert reader.read() is None
    reader.show_interest()
    assert teller.is_wanted()
    teller.write({"a": 3, "b": 4})
    assert reader.read() == {"a": 3, "b": 4}
    assert reader.read() is None
    before = (tmp_path / "positions.json").stat().st_mtime_ns
    teller.write({"a": 3, "b": 4})
    assert (tmp_path / "positions.json").stat().st_mtime_ns == before
    teller.write({})
    assert reader.read() == {}
    monkeypatch.setattr(positions, "READER_SECONDS", 0.0)
    assert not teller.is_wanted()


@pytest.mark.parametrize("broken", [b"", b"[]", b"\xff", b'{"a": "x", "b": 2}'])
def test_a_broken_file_is_no_trouble(tmp_path: Path, broken: bytes) -> None:
    (tmp_path / "positions.json").write_bytes(broken)
    assert not (Positions(tmp_path).read() or {}).keys() - {"b"}
