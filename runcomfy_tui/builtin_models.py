"""The two models that are there without a network, as RunComfy's own pages describe them.

Schemas are word for word those of the API pages, but for the root's `title`, which those pages
leave untranslated. Treat them as constants: the dictionaries are shared by everyone who asks.
"""

from __future__ import annotations

from typing import Any, Final

from runcomfy_tui.jobs import ModelEntry


def _rule(rule: str, value: float, error: str) -> dict[str, Any]:
    return {"validation_rule": rule, "validation_value": value, "validation_error": error}


_UNDER_16_MB: Final = _rule("file_size_mb<", 16, "File size must be less than 16 MB.")
_SIDE_ERROR: Final = "The uploaded image width and height must not exceed 8000 pixels."
_RATIO_ERROR: Final = "The aspect ratio range should be 1:2 to 2:1."

_GEN_4_TURBO_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "title": "Runway Gen-4 Turbo: image to video",
    "required": ["promptImage"],
    "properties": {
        "promptText": {
            "title": "Prompt",
            "description": "",
            "type": "string",
            "maxLength": 1000,
            "default": (
                "The subject sits in the driver's seat of a parked car in the forest. She starts "
                "the engine and slowly begins to drive forward along the narrow dirt path. "
                "Sunlight flickers through the trees as the car moves. The camera remains inside "
                "the car, handheld and steady, subtly tracking the subject's profile as she "
                "drives. Cinematic live-action, warm forest tones, shallow depth of field. "
            ),
        },
        "promptImage": {
            "title": "Image",
            "description": (
                "Use images under 16MB, with dimensions below 8000x8000 pixels and an aspect "
                "ratio between 1:2 and 2:1."
            ),
            "type": "string",
            "validations": [
                _rule("width_pixels<", 8000, _SIDE_ERROR),
                _rule("height_pixels<", 8000, _SIDE_ERROR),
                _rule("width/height>", 0.5, _RATIO_ERROR),
                _rule("width/height<", 2, _RATIO_ERROR),
                _UNDER_16_MB,
            ],
            "default": (
                "https://playgrounds-storage-public.runcomfy.net"
                "/tools/7026/media-files/usecase1-1-input.png"
            ),
        },
        "ratio": {
            "title": "Aspect Ratio (W:H)",
            "description": "",
            "type": "string",
            "enum": ["1584:672", "1280:720", "1104:832", "960:960", "832:1104", "720:1280"],
            "default": "1280:720",
        },
        "duration": {
            "title": "Duration",
            "description": "",
            "type": "integer",
            "enum": [5, 10],
            "default": 5,
        },
        "seed": {
            "title": "Seed",
            "description": "",
            "maximum": 4294967295,
            "minimum": 0,
            "type": "integer",
            "default": 936116745,
        },
    },
}

_ALEPH_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "title": "Runway Aleph: video to video",
    "required": ["prompt", "video_url", "ratio"],
    "properties": {
        "video_url": {
            "title": "Video URL",
            "description": "",
            "type": "string",
            "validations": [_UNDER_16_MB],
        },
        "prompt": {
            "title": "Prompt",
            "description": "",
            "type": "string",
            "maxLength": 1000,
        },
        "ratio": {
            "title": "Resolution (W:H)",
            "description": "The resolution of the video to generate.",
            "type": "string",
            "enum": [
                "1584:672",
                "1280:720",
                "848:480",
                "1104:832",
                "640:480",
                "960:960",
                "832:1104",
                "720:1280",
            ],
            "default": "1280:720",
        },
        "image_url": {
            "title": "Image Reference",
            "description": (
                "Passing an image reference allows the model to emulate the style or content of "
                "the reference in the output."
            ),
            "type": "string",
            "validations": [_UNDER_16_MB],
        },
    },
}

BUILTIN_MODELS: Final[tuple[ModelEntry, ...]] = (
    ModelEntry(
        model_id="runwayml/runway-gen-4/turbo/image-to-video",
        display_name="Runway Gen-4 Turbo: image to video",
        description="Brings a still image to life as a 5 or 10 second clip.",
        categories=("image-to-video",),
        base_price_usd=0.05,
        price_unit="second",
        pricing_note="Base price as last known; RunComfy's own charge is what counts.",
        input_schema=_GEN_4_TURBO_SCHEMA,
    ),
    ModelEntry(
        model_id="runwayml/runway-aleph/video-to-video",
        display_name="Runway Aleph: video to video",
        description="Edits a video as a prompt says, optionally in the style of an image.",
        categories=("video-to-video",),
        input_schema=_ALEPH_SCHEMA,
    ),
)

_BY_ID: Final = {entry.model_id: entry for entry in BUILTIN_MODELS}


def builtin_model(model_id: str) -> ModelEntry | None:
    """The built-in entry of that id, or None when the model comes from the live catalog only."""
    return _BY_ID.get(model_id)
