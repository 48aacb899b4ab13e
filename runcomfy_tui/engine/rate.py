"""How quickly something comes in, as one wants to read it: over the last seconds."""

from __future__ import annotations

from collections import deque

SECONDS = 5.0
"""How far back one looks."""


class Rate:
    """Bytes per second out of how far a download was when; times are seconds of any clock."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def add(self, received: int, now: float) -> None:
        """So much is there now; less than before means that it began anew."""
        if self._seen and received < self._seen[-1][1]:
            self._seen.clear()
        self._seen.append((now, received))
        while len(self._seen) > 2 and self._seen[1][0] <= now - SECONDS:
            self._seen.popleft()

    @property
    def bytes_a_second(self) -> float:
        """0 while nobody can tell."""
        if len(self._seen) < 2:
            return 0.0
        (began, first), (now, last) = self._seen[0], self._seen[-1]
        return (last - first) / (now - began) if now > began else 0.0

    def seconds_left(self, total: int | None) -> float | None:
        """Until `total` bytes are there; None while nobody can tell."""
        rate = self.bytes_a_second
        if total is None or rate <= 0:
            return None
        return max(0.0, total - self._seen[-1][1]) / rate
