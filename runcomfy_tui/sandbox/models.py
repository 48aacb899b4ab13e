"""A model of the sandbox: its catalog entry, what a job costs, what shape its output has."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from runcomfy_tui.jobs import JsonObject, ModelEntry
from runcomfy_tui.sandbox.media import MediaType

MICRODOLLARS = 1_000_000
"""Money is counted in whole millionths of a US dollar, so that nothing is lost to rounding."""

_PRICE_UNLESS_KNOWN = 0.15
_SECONDS_UNLESS_KNOWN = 5


class OutputShape(StrEnum):
    """How a model's result names its files; the wire knows all of these."""

    IMAGE = "image"
    IMAGES = "images"
    VIDEO = "video"
    VIDEOS = "videos"
    AUDIO = "audio"
    STRING = "a bare string"
    LIST = "a bare list"

    @property
    def media_type(self) -> MediaType:
        """What the files are."""
        match self:
            case OutputShape.VIDEO | OutputShape.VIDEOS:
                return MediaType.MP4
            case OutputShape.AUDIO:
                return MediaType.WAV
            case _:
                return MediaType.PNG

    def of(self, urls: list[str]) -> Any:
        """The `output` that holds these URLs, one at least."""
        match self:
            case OutputShape.IMAGES | OutputShape.VIDEOS:
                return {self.value: urls}
            case OutputShape.LIST:
                return urls
            case OutputShape.STRING:
                return urls[0]
            case _:
                return {self.value: urls[0]}


@dataclass(frozen=True, slots=True)
class SandboxModel:
    """A catalog entry and what its jobs do.

    `counted_by` names the integer input that says how many files a job makes; `dearer_with` a
    boolean one that adds half to the price; `cost_delay` is how many seconds, at speed 1, after
    the end the cost is known; `echoes_inputs` puts the inputs, URLs and all, beside the output.
    """

    entry: ModelEntry
    output: OutputShape
    counted_by: str | None = None
    dearer_with: str | None = None
    cost_delay: float = 0.0
    echoes_inputs: bool = False

    @property
    def model_id(self) -> str:
        return self.entry.model_id

    @property
    def schema(self) -> JsonObject:
        return self.entry.input_schema or {}

    def files(self, inputs: JsonObject) -> int:
        """How many files a job with these inputs makes."""
        if self.counted_by is not None:
            return max(1, int(self._value(inputs, self.counted_by) or 1))
        return 2 if self.output in (OutputShape.VIDEOS, OutputShape.LIST) else 1

    def price(self, inputs: JsonObject) -> int:
        """What a job with these inputs costs, in microdollars."""
        base = self.entry.base_price_usd
        dollars = _PRICE_UNLESS_KNOWN if base is None else base
        if self.entry.price_unit == "second" or base is None:
            dollars *= self._seconds(inputs)
        else:
            dollars *= self.files(inputs)
        if self.dearer_with is not None and self._value(inputs, self.dearer_with):
            dollars *= 1.5
        return round(dollars * MICRODOLLARS)

    def _seconds(self, inputs: JsonObject) -> float:
        """How long a film is asked for: a number, a numeric string, or a word such as `auto`."""
        try:
            return float(self._value(inputs, "duration")) or _SECONDS_UNLESS_KNOWN
        except (TypeError, ValueError):
            return _SECONDS_UNLESS_KNOWN

    def _value(self, inputs: JsonObject, name: str) -> Any:
        if name in inputs:
            return inputs[name]
        return self.schema.get("properties", {}).get(name, {}).get("default")


def entry_on_the_wire(entry: ModelEntry, *, with_schema: bool) -> dict[str, Any]:
    """A catalog entry as the API writes it; what is not known is left out."""
    schema = entry.input_schema or {}
    parts = {
        "model_id": entry.model_id,
        "display_name": entry.display_name,
        "description": entry.description,
        "kind": entry.kind,
        "categories": list(entry.categories),
        "base_price_usd": entry.base_price_usd,
        "price_unit": entry.price_unit,
        "pricing_note": entry.pricing_note,
        "model_url": entry.model_url,
        "inputs": list(schema.get("properties", {})),
        "required_inputs": list(schema.get("required", [])),
        "input_schema": schema if with_schema else None,
    }
    return {name: value for name, value in parts.items() if value not in (None, "", [])}


def sample_inputs(schema: JsonObject) -> dict[str, Any]:
    """Inputs that the schema accepts: its defaults, and something for what must be given."""
    required = schema.get("required", [])
    samples: dict[str, Any] = {}
    for name, part in schema.get("properties", {}).items():
        if name in required and not part.get("default"):
            samples[name] = _sample(part)
        elif "default" in part:
            samples[name] = part["default"]
    return samples


def _sample(part: JsonObject) -> Any:
    if part.get("enum"):
        return part["enum"][0]
    match part.get("type"):
        case "array":
            item = part.get("items") or {"type": "string", "format": part.get("format", "")}
            return [_sample(item) for _ in range(max(1, part.get("minItems", 1)))]
        case "object":
            return sample_inputs(part)
        case "integer" | "number" | "float":
            return part.get("minimum", 1)
        case "boolean":
            return False
    if "uri" in part.get("format", "") or "validations" in part:
        return "https://example.com/sample.png"
    return "A paper boat on a quiet lake at dawn, [slow push in]"
