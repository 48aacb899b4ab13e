"""How times, money, sizes and counts read, in the window and in the commands. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

INPUTS_NOT_KNOWN = "This job was taken in from elsewhere: its inputs are not known."


def age(seconds: float) -> str:
    """A coarse span of time: `42s`, `6m`, `3h`, `2d`."""
    whole = max(0, int(seconds))
    if whole < MINUTE:
        return f"{whole}s"
    if whole < HOUR:
        return f"{whole // MINUTE}m"
    if whole < 2 * DAY:
        return f"{whole // HOUR}h"
    return f"{whole // DAY}d"


def elapsed(since: float, now: float) -> str:
    """The age of something that still goes on, to be shown while time passes.

    It counts whole seconds of the clock in the first minute and whole minutes of the clock later,
    so that all such texts on a screen change together, in one paint, and never read too high.
    """
    seconds = int(now) - int(since)
    if seconds < MINUTE:
        return age(seconds)
    return age(max(MINUTE, int(now) // MINUTE * MINUTE - int(since)))


def seconds_until_elapsed_changes(since: float, now: float) -> float:
    """How long the text of `elapsed` surely stays as it is."""
    step = 1 if int(now) - int(since) < MINUTE else MINUTE
    return step - now % step


def duration(seconds: float | None) -> str:
    """How long something took: `58s`, `1m 12s`, `2h 5m`; empty for None."""
    if seconds is None:
        return ""
    whole = max(0, round(seconds))
    for unit, name, part, part_name in ((DAY, "d", HOUR, "h"), (HOUR, "h", MINUTE, "m")):
        if whole >= unit:
            return _two_parts(whole, unit, name, part, part_name)
    if whole >= MINUTE:
        return _two_parts(whole, MINUTE, "m", 1, "s")
    return f"{whole}s"


def _two_parts(whole: int, unit: int, name: str, part: int, part_name: str) -> str:
    rest = whole % unit // part
    return f"{whole // unit}{name} {rest}{part_name}" if rest else f"{whole // unit}{name}"


def money(usd: float | None) -> str:
    """US dollars: `$0.25`; what is less than ten cents keeps its digits: `$0.0040`."""
    if usd is None:
        return ""
    sign, amount = ("-", -usd) if usd < 0 else ("", usd)
    if amount >= 0.1 or round(amount, 2) == round(amount, 6):
        return f"{sign}${amount:,.2f}"
    return f"{sign}${amount:.4f}" if amount >= 0.00005 else f"{sign}<$0.0001"


def size(count: int) -> str:
    """Bytes, in powers of a thousand as the API's limits are: `2.1 MB`."""
    from humanize import naturalsize  # not needed for the first paint, and 8 ms of it

    return naturalsize(count, format="%.1f").replace(" Bytes", " B").replace(" Byte", " B")


def clock(at: float, now: float, *, brief: bool = False) -> str:
    """When something was, in local time: today `14:05`, this year `Nov 19`, else `2025-11-19`.

    `brief` leaves the day out of other years (`2025-11`). Empty for a time no calendar has.
    """
    then, today = _local(at), _local(now)
    if then is None or today is None:
        return ""
    if then.date() == today.date():
        return f"{then:%H:%M}"
    if then.year == today.year:
        return f"{_MONTHS[then.month - 1]} {then.day}"
    return f"{then:%Y-%m}" if brief else f"{then:%Y-%m-%d}"


def moment(at: float) -> str:
    """A point in local time in full: `2025-11-19 14:05:12`; empty for one no calendar has."""
    then = _local(at)
    return f"{then:%Y-%m-%d %H:%M:%S}" if then else ""


def seconds_until_tomorrow(now: float) -> float:
    """Seconds to the next local day, 1 at least: so long `clock` says the same of what is past."""
    today = _local(now)
    if today is None:
        return DAY
    tomorrow = datetime.combine(today.date() + timedelta(days=1), datetime.min.time())
    return max(1.0, tomorrow.timestamp() - now)


# strftime's %b would follow a locale; everything else on the screen is English.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def local_time(at: float) -> datetime:
    """Epoch seconds in local time. Raises `OverflowError`, `OSError` or `ValueError`."""
    return datetime.fromtimestamp(at, UTC).astimezone()


def _local(at: float) -> datetime | None:
    try:
        return local_time(at)
    except (OverflowError, OSError, ValueError):
        return None


def count_of(count: int, one: str, many: str | None = None) -> str:
    """`1 job`, `1,200 jobs`; `many` where an `s` does not do: `3 jobs have`."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
