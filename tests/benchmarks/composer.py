"""The composer: how soon a form is there, what a key in it costs, how soon a search finds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from runcomfy_tui.builtin_models import BUILTIN_MODELS
from runcomfy_tui.history.catalog import CachedCatalog, CatalogStore
from runcomfy_tui.jobs import ModelEntry
from tests.benchmarks import bare_form
from tests.benchmarks.figures import Family, Figure
from tests.benchmarks.first_paint import UndrawnPty
from tests.benchmarks.painted import seconds_until_painted
from tests.benchmarks.thousand import processor_seconds
from tests.terminal.dashboard import PROGRAM, ROOT
from tests.ui.composer_host import Host

RUNS = 15
ROUNDS = 3
KEYS = 200
MODELS = 384
RARE = "jqxz"
"""Letters that stand in the id of one model each, and in nothing else of the catalog."""


def largest() -> ModelEntry:
    """A model with as many inputs as any is known to have, each of them in sight from the start."""
    text = {"type": "string", "maxLength": 2000, "default": ""}
    ratio = {"type": "string", "enum": ["16:9", "1:1", "9:16"], "default": "1:1"}
    image = {"type": "string", "format": "image_uri"}
    properties: dict[str, Any] = {
        "prompt": {**text, "description": "What happens, in [brackets] what is heard."},
        "negative_prompt": text,
        "image_url": image,
        "end_image_url": image,
        "images": {"type": "array", "items": image, "maxItems": 4},
        "aspect_ratio": ratio,
        "resolution": {"type": "string", "enum": ["720p", "1080p"], "default": "1080p"},
        "style": ratio,
        "duration": {"type": "integer", "enum": [5, 10], "default": 5},
        "seed": {"type": "integer", "minimum": -1, "maximum": 4294967295, "default": -1},
        "steps": {"type": "integer", "minimum": 1, "maximum": 50, "default": 20},
        "guidance": {"type": "float", "minimum": 0, "maximum": 20, "default": 3.5},
        "strength": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.5},
        "sound": {"type": "boolean", "default": True},
        "watermark": {"type": "boolean", "default": False},
    }
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return ModelEntry("large/form/of-15", input_schema=schema)


LARGEST = largest()
FIELDS = len((LARGEST.input_schema or {})["properties"])


def measure(folder: Path) -> Iterator[Figure]:
    """Forms in this process, keys in the whole program in a terminal."""
    # In turns, so that whatever else the machine does strikes both alike.
    rounds = [(open_form(LARGEST), bare_form.measure(FIELDS, RUNS)) for _ in range(ROUNDS)]
    own, bare = (median(map(median, each)) for each in zip(*rounds, strict=True))
    small = [median(open_form(entry)) for entry in BUILTIN_MODELS]
    yield Figure(
        "form_open",
        own * 1e3,
        "ms",
        150,
        f"{FIELDS} fields, median of {ROUNDS * RUNS}; built-in models "
        f"{', '.join(f'{seconds * 1e3:.0f}' for seconds in small)} ms",
    )
    yield Figure(
        "form_open_ratio",
        own / bare,
        f"× {FIELDS} bare Inputs",
        2,
        f"{own * 1e3:.0f} ms against {bare * 1e3:.0f} ms",
    )
    CatalogStore(folder).save(catalog())
    with dashboard(folder) as screen:
        times = sorted(key_to_match(screen))
        yield Figure(
            "first_match",
            times[int(len(times) * 0.9)] * 1e3,
            "ms",
            50,
            f"{MODELS} models, 9 in 10 of {len(times)} keys; median {median(times) * 1e3:.0f} ms",
        )
        yield Figure(
            "keystroke_cpu",
            milliseconds_a_key(screen),
            "ms",
            16,
            f"everything that a key in a prompt sets off, mean of {KEYS}, {FIELDS} fields",
        )


def open_form(entry: ModelEntry) -> list[float]:
    """Seconds from choosing a model until its form is painted."""
    return asyncio.run(_open_form(entry))


async def _open_form(entry: ModelEntry) -> list[float]:
    app = Host()
    async with app.run_test(size=(140, 40)):

        async def choose() -> None:
            await app.composer.show_model(entry)

        await seconds_until_painted(app, choose)
        return [await seconds_until_painted(app, choose) for _ in range(RUNS)]


def catalog() -> CachedCatalog:
    """As many models as RunComfy has, a few of which a rare letter finds."""
    makers = ["runner", "bytelight", "alibo", "minimal", "stability", "luminous"]
    kinds = ["text-to-image", "image-to-video", "text-to-audio", "reference-to-video"]
    rare = [
        ModelEntry(f"rare/{letter}-maker/{number}00{number}")
        for number, letter in enumerate(RARE, 1)
    ]
    rest = [
        ModelEntry(
            f"{makers[number % 6]}/model-{number}/{kinds[number % 4]}",
            display_name=f"Model {number} of {makers[number % 6]}",
            description="Makes pictures and films of what a prompt describes, in any style. " * 3,
            categories=(kinds[number % 4],),
            base_price_usd=0.05,
            price_unit="second",
        )
        for number in range(MODELS - len(rare) - 1)
    ]
    entries = (*rest, *rare, LARGEST)
    return CachedCatalog(entries, listed_at=time.time(), total=len(entries))


def dashboard(folder: Path) -> UndrawnPty:
    """The whole program, which knows the catalog and reaches no server."""
    environ = {"RUNCOMFY_TOKEN": "any", "RUNCOMFY_MODEL_API_BASE": "http://127.0.0.1:9/v1"}
    return UndrawnPty([*PROGRAM, "--data-dir", str(folder)], environ=environ, cwd=ROOT)


def key_to_match(screen: UndrawnPty) -> Iterator[float]:
    """Seconds from a letter typed into the search until the model it finds is on the line."""
    random = Random(1)
    screen.wait_until(lambda: b"Aspect Ratio" in screen.raw, what="the form")
    screen.bytes_until_quiet()
    screen.press("f2")
    screen.wait_until(lambda: b"catalog of" in screen.raw, what="the picker")
    screen.bytes_until_quiet()
    for number in range(10 * len(RARE)):
        place = number % len(RARE)
        found = f"{place + 1}00{place + 1}".encode()
        seen = len(screen.raw)
        began = time.perf_counter()
        screen.press(RARE[place])
        screen.wait_until(lambda: found in screen.raw[seen:], what="the match")  # noqa: B023
        yield time.perf_counter() - began
        screen.bytes_until_quiet(random.uniform(0.2, 0.3))
        screen.press("backspace")
        screen.bytes_until_quiet(random.uniform(0.2, 0.3))


def milliseconds_a_key(screen: UndrawnPty) -> float:
    """The processor time of the whole program by letters typed into the largest form's prompt."""
    screen.send("of-15\r")
    screen.wait_until(lambda: b"egative" in screen.raw, what="the largest form")
    screen.bytes_until_quiet(1.0)
    pid = screen.process.pid
    used = processor_seconds(pid)
    for number in range(KEYS):
        seen = len(screen.raw)
        screen.press("abcde "[number % 6])
        screen.wait_until(lambda: len(screen.raw) > seen, what="the letter")  # noqa: B023
        screen.bytes_within(0.05)
    return (processor_seconds(pid) - used) / KEYS * 1e3


FAMILY = Family(
    "composer", ("form_open", "form_open_ratio", "first_match", "keystroke_cpu"), measure
)
