"""What many jobs have in common is held once: 100,000 of them are to fit into little memory."""

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
    holder = _Slim()
    setattr(holder, name, output[name])
    return holder.__dict__


def spared_inputs(inputs: dict[str, Any]) -> dict[str, Any]:
    """`inputs`, with what many jobs have in common held once.

    Short strings (ratios, media URLs) come back at any time; a long prompt with the next job.
    """
    holder = _holder(tuple(inputs))
    for name, value in inputs.items():
        if type(value) is str:
            if len(value) < _COMMON_LENGTH:
                common = _COMMON.get(value)
                if common is not None:
                    value = common
                elif len(_COMMON) < _COMMON_LIMIT:
                    _COMMON[value] = value
            elif (last := _LAST.get(name)) == value:
                value = last
            elif last is not None or len(_LAST) < _COMMON_LIMIT:
                _LAST[name] = value
        if holder is None:
            inputs[name] = value
        else:
            setattr(holder, name, value)
    return inputs if holder is None else holder.__dict__


def _holder(names: tuple[str, ...]) -> Any:
    """Lends its dict to inputs: those of one model have the same names, and share them.

    None where that cannot be.
    """
    shape = _SHAPES.get(names)
    if shape is None:
        if len(_SHAPES) >= _MOST_SHAPES or len(names) > _MOST_NAMES or not _are_plain(names):
            return None
        shape = _SHAPES[names] = type("_Shape", (), {})
    return shape()


def _are_plain(names: tuple[str, ...]) -> bool:
    """Whether all of them can be attributes that mean nothing to Python."""
    return all(name.isidentifier() and not name.startswith("__") for name in names)
