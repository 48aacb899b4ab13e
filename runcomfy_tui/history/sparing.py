"""What many jobs have in common, held once: 100,000 of them are in memory at a time."""

from __future__ import annotations

from typing import Any

_COMMON: dict[str, str] = {}
_COMMON_LIMIT = 4096
_COMMON_LENGTH = 100
_LAST: dict[str, str] = {}
_SHAPES: dict[tuple[str, ...], type] = {}
_MOST_SHAPES = 500
_MOST_NAMES = 24  # Python shares the names of up to some thirty
_COSTS: dict[float, float] = {}
_COMMON_OUTPUTS = frozenset({"video", "image", "videos", "images", "audio"})


def spared_cost(cost: float) -> float:
    """`cost`, held once: a model's jobs cost mostly the same."""
    if type(cost) is not float or not cost:  # 1 and 0.0 have doubles that are written otherwise
        return cost
    return (_COSTS.setdefault if len(_COSTS) < _COMMON_LIMIT else _COSTS.get)(cost, cost)


class _Slim:
    """Lends its instances' dicts, which share their keys: a third of the weight of others."""


def spared_output(output: dict[str, Any]) -> dict[str, Any]:
    """`output`, lighter where it is what it mostly is: one URL under a well-known name."""
    if len(output) != 1:
        return output
    (name,) = output
    if name not in _COMMON_OUTPUTS:
        return output
    slim = _Slim()
    setattr(slim, name, output[name])
    return slim.__dict__


def spared_inputs(inputs: dict[str, Any]) -> dict[str, Any]:
    """`inputs`, with what many jobs have in common held once.

    Short strings (ratios, media URLs) come back at any time; a long prompt with the next job.
    """
    for name, value in inputs.items():
        if type(value) is not str:
            continue
        if len(value) < _COMMON_LENGTH:
            common = _COMMON.get(value)
            if common is not None:
                inputs[name] = common
            elif len(_COMMON) < _COMMON_LIMIT:
                _COMMON[value] = value
        elif _LAST.get(name) == value:
            inputs[name] = _LAST[name]
        elif name in _LAST or len(_LAST) < _COMMON_LIMIT:
            _LAST[name] = value
    return _shaped(inputs)


def _shaped(inputs: dict[str, Any]) -> dict[str, Any]:
    """`inputs`, lighter: those of one model have the same names, and hold them once together."""
    names = tuple(inputs)
    shape = _SHAPES.get(names)
    if shape is None:
        if len(_SHAPES) >= _MOST_SHAPES or len(names) > _MOST_NAMES or not _are_plain(names):
            return inputs
        shape = _SHAPES[names] = type("_Shape", (), {})
    holder = shape()
    for name, value in inputs.items():
        setattr(holder, name, value)
    shaped: dict[str, Any] = holder.__dict__
    return shaped


def _are_plain(names: tuple[str, ...]) -> bool:
    """Whether all of them can be attributes that mean nothing to Python."""
    return all(name.isidentifier() and not name.startswith("__") for name in names)
