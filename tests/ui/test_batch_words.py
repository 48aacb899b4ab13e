"""How far a batch is, in words."""

from __future__ import annotations

from runcomfy_tui.batch import BatchState, Progress, new_batch
from runcomfy_tui.jobs import Status
from runcomfy_tui.ui.widgets.batch_words import brief, counts, fates, state_words

BATCH = new_batch("a/b", "[/boats] \x1b", 50).taking(range(20))
MIXED = Progress(
    BATCH,
    {
        Status.IN_PROGRESS: 3,
        Status.IN_QUEUE: 5,
        Status.COMPLETED: 4,
        Status.UNCONFIRMED: 1,
        Status.REJECTED: 2,
        Status.SUBMITTING: 1,
    },
)


def test_a_running_one_tells_how_far_it_is_what_changes_most_first() -> None:
    assert brief(MIXED) == "12/50 sent · 3 running · 5 queued · 1 unknown · 2 refused · [/boats] ␛"


def test_a_paused_one_says_why_before_anything_else() -> None:
    paused = Progress(BATCH.in_state(BatchState.PAUSED, "No [money]\n"), MIXED.statuses)
    assert brief(paused).startswith("12/50 sent, paused · No [money]  · 3 running")
    assert state_words(paused) == "paused: No [money] "


def test_every_item_is_accounted_for() -> None:
    assert counts(MIXED) == (
        "50 jobs · 12 sent · 1 unknown · 2 refused · 1 on the way · 4 no longer in the ledger · "
        "30 left, not sent"
    )
    dropped = Progress(BATCH.in_state(BatchState.DROPPED), {Status.COMPLETED: 20})
    assert counts(dropped) == "50 jobs · 20 sent · 30 dropped"
    assert fates(MIXED) == "3 running · 5 queued · 4 completed"


def test_what_is_all_sent_may_not_have_ended() -> None:
    done = BATCH.in_state(BatchState.DONE)
    assert state_words(Progress(done, {Status.IN_QUEUE: 1})) == "all sent, not all ended"
    assert state_words(Progress(done, {Status.COMPLETED: 1})) == "all sent"
