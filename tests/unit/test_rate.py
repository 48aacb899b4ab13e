"""How quickly a download comes in, over its last seconds."""

from __future__ import annotations

from runcomfy_tui.engine.rate import Rate


def rate_of(*seen: tuple[float, int]) -> Rate:
    rate = Rate()
    for now, received in seen:
        rate.add(received, now)
    return rate


def test_the_last_seconds_count_and_what_was_there_before_does_not() -> None:
    rate = rate_of((0.0, 1_000_000), (1.0, 1_000_100))
    assert rate.bytes_a_second == 100
    assert rate.seconds_left(1_001_100) == 10
    steady = rate_of(*((float(second), 1000 * second) for second in range(20)), (20.0, 19_000))
    assert 700 < steady.bytes_a_second < 1000


def test_nobody_can_tell_at_first_or_without_a_total_or_while_nothing_comes() -> None:
    assert rate_of((0.0, 5)).seconds_left(10) is None
    assert rate_of((0.0, 5), (1.0, 6)).seconds_left(None) is None
    assert rate_of((0.0, 5), (1.0, 5)).seconds_left(10) is None
    assert rate_of((0.0, 500), (1.0, 3)).bytes_a_second == 0
