"""The models that RunComfy's own ComfyUI nodes can be set to, under their real ids.

Those nodes submit to this list and to nothing else, and read a model's price before they do, so
without it they could not be tried on the sandbox. Ids, inputs, limits and price units are as the
nodes know them; the prices are the sandbox's own.
"""

from __future__ import annotations

from typing import Any, Final

from runcomfy_tui.jobs import ModelEntry
from runcomfy_tui.sandbox.models import OutputShape, SandboxModel

_PROMPT: Final = {"type": "string", "default": ""}
_IMAGE: Final = {"type": "string", "format": "image_uri"}
_ON: Final = {"type": "boolean", "default": True}

_WIDE: Final = ("16:9", "9:16", "1:1", "4:3", "3:4", "21:9", "adaptive")
_BANANA: Final = (
    *("auto", "21:9", "16:9", "3:2", "4:3", "5:4", "1:1", "4:5"),
    *("3:4", "2:3", "9:16", "4:1", "1:4", "8:1", "1:8"),
)


def _choice(*values: str, default: str | None = None) -> dict[str, Any]:
    return {
        "type": "string",
        "enum": list(values),
        "default": values[0] if default is None else default,
    }


def _whole(default: int, low: int, high: int) -> dict[str, Any]:
    return {"type": "integer", "default": default, "minimum": low, "maximum": high}


def _media(kind: str, most: int, least: int | None = None) -> dict[str, Any]:
    bounds = {"maxItems": most} if least is None else {"maxItems": most, "minItems": least}
    return {"type": "array", "format": f"{kind}_uris", **bounds}


def _model(model_id: str, price: float, properties: dict[str, Any], *required: str) -> SandboxModel:
    """A model that takes a prompt and `properties`, and makes one film, or pictures."""
    makes_images = model_id.endswith(("-to-image", "/edit"))
    task = "image-to-image" if model_id.endswith("/edit") else model_id.split("/")[2]
    return SandboxModel(
        ModelEntry(
            model_id=model_id,
            display_name=model_id.partition("/")[2].replace("/", " ").replace("-", " ").title(),
            description="As RunComfy's ComfyUI nodes know it; the price is the sandbox's own.",
            categories=(task,),
            base_price_usd=price,
            price_unit="output" if makes_images else "second",
            input_schema={
                "type": "object",
                "required": ["prompt", *required],
                "properties": {"prompt": _PROMPT, **properties},
            },
        ),
        OutputShape.IMAGES if makes_images else OutputShape.VIDEO,
    )


def _seedance(quality: str, price: float, *required_references: str) -> tuple[SandboxModel, ...]:
    length = {"duration": _whole(5, 4, 30), "generate_audio": _ON}
    shaped = {"aspect_ratio": _choice(*_WIDE), **length}
    references = {
        "images": _media("image", 9),
        "videos": _media("video", 3, 1 if required_references else None),
        "audios": _media("audio", 3),
    }
    name = "bytedance/seedance-2.5"
    return (
        _model(f"{name}/image-to-video/{quality}", price, {**length, "image": _IMAGE}, "image"),
        _model(f"{name}/text-to-video/{quality}", price, shaped),
        _model(
            f"{name}/reference-to-video/{quality}",
            price,
            shaped | references,
            *required_references,
        ),
    )


_WAN: Final = {
    "aspect_ratio": _choice("adaptive", "16:9", "9:16", "1:1", "4:3", "3:4"),
    "resolution": _choice("480p", "720p", "1080p", default="720p"),
    "duration": _whole(5, 2, 30),
    "enable_audio": _ON,
    "prompt_extend": _ON,
    "seed": _whole(0, 0, 2147483647),
    "image_url": _IMAGE,
    "end_image_url": _IMAGE,
}

_FLUX: Final = {
    "aspect_ratio": _choice("auto", "21:9", "2:1", "16:9", "4:3", "1:1", "3:4", "9:16"),
    "resolution": _choice("720p", "1080p"),
    "duration": _choice("auto", *map(str, range(5, 21))),
    "generate_audio": _ON,
    "safety_tolerance": _whole(2, 0, 4),
}

_SEEDREAM: Final = {
    "aspect_ratio": _choice(
        *("auto", "1:1", "4:3", "3:4", "16:9", "9:16", "2:3", "3:2", "21:9"), default="1:1"
    ),
    "resolution": _choice("1K", "2K", default="2K"),
    "output_format": _choice("png", "jpeg"),
    "image": _media("image", 10, 1),
}

_BANANA_SHAPE: Final = {"aspect_ratio": _choice(*_BANANA)}

PARTNER_MODELS: Final = (
    *_seedance("1080p", 0.57),
    *_seedance("4k", 1.2, "videos"),
    _model("wan-ai/wan-3.0-prime/image-to-video", 0.12, _WAN, "image_url"),
    _model("wan-ai/wan-3.0/image-to-video", 0.1, _WAN, "image_url"),
    _model("blackforestlabs/flux-3/text-to-video", 0.15, _FLUX),
    _model("google/nano-banana-2-lite/text-to-image", 0.04, _BANANA_SHAPE),
    _model(
        "google/nano-banana-2-lite/edit",
        0.04,
        {**_BANANA_SHAPE, "image_urls": _media("image", 10, 1)},
        "image_urls",
    ),
    _model("bytedance/seedream-5.0-pro/image-to-image", 0.05, _SEEDREAM, "image"),
)
