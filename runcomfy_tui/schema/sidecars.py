"""How a sidecar, or a job that was exported, is told from any other JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeGuard

MARK: Final[Mapping[str, Any]] = {"runcomfy_tui": "sidecar", "version": 1}
"""What every sidecar begins with."""


def is_sidecar(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether this is what this program writes beside a file that it has saved."""
    return isinstance(value, dict) and value.get("runcomfy_tui") == MARK["runcomfy_tui"]


def lacks_inputs(value: Mapping[str, Any]) -> bool:
    """Whether it tells of a job that was taken in from elsewhere: nobody knows its inputs."""
    return value.get("adopted") is True and not value.get("inputs")


def request_of(value: Mapping[str, Any]) -> tuple[str | None, dict[str, Any]] | None:
    """The model_id and the inputs that a sidecar or an exported job holds; None for other JSON.

    The inputs of a model may themselves be called `inputs`: only what has a job's other names,
    too, is taken for one.
    """
    inputs, model_id = value.get("inputs"), value.get("model_id")
    has_names = {"request_id", "status", "outputs"} <= value.keys()
    if not isinstance(inputs, dict) or not (is_sidecar(value) or has_names):
        return None
    return (model_id if isinstance(model_id, str) and model_id else None), inputs
