"""The ledger in one process and between two objects on one folder, on real files."""

from __future__ import annotations

import os
from pathlib import Path

import orjson
import pytest

from runcomfy_tui.history.errors import LedgerBusy, LedgerError
from runcomfy_tui.history.ledger import Changed, Ledger
from runcomfy_tui.jobs import Job, Status, new_job


def job(number: int, status: Status = Status.IN_QUEUE) -> Job:
    made = new_job("a/b", {"n": number}, now=1_700_000_000.0 + number)
    return made.but(status=status, request_id=f"req-{number}")


def ended(ledger: Ledger) -> list[Job]:
    return [each for batch in ledger.load_ended() for each in batch]


def files_of(folder: Path) -> dict[str, tuple[int, int, int]]:
    return {
        str(path.relative_to(folder)): (
            path.stat().st_ino,
            path.stat().st_mtime_ns,
            path.stat().st_size,
        )
        for path in folder.rglob("*.json*")
    }


def count_syncs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    synced: list[int] = []
    real = os.fsync

    def sync(descriptor: int) -> None:
        synced.append(descriptor)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", sync)
    return synced


def test_live_and_ended_jobs_are_found_again_tomorrow(tmp_path: Path) -> None:
    live, done = job(1), job(2, Status.COMPLETED)
    before = Ledger(tmp_path)
    before.put(live, done)
    before.close()
    today = Ledger(tmp_path)
    assert today.load_live() == [live]
    assert ended(today) == [done]
    assert (today.get(live.id), today.get(done.id), today.get("nobody")) == (live, done, None)
    assert today.problems == []


def test_a_job_that_ends_leaves_the_live_file(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    first = job(1)
    ledger.put(first)
    done = first.but(status=Status.COMPLETED)
    ledger.put(done)
    assert ledger.load_live() == []
    assert ended(ledger) == [done]


def test_an_unconfirmed_job_stays_live(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.put(job(1, Status.UNCONFIRMED))
    assert len(ledger.load_live()) == 1


def test_ended_jobs_fill_segments_and_the_last_come_first(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, segment_size=10)
    jobs = [job(number, Status.COMPLETED) for number in range(35)]
    ledger.put(*jobs)
    batches = list(Ledger(tmp_path).load_ended())
    assert [len(batch) for batch in batches] == [5, 10, 10, 10]
    assert [each for batch in batches for each in batch] == jobs[::-1]


def test_the_cost_of_an_ended_job_may_come_later(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, segment_size=5)
    jobs = [job(number, Status.COMPLETED) for number in range(20)]
    ledger.put(*jobs)
    fresh = Ledger(tmp_path, segment_size=5)
    fresh.put(jobs[2].but(cost=0.25))
    assert len(ended(fresh)) == 20
    assert fresh.get(jobs[2].id) == jobs[2].but(cost=0.25)


def test_a_request_is_found_before_the_history_is_loaded(tmp_path: Path) -> None:
    jobs = [job(number, Status.COMPLETED) for number in range(20)]
    Ledger(tmp_path, segment_size=5).put(*jobs, job(99))
    ledger = Ledger(tmp_path, segment_size=5)
    assert ledger.find_request("req-3") == jobs[3]
    found = ledger.find_request("req-99")
    assert found is not None
    assert found.status is Status.IN_QUEUE
    assert ledger.find_request("req-1000") is None


def test_nothing_is_written_when_nothing_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger(tmp_path)
    live, done = job(1), job(2, Status.COMPLETED)
    ledger.put(live, done)
    ledger.settle()
    before, synced = files_of(tmp_path), count_syncs(monkeypatch)
    ledger.put(live.but(queue_position=3), done)
    Ledger(tmp_path).put(live, done)
    assert files_of(tmp_path) == before
    assert synced == []


def test_a_live_job_costs_exactly_one_fsync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger(tmp_path)
    ledger.put(*(job(number) for number in range(5)))
    synced = count_syncs(monkeypatch)
    intent = job(9, Status.SUBMITTING)
    ledger.put(intent)
    assert len(synced) == 1
    ledger.put(intent.but(status=Status.IN_QUEUE))
    assert len(synced) == 2


def test_changes_tell_what_others_wrote_once_and_never_our_own(tmp_path: Path) -> None:
    ours, theirs = Ledger(tmp_path), Ledger(tmp_path)
    mine, other = job(1), job(2)
    ours.put(mine)
    theirs.put(other)
    assert ours.changes() == Changed((other,))
    assert theirs.changes() == Changed((mine,))
    done = other.but(status=Status.COMPLETED)
    theirs.put(done)
    assert ours.changes() == Changed((done,))
    theirs.forget(mine.id)
    assert ours.changes() == Changed((), (mine.id,))
    assert ours.changes() == Changed()
    assert theirs.changes() == Changed()


def test_a_write_of_our_own_does_not_hide_what_others_wrote_before_it(tmp_path: Path) -> None:
    ours, theirs = Ledger(tmp_path), Ledger(tmp_path)
    theirs.put(job(1))
    ours.put(job(2))
    assert [each.request_id for each in ours.changes().jobs] == ["req-1"]


def test_an_ended_job_is_not_brought_back_to_life_by_an_old_word(tmp_path: Path) -> None:
    ours, theirs = Ledger(tmp_path), Ledger(tmp_path)
    shared = job(1)
    ours.put(shared)
    theirs.load_live()
    ours.put(shared.but(status=Status.COMPLETED))
    theirs.put(shared.but(status=Status.IN_PROGRESS))
    fresh = Ledger(tmp_path)
    assert fresh.load_live() == []
    assert [each.status for each in ended(fresh)] == [Status.COMPLETED]


def test_a_forgotten_job_does_not_come_back_from_another_process(tmp_path: Path) -> None:
    ours, theirs = Ledger(tmp_path), Ledger(tmp_path)
    shared = job(1)
    ours.put(shared)
    theirs.load_live()
    ours.forget(shared.id)
    theirs.put(shared.but(status=Status.COMPLETED))
    fresh = Ledger(tmp_path)
    assert (fresh.load_live(), ended(fresh), fresh.get(shared.id)) == ([], [], None)
    written = [*tmp_path.glob("live.json"), *tmp_path.glob("ended/*.json")]
    assert not any(shared.id in path.read_text() for path in written)


def test_a_submit_is_orphaned_when_its_ledger_is_closed_and_not_before(tmp_path: Path) -> None:
    first, second = Ledger(tmp_path), Ledger(tmp_path)
    intent = job(1, Status.SUBMITTING)
    first.put(intent)
    assert (first.orphaned_submits(), second.orphaned_submits()) == ([], [])
    first.close()
    assert second.orphaned_submits() == [intent]


def test_a_kill_between_segment_and_live_file_leaves_one_ended_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger(tmp_path)
    moving, staying = job(1), job(2)
    ledger.put(moving, staying)
    replace = Path.replace

    def die_at_the_live_file(self: Path, target: Path) -> Path:
        if target.name == "live.json":
            raise KeyboardInterrupt
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", die_at_the_live_file)
    done = moving.but(status=Status.COMPLETED)
    with pytest.raises(KeyboardInterrupt):
        ledger.put(done)
    monkeypatch.undo()
    assert moving.id in (tmp_path / "live.json").read_text(), "the kill came too late to matter"
    after = Ledger(tmp_path)
    assert (after.load_live(), ended(after), after.get(moving.id)) == ([staying], [done], done)
    after.put(staying.but(status=Status.FAILED))
    assert moving.id not in (tmp_path / "live.json").read_text()


def test_one_bad_document_is_named_and_kept_and_costs_no_other(tmp_path: Path) -> None:
    Ledger(tmp_path).put(job(1), job(2))
    live = tmp_path / "live.json"
    tables = orjson.loads(live.read_bytes())
    (table,) = tables.values()
    table["damaged"] = ["no", "job"]
    live.write_bytes(orjson.dumps(tables))
    ledger = Ledger(tmp_path)
    assert len(ledger.load_live()) == 2
    assert any("damaged" in problem for problem in ledger.problems)
    ledger.put(job(3))
    assert b"damaged" in live.read_bytes()


@pytest.mark.parametrize("rubbish", [b"", b"\0" * 300, b'{"documents": {"a": {"sta', b"[1]"])
def test_an_unreadable_live_file_is_set_aside_and_its_backup_taken(
    tmp_path: Path, rubbish: bytes
) -> None:
    ledger = Ledger(tmp_path)
    ledger.put(job(1))
    ledger.put(job(2))
    ledger.close()
    (tmp_path / "live.json").write_bytes(rubbish)
    again = Ledger(tmp_path)
    assert [each.request_id for each in again.load_live()] == ["req-1"]
    (aside,) = tmp_path.glob("live.json.unreadable-*")
    assert aside.read_bytes() == rubbish
    assert any(aside.name in problem for problem in again.problems)
    again.put(job(3))
    assert len(Ledger(tmp_path).load_live()) == 2


def test_an_unreadable_segment_costs_no_other_segment(tmp_path: Path) -> None:
    Ledger(tmp_path, segment_size=5).put(*(job(n, Status.COMPLETED) for n in range(15)))
    middle = sorted((tmp_path / "ended").glob("*.json"))[1]
    middle.write_bytes(b"{")
    for backup in middle.parent.glob(f"{middle.name}.bak"):
        backup.unlink()
    ledger = Ledger(tmp_path, segment_size=5)
    assert len(ended(ledger)) == 10
    assert any(middle.name in problem for problem in ledger.problems)
    assert len(list(middle.parent.glob("*.unreadable-*"))) == 1


def test_only_the_owner_can_read_the_ledger(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    ledger = Ledger(folder)
    ledger.put(job(1, Status.SUBMITTING), job(2, Status.COMPLETED))
    assert folder.stat().st_mode & 0o777 == 0o700
    for path in folder.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_full_disk_is_a_sentence_and_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger(tmp_path)
    ledger.put(job(1))
    before = (tmp_path / "live.json").read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LedgerError, match="disk is full"):
        ledger.put(job(2))
    monkeypatch.undo()
    assert (tmp_path / "live.json").read_bytes() == before
    ledger.put(job(2))
    assert len(Ledger(tmp_path).load_live()) == 2


def test_a_lock_that_is_never_freed_is_a_sentence(tmp_path: Path) -> None:
    holder, waiter = Ledger(tmp_path), Ledger(tmp_path, lock_seconds=0.05)
    with holder._files.writing("hold the lock"), pytest.raises(LedgerBusy, match="locked"):
        waiter.put(job(1))
    waiter.put(job(1))
    assert len(holder.load_live()) == 1


def test_what_a_killed_writer_left_is_swept_at_the_next_start(tmp_path: Path) -> None:
    Ledger(tmp_path).put(job(1), job(2, Status.COMPLETED))
    left = [tmp_path / ".live.json.0a.tmp", tmp_path / "ended" / ".000001.json.0b.tmp"]
    for path in left:
        path.write_bytes(b"half")
    Ledger(tmp_path)
    assert not any(path.exists() for path in left)
