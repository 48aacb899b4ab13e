"""What two ledgers know of one job, put together. Pure."""

from __future__ import annotations

from typing import Any, Final

from runcomfy_tui.jobs import Job


def merged(ours: Job, theirs: Job) -> Job:
    """`ours`, with what it lacks and `theirs` has; what it says already stands.

    Where theirs has ended and ours has not, theirs is how it ended.
    """
    told = theirs if theirs.status.is_final and not ours.status.is_final else ours
    other = theirs if told is ours else ours
    return told.but(
        id=ours.id,
        model_id=ours.model_id or theirs.model_id,
        inputs=ours.inputs or theirs.inputs,
        created_at=theirs.created_at if ours.adopted and not theirs.adopted else ours.created_at,
        adopted=ours.adopted and theirs.adopted,
        **{name: _first(getattr(told, name), getattr(other, name)) for name in _OF_THE_END},
        **{name: _first(getattr(ours, name), getattr(theirs, name)) for name in _OURS_FIRST},
    )


_OF_THE_END: Final = ("started_at", "finished_at", "output", "cost")
_OURS_FIRST: Final = (
    *("request_id", "submitted_at", "batch", "batch_item", "estimate"),
    *("label", "note", "rating", "pinned", "archived"),
)


def _first(one: Any, other: Any) -> Any:
    return other if one is None or one is False or one == "" else one
