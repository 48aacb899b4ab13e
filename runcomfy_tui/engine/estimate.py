"""What a job is likely to cost and to take: by its base price, and by the user's own past. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import isfinite
from operator import attrgetter
from statistics import median
from typing import Any, Final

from runcomfy_tui.jobs import Job, JsonObject, ModelEntry, Status
from runcomfy_tui.schema.fields import UNSET, Field, FieldKind, Form
from runcomfy_tui.schema.new_seed import is_seed

LAST: Final = 12
"""How many jobs of the past are looked back on."""

MOST_COMPARED: Final = 5000
"""How far back they are looked for: beyond that, prices are another time's."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The base price in USD times what is known of the request: `units` of `unit`."""

    usd: float
    units: float
    unit: str


@dataclass(frozen=True, slots=True)
class Past:
    """The user's last jobs like this one: how many, and their median USD and seconds."""

    count: int = 0
    usd: float | None = None
    seconds: float | None = None


def estimate(entry: ModelEntry, form: Form, inputs: JsonObject) -> Estimate | None:
    """What the base price says `inputs` will cost; None where its unit is not known of them.

    The true price may differ: what resolution, sound and the like change, only prose tells.
    """
    if entry.base_price_usd is None or not isfinite(entry.base_price_usd):
        return None
    units = _units(_unit_of(entry.price_unit), form, inputs)
    if units is None:
        return None
    return Estimate(entry.base_price_usd * units, units, _unit_of(entry.price_unit))


def past_like(jobs: Iterable[Job], model_id: str, form: Form, inputs: JsonObject) -> Past:
    """What the last completed jobs of this model with the same settings cost and took.

    Settings are all inputs but for prompts, seeds and media; one that was left out counts as its
    default. Jobs may come in any order.
    """
    mine = [job for job in jobs if job.model_id == model_id and job.status is Status.COMPLETED]
    mine.sort(key=attrgetter("created_at"), reverse=True)
    settings = PriceSettings(form)
    wanted = settings.of(inputs)
    like = (job for job in mine[:MOST_COMPARED] if settings.of(job.inputs) == wanted)
    return _summed_up(tuple(islice(like, LAST)))


class PriceSettings:
    """The inputs that decide a job's price and time: all but prompts, seeds and media."""

    def __init__(self, form: Form) -> None:
        self._varying = {field.name for field in form.fields if _varies(field)}
        self._defaults = {
            field.name: field.default
            for field in form.fields
            if field.default is not UNSET and field.name not in self._varying
        }

    def of(self, inputs: JsonObject) -> dict[str, Any]:
        """The settings in `inputs`; what is left out there is what the schema says it then is."""
        given = {name: value for name, value in inputs.items() if name not in self._varying}
        return {**self._defaults, **given}


def _summed_up(jobs: Sequence[Job]) -> Past:
    costs = [job.cost for job in jobs if job.cost is not None]
    seconds = [job.duration for job in jobs if job.duration is not None]
    return Past(
        len(jobs),
        median(costs) if costs else None,
        median(seconds) if seconds else None,
    )


_PROMPT_WORDS: Final = re.compile(r"prompt|lyrics|caption|instruction|transcript", re.IGNORECASE)


def _varies(field: Field) -> bool:
    """Whether a field says what a job is to show, and not how."""
    if field.media is not None or field.kind in (FieldKind.PROMPT, FieldKind.MEDIA):
        return True
    return bool(is_seed(field.name) or _PROMPT_WORDS.search(field.name))


# -- units of a price -----------------------------------------------------------------------------

_SECOND, _MINUTE, _OUTPUT, _JOB = "second", "minute", "output", "job"

_UNITS: Final = {
    **dict.fromkeys(("s", "sec", "second"), _SECOND),
    **dict.fromkeys(("min", "minute"), _MINUTE),
    **dict.fromkeys(("output", "image", "picture", "video", "clip", "song", "track"), _OUTPUT),
    **dict.fromkeys(("job", "request", "run", "call", "generation", "task"), _JOB),
}

_SECONDS_OF: Final = {
    **dict.fromkeys(("duration", "durationseconds", "durationinseconds", "seconds"), 1.0),
    **dict.fromkeys(("videoduration", "audioduration", "clipduration", "videolength"), 1.0),
    **dict.fromkeys(("lengthseconds", "musiclengthseconds", "durations", "lengths"), 1.0),
    **dict.fromkeys(("durationms", "lengthms", "musiclengthms", "audiolengthms"), 0.001),
    **dict.fromkeys(("durationminutes", "minutes"), 60.0),
}

_COUNTS: Final = frozenset(
    {
        *("n", "count", "batchsize", "samples", "imagecount", "outputcount", "videocount"),
        *("numimages", "numoutputs", "numvideos", "numsamples", "numresults", "nimages"),
        *("numberofimages", "numberofoutputs", "numberofvideos", "maximages", "imagesnum"),
    }
)
_FRAMES: Final = frozenset({"numframes", "frames", "framecount", "numberofframes"})
_RATES: Final = frozenset({"fps", "framerate", "framespersecond"})


def _unit_of(price_unit: str | None) -> str:
    word = (price_unit or "").strip().lower().removeprefix("per ").strip()
    return _UNITS.get(word) or _UNITS.get(word.removesuffix("s")) or word


def _units(unit: str, form: Form, inputs: JsonObject) -> float | None:
    given = _given(form, inputs)
    if unit == _JOB:
        return 1
    if unit == _OUTPUT:
        # A model that has no input for it makes one; one that has may make any number.
        counts = [name for name in given if name in _COUNTS]
        return _number(given[counts[0]]) if counts else 1
    if unit in (_SECOND, _MINUTE):
        seconds = _seconds(given)
        return None if seconds is None else seconds / (60 if unit == _MINUTE else 1)
    return None


def _given(form: Form, inputs: JsonObject) -> dict[str, Any]:
    """What each input will be, as far as is known, by its name in plain lower case."""
    names = dict.fromkeys((*(field.name for field in form.fields), *inputs))
    defaults = {field.name: field.default for field in form.fields}
    return {
        re.sub(r"[^a-z0-9]", "", name.lower()): inputs.get(name, defaults.get(name, UNSET))
        for name in names
    }


def _seconds(given: Mapping[str, Any]) -> float | None:
    for name, factor in _SECONDS_OF.items():
        if name in given:
            told = _number(given[name])
            return None if told is None else told * factor
    frames = next((_number(given[name]) for name in _FRAMES if name in given), None)
    rate = next((_number(given[name]) for name in _RATES if name in given), None)
    return frames / rate if frames and rate else None


_NUMERAL: Final = re.compile(r"\s*(\d{1,6}(?:\.\d{1,6})?)\s*(?:s|sec|seconds)?\s*")


def _number(value: Any) -> float | None:
    """A count or a length; None for `auto`, -1 and whatever else leaves it to the model."""
    if isinstance(value, str):
        numeral = _NUMERAL.fullmatch(value)
        value = float(numeral[1]) if numeral else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if isfinite(value) and value > 0 else None
