"""Whether anything may be asked at all now: the caps, a 429, an outage. Pure; no clock, no I/O.

Every `now` is in seconds of one monotonic clock that the caller owns.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

FIRST_OFFLINE_PAUSE = 1.0
LONGEST_OFFLINE_PAUSE = 20.0
FIRST_THROTTLE_PAUSE = 2.0
LONGEST_THROTTLE_PAUSE = 120.0
"""The longest pause of our own choosing; what `Retry-After` says is obeyed in full."""

SLOWEST_RATE = 0.2
RECOVERY_SECONDS = 60.0
"""After a 429 the pace comes back evenly, this long for all of it."""

_LATENESS = 0.02
"""Seconds by which a poll may be late and the next one still be on time."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The caps: polls per second over all jobs, and polls under way at once."""

    polls_per_second: float = 5.0
    connections: int = 5


@dataclass(slots=True)
class Gate:
    """One cap for all. A 429 halves the pace for all; an outage leaves one probe under way.

    Polls that were under way when trouble began meet the same trouble: they count once together.
    """

    pace: Pace = field(default_factory=Pace)
    random: Random = field(default_factory=Random)
    _next_slot: float = 0.0
    _offline_until: float = 0.0
    _throttled_until: float = 0.0
    _held_until: float = 0.0
    _slowed_to: float | None = None
    _failures: int = 0
    _throttles: int = 0
    _counted_at: float = float("-inf")

    def rate(self, now: float) -> float:
        """Polls per second allowed now."""
        full = self.pace.polls_per_second
        if self._slowed_to is None:
            return full
        won_back = max(0.0, now - self._throttled_until) * full / RECOVERY_SECONDS
        return min(full, self._slowed_to + won_back)

    def room(self) -> int:
        """How many polls may be under way at once."""
        return 1 if self._failures else self.pace.connections

    def opens_at(self) -> float:
        """When the next poll may leave."""
        return max(self._next_slot, self._offline_until, self._throttled_until, self._held_until)

    def sent(self, now: float) -> None:
        """A poll was sent."""
        # To be woken a little late costs no slot.
        self._next_slot = max(self._next_slot, now - _LATENESS) + 1.0 / self.rate(now)

    def reserve(self, now: float) -> float:
        """A poll that is under way has another question: seconds until its slot, taken by it."""
        at = max(now, self._next_slot, self._throttled_until)
        self.sent(at)
        return at - now

    def answered(self, started: float, now: float) -> None:
        """A poll that left at `started` was answered: the net is there."""
        self._failures = 0
        self._offline_until = min(self._offline_until, now)
        if started >= self._counted_at:
            self._throttles = 0
        if self.rate(now) >= self.pace.polls_per_second:
            self._slowed_to = None

    def unreachable(self, started: float, now: float) -> None:
        """No answer: a pause for all, longer each time."""
        if started < self._counted_at:
            return
        self._counted_at = now
        self._failures += 1
        pause = FIRST_OFFLINE_PAUSE * 2.0 ** min(self._failures - 1, 10)
        self._offline_until = now + self.jittered(min(LONGEST_OFFLINE_PAUSE, pause))

    def throttled(self, started: float, now: float, retry_after: float | None) -> None:
        """A 429: everything waits as long as the server said, and is slower after that."""
        if retry_after is not None:
            self._throttled_until = max(self._throttled_until, now + max(retry_after, 0.0))
        if started < self._counted_at:
            return
        self._slowed_to = max(SLOWEST_RATE, self.rate(now) / 2)
        self._counted_at = now
        self._throttles += 1
        if retry_after is None:
            pause = FIRST_THROTTLE_PAUSE * 2.0 ** min(self._throttles - 1, 10)
            pause = min(LONGEST_THROTTLE_PAUSE, pause)
            self._throttled_until = max(self._throttled_until, now + pause)

    def hold(self, seconds: float, now: float) -> None:
        """Asking is no use for so long, unless something happens: the token is refused."""
        self._held_until = now + seconds

    def resume(self, now: float, slept: float = 0.0) -> None:
        """Something says that it would work now: no more waiting, but for what a 429 asked for.

        `slept` are seconds that passed in the world and not on this clock.
        """
        self._failures = 0
        self._offline_until = min(self._offline_until, now)
        self._held_until = min(self._held_until, now)
        self._throttled_until -= slept
        self._counted_at = now

    def jittered(self, seconds: float) -> float:
        """About so long, so that many programs do not come back in step."""
        return seconds * self.random.uniform(0.9, 1.1)
