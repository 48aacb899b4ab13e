"""What is planned: each item is taken once, whatever happens in between."""

from __future__ import annotations

import os
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from runcomfy_tui.batch import Batch, BatchState, Item, Progress, new_batch
from runcomfy_tui.history.batches import LOST, STALE_SECONDS, BatchStore
from runcomfy_tui.history.errors import LedgerError
from runcomfy_tui.jobs import Status


def items(count: int) -> list[Item]:
    return [Item({"number": number}) for number in range(count)]


def planned(store: BatchStore, count: int = 3, label: str = "") -> Batch:
    batch = new_batch("a/b", label, count)
    store.plan(batch, items(count))
    return batch


def take(store: BatchStore, batch: Batch) -> tuple[int, Any] | None:
    taken: list[tuple[int, Any]] = []
    store.take(batch.id, lambda _, number, item: taken.append((number, item.inputs["number"])))
    return taken[0] if taken else None


def test_a_batch_comes_back_as_it_was_planned(tmp_path: Path) -> None:
    batch = new_batch("a/b c", "[/label] \x1b \ud83d", 2, now=1_800_000_000.5)
    told = [Item({"prompt": "half \ud83d", "big": 2**70}, (("loras", 0, "path"),)), Item({})]
    BatchStore(tmp_path).plan(batch, told)
    store = BatchStore(tmp_path)
    assert store.load() == [batch]
    assert store.load() is None, "nothing has changed since"
    seen: list[Item] = []
    for _ in told:
        store.take(batch.id, lambda _, __, item: seen.append(item))
    assert seen == told


def test_items_are_taken_in_order_once_and_what_is_given_back_goes_first(tmp_path: Path) -> None:
    store = BatchStore(tmp_path)
    batch = planned(store, 4)
    assert [take(store, batch), take(store, batch), take(store, batch)] == [(0, 0), (1, 1), (2, 2)]
    store.change(batch.id, lambda now: now.giving_back(1))
    after = store.change(batch.id, lambda now: now.giving_back(1))
    assert after is not None
    assert (after.left, after.returned) == (2, (1,))
    assert [take(store, batch), take(store, batch), take(store, batch)] == [(1, 1), (3, 3), None]


def test_another_window_that_pauses_is_heard_before_the_next_item_is_taken(tmp_path: Path) -> None:
    one, two = BatchStore(tmp_path), BatchStore(tmp_path)
    batch = planned(one)
    assert take(one, batch) == (0, 0)
    two.change(batch.id, lambda now: now.in_state(BatchState.PAUSED))
    assert take(one, batch) is None
    [seen] = one.load() or []
    assert (seen.state, seen.left) == (BatchState.PAUSED, 2)


def test_two_programs_never_take_the_same_item(tmp_path: Path) -> None:
    stores = [BatchStore(tmp_path), BatchStore(tmp_path)]
    batch = planned(stores[0], 40)
    chance = Random(1)
    taken = [take(chance.choice(stores), batch) for _ in range(50)]
    assert [each for each in taken if each is not None] == [(n, n) for n in range(40)]


def test_what_cannot_be_intended_stays_planned(tmp_path: Path) -> None:
    store = BatchStore(tmp_path)
    batch = planned(store)

    def refuse(*_: object) -> None:
        raise LedgerError("no disk")

    with pytest.raises(LedgerError, match="no disk"):
        store.take(batch.id, refuse)
    assert take(store, batch) == (0, 0)


def test_of_several_batches_all_are_planned_or_none(tmp_path: Path) -> None:
    store = BatchStore(tmp_path)
    one, two = new_batch("a/b", "", 1), new_batch("c/d", "", 1)
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(LedgerError, match="nested too deeply"):
        store.plan_all([(one, items(1)), (two, [Item({"deep": deep})])])
    assert not BatchStore(tmp_path).load()
    store.plan_all([(one, items(1)), (two, items(1))])
    assert BatchStore(tmp_path).load() == sorted([one, two], key=lambda batch: batch.id)


def test_of_what_is_over_the_inputs_are_removed_and_the_oldest_forgotten(tmp_path: Path) -> None:
    store = BatchStore(tmp_path, limit=2)
    for number in range(4):
        batch = new_batch("a/b", str(number), 3, now=1_800_000_000.0 + number)
        store.plan(batch, items(3))
        store.change(batch.id, lambda now: now.in_state(BatchState.DROPPED))
    assert [each.label for each in BatchStore(tmp_path).load() or []] == ["1", "2", "3"]
    assert list((tmp_path / "batches").iterdir()) == []
    assert take(store, batch) is None


def test_inputs_that_no_batch_claims_are_removed_once_they_are_old(tmp_path: Path) -> None:
    store = BatchStore(tmp_path)
    batch = planned(store)
    for name, age in (("fresh", 0.0), ("stale", STALE_SECONDS + 1), (batch.id, STALE_SECONDS + 1)):
        path = tmp_path / "batches" / f"{name}.json"
        path.touch()
        os.utime(path, (time.time() - age, time.time() - age))
    store.sweep()
    assert {path.stem for path in (tmp_path / "batches").glob("*.json")} == {"fresh", batch.id}
    assert take(store, batch) == (0, 0)


def test_inputs_of_a_batch_that_only_a_newer_version_can_read_are_kept(tmp_path: Path) -> None:
    store = BatchStore(tmp_path)
    batch = planned(store)
    file = tmp_path / "batches.json"
    file.write_bytes(file.read_bytes().replace(b'"running"', b'"scheduled"'))
    path = tmp_path / "batches" / f"{batch.id}.json"
    os.utime(path, (time.time() - STALE_SECONDS - 1,) * 2)
    store.sweep()
    assert path.exists()


def test_lost_inputs_pause_the_batch_and_leave_nothing_taken(tmp_path: Path) -> None:
    batch = planned(BatchStore(tmp_path))
    (tmp_path / "batches" / f"{batch.id}.json").unlink()
    store = BatchStore(tmp_path)
    assert take(store, batch) is None
    [seen] = store.load() or []
    assert (seen.state, seen.words, seen.left) == (BatchState.PAUSED, LOST, 3)


@pytest.mark.parametrize(
    "damage",
    [
        {"state": "unheard of"},
        {"state": 5},
        {"count": "many"},
        {"cursor": None},
        {"model_id": 1},
    ],
)
def test_a_document_that_is_no_batch_sends_nothing_and_costs_only_itself(
    tmp_path: Path, damage: dict[str, Any]
) -> None:
    store = BatchStore(tmp_path)
    batch, other = planned(store), planned(store)

    def spoil(documents: dict[str, Any]) -> None:
        documents[batch.id] = documents[batch.id] | damage

    store._file.revise("test", spoil)
    assert take(store, batch) is None
    assert store.change(batch.id, lambda now: now.in_state(BatchState.RUNNING)) is None
    assert [each.id for each in BatchStore(tmp_path).load() or []] == [other.id]


def test_taking_from_the_middle_leaves_what_lies_before_it_planned() -> None:
    batch = new_batch("a/b", "", 6).taking([0, 3])
    assert (batch.cursor, batch.returned, batch.left) == (4, (1, 2), 4)
    assert batch.taking([1, 2, 4, 5]).next_item is None
    assert batch.giving_back(5) == batch, "it was never taken"


def test_progress_counts_what_runcomfy_took_apart_from_what_nobody_knows() -> None:
    progress = Progress(
        new_batch("a/b", "", 20),
        {
            Status.SUBMITTING: 1,
            Status.UNCONFIRMED: 2,
            Status.REJECTED: 3,
            Status.IN_QUEUE: 4,
            Status.COMPLETED: 5,
        },
    )
    assert (progress.sent, progress.unknown, progress.refused, progress.unfinished) == (9, 2, 3, 5)
