"""Models of the sandbox's own making: between them they have every shape that a schema may take.

None of them exists at RunComfy. Names, limits and oddities are modelled on what its live catalog
holds: arrays of media with and without `items`, the non-standard type `float`, optionals without a
default, enums of every sort, names that no identifier could be, descriptions full of markup.
"""

from __future__ import annotations

from typing import Any, Final

from runcomfy_tui.jobs import ModelEntry
from runcomfy_tui.sandbox.models import OutputShape, SandboxModel

_SEED: Final = {
    "title": "Seed",
    "description": "-1 picks a seed at random.",
    "type": "integer",
    "minimum": -1,
    "maximum": 4294967295,
    "default": -1,
}

_PROMPT: Final = {
    "title": "Prompt",
    "description": "What to make. “fail please” in it makes the job fail, for trying that out.",
    "type": "string",
    "maxLength": 2000,
    "default": "",
}

_PATH_AND_SCALE: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["path"],
    "properties": {
        "path": {
            "title": "Path",
            "description": "Where the weights lie, as an HTTPS URL or `owner/name`.",
            "type": "string",
        },
        "scale": {"title": "Scale", "type": "float", "minimum": 0, "maximum": 4, "default": 1},
    },
}


def _rule(rule: str, value: float, error: str) -> dict[str, Any]:
    return {"validation_rule": rule, "validation_value": value, "validation_error": error}


def _megabytes(limit: float) -> dict[str, Any]:
    return _rule("file_size_mb<", limit, f"File size must be less than {limit:g} MB.")


_PAINTER: Final = SandboxModel(
    ModelEntry(
        model_id="sandbox/painter-1.0/text-to-image",
        display_name="Sandbox Painter: text to image",
        description="Paints up to four pictures. Weights like `film[grain]` go into `loras`.",
        categories=("text-to-image", "lora"),
        base_price_usd=0.04,
        price_unit="output",
        pricing_note="$0.040 per picture; [hd] adds half.",
        input_schema={
            "type": "object",
            "title": "Painter",
            # In another order than the properties, as in the live catalog.
            "required": ["aspect_ratio", "prompt"],
            "properties": {
                "prompt": _PROMPT,
                "negative_prompt": {
                    "title": "Negative prompt",
                    "description": "What to leave out. Unset is not the same as empty.",
                    "type": "string",
                },
                "aspect_ratio": {
                    "title": "Aspect ratio",
                    "type": "string",
                    "enum": ["21:9", "16:9", "4:3", "1:1", "3:4", "9:16"],
                    "default": "16:9",
                },
                "num_images": {
                    "title": "Pictures",
                    "description": "How many, within [1, 4].",
                    "type": "integer",
                    "minimum": 1,
                    "maximum": 4,
                    "default": 2,
                },
                "guidance_scale": {
                    "title": "Guidance",
                    "description": "How closely to follow the prompt: `0.0` freely, `20.0` to "
                    "the letter.",
                    "type": "float",
                    "minimum": 0,
                    "maximum": 20,
                    "default": 3.5,
                },
                "steps": {
                    "title": "Steps",
                    "description": "Left to the model unless given.",
                    "type": "integer",
                    "minimum": 1,
                    "maximum": 60,
                },
                "hd": {"title": "High definition", "type": "boolean", "default": False},
                "seed": _SEED,
                "loras": {
                    "title": "LoRAs",
                    "description": "Up to three, each with its weight.",
                    "type": "array",
                    "items": _PATH_AND_SCALE,
                    "maxItems": 3,
                },
                "output_format": {"title": "Format", "type": "string", "enum": ["png"]},
            },
        },
    ),
    OutputShape.IMAGES,
    counted_by="num_images",
    dearer_with="hd",
)

_CUTTER: Final = SandboxModel(
    ModelEntry(
        model_id="Sandbox-Labs/Cutter V2.5/reference to video",
        display_name="Sandbox Cutter V2.5: references to video",
        description="Cuts references together. Its id has capitals, a dot and spaces on purpose.",
        categories=("reference-to-video",),
        base_price_usd=0.08,
        price_unit="second",
        pricing_note="Base price at 720p without sound.",
        input_schema={
            "type": "object",
            "title": "Cutter",
            "required": ["imageUrls", "promptText"],
            "properties": {
                "promptText": {**_PROMPT, "title": "Direction", "maxLength": 20000},
                "imageUrls": {
                    "title": "Images",
                    "description": "Call them `[image1]` to `[image4]` in the text.",
                    "type": "array",
                    "format": "image_uris",
                    "items": {"type": "string", "format": "image_uri"},
                    "minItems": 1,
                    "maxItems": 4,
                    "validations": [
                        _megabytes(30),
                        _rule("width_pixels>", 14, "Width must be over 14 pixels."),
                    ],
                },
                "video_urls": {
                    "title": "Videos",
                    "type": "array",
                    "format": "video_uris",
                    "maxItems": 2,
                    "validations": [_megabytes(100)],
                },
                "audio_url": {
                    "title": "Sound track",
                    "type": "string",
                    "format": "audio_uri",
                },
                "resolution": {
                    "title": "Resolution",
                    "type": "string",
                    "enum": ["480", "720", "1080"],
                    "default": "720",
                },
                "duration": {
                    "title": "Duration",
                    "description": "Seconds, within [4, 15].",
                    "type": "integer",
                    "enum": [15, 10, 5, 4],
                    "default": 5,
                },
                "generateAudio": {"title": "Sound", "type": "boolean", "default": True},
                "2x_upscale": {"title": "Upscale twice", "type": "boolean", "default": False},
                "seed": _SEED,
            },
        },
    ),
    OutputShape.VIDEOS,
    dearer_with="generateAudio",
    echoes_inputs=True,
)

_COMPOSER: Final = SandboxModel(
    ModelEntry(
        model_id="sandbox/composer/text-to-audio",
        display_name="Sandbox Composer: text to audio",
        description="Plays a tone. Its cost is known only a little after the end.",
        categories=("text-to-audio",),
        base_price_usd=0.002,
        price_unit="second",
        input_schema={
            "type": "object",
            "title": "Composer",
            "required": ["tags"],
            "properties": {
                "tags": {
                    "title": "Tags",
                    "description": "Style, instruments, mood, e.g. lo-fi, piano, 90 bpm.",
                    "type": "string",
                    "default": "lo-fi, piano, 90 bpm",
                },
                "lyrics": {
                    "title": "Lyrics",
                    "description": "Use [verse], [chorus], [inst] to mark the parts; an empty "
                    "text or [inst] alone makes an instrumental. Écrivez dans la langue que vous "
                    "voulez; 日本語も可.",
                    "type": "string",
                    "maxLength": 20000,
                },
                "duration": {
                    "title": "Duration",
                    "type": "number",
                    "minimum": 1,
                    "maximum": 240,
                    "default": 30,
                },
                "granularity": {
                    "title": "Granularity",
                    "type": "number",
                    "exclusiveMinimum": 0,
                    "maximum": 1,
                },
                "sample_rate": {
                    "title": "Sample rate",
                    "type": "integer",
                    "enum": [16000, 24000, 44100, 48000],
                    "default": 44100,
                },
                "scheduler": {
                    "title": "Scheduler",
                    "description": "No default: the model chooses.",
                    "type": "string",
                    "enum": ["euler", "heun"],
                },
            },
        },
    ),
    OutputShape.AUDIO,
    cost_delay=6.0,
)

_RESTYLER: Final = SandboxModel(
    ModelEntry(
        model_id="sandbox/restyler/image-to-image",
        display_name="Sandbox Restyler: image to image",
        description="One picture in another style.",
        categories=("image-to-image", "lora"),
        base_price_usd=0.03,
        price_unit="output",
        input_schema={
            "type": "object",
            "title": "Restyler",
            "required": ["image", "lora"],
            "properties": {
                "image": {
                    "title": "Image",
                    "description": "Under 10 MB, at most twice as wide as high.",
                    "type": "string",
                    "format": "image_uri",
                    "validations": [
                        _megabytes(10),
                        _rule("width/height<", 2, "At most twice as wide as high."),
                        _rule("frames_per_moon<", 3, "A rule that nobody knows."),
                    ],
                },
                "lora": {**_PATH_AND_SCALE, "title": "LoRA", "description": "One, nested."},
                "prompt": _PROMPT,
                "strength": {
                    "title": "Strength",
                    "type": "float",
                    "minimum": 0,
                    "maximum": 1,
                    "default": 0.8,
                },
            },
        },
    ),
    OutputShape.IMAGE,
)

_STORYBOARD: Final = SandboxModel(
    ModelEntry(
        model_id="sandbox/workflows/storyboard/anime/v1",
        display_name="Sandbox Storyboard",
        description="A workflow with inputs that hardly any form can draw.",
        kind="workflow",
        categories=("text-to-image", "workflow"),
        base_price_usd=0.1,
        price_unit="output",
        input_schema={
            "type": "object",
            "title": "Storyboard",
            "required": ["multi_prompt"],
            "properties": {
                "multi_prompt": {
                    "title": "Shots",
                    "description": "One entry a shot, at most six.",
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 6,
                    "items": {
                        "type": "object",
                        "required": ["prompt"],
                        "properties": {
                            "prompt": {"title": "Prompt", "type": "string", "maxLength": 500},
                            "duration": {
                                "title": "Duration",
                                "type": "integer",
                                "minimum": 1,
                                "maximum": 15,
                                "default": 5,
                            },
                        },
                    },
                },
                "keyframes": {
                    "title": "Key frames",
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "at": {"title": "At", "type": "float", "minimum": 0},
                            "image_url": {
                                "title": "Image",
                                "type": "string",
                                "format": "image_uri",
                            },
                        },
                    },
                },
                "style": {
                    "title": "Style",
                    "description": "A name, or a number of the list on the web page.",
                    "oneOf": [{"type": "string"}, {"type": "integer", "minimum": 1}],
                },
                "size": {
                    "title": "Size",
                    "anyOf": [
                        {"type": "string", "enum": ["square", "wide"]},
                        {
                            "type": "object",
                            "required": ["width", "height"],
                            "properties": {
                                "width": {"type": "integer", "minimum": 64},
                                "height": {"type": "integer", "minimum": 64},
                            },
                        },
                    ],
                    "default": "wide",
                },
                "watermark": {"title": "Watermark", "type": ["string", "null"], "default": None},
            },
        },
    ),
    OutputShape.LIST,
)

# Hardly anything is said about it: every part of an entry but the id may be missing.
_UPSCALER: Final = SandboxModel(
    ModelEntry(
        model_id="sandbox/upscaler",
        kind="inference",
        input_schema={
            "properties": {"image_url": {"type": "string"}, "factor": {"type": "number"}},
        },
    ),
    OutputShape.STRING,
)

_CATHEDRAL: Final = SandboxModel(
    ModelEntry(
        model_id="sandbox/cathedral/text-to-image",
        display_name="Sandbox Cathedral: dearer than the account allows",
        description="Costs $1,000 a picture, to see what happens when the balance is too low.",
        categories=("text-to-image",),
        base_price_usd=1000.0,
        price_unit="output",
        input_schema={
            "type": "object",
            "required": ["prompt"],
            "properties": {"prompt": {**_PROMPT, "default": "A cathedral of glass"}},
        },
    ),
    OutputShape.IMAGE,
)

OWN_MODELS: Final = (
    _PAINTER,
    _CUTTER,
    _COMPOSER,
    _RESTYLER,
    _STORYBOARD,
    _UPSCALER,
    _CATHEDRAL,
)
