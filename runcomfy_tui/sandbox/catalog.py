"""What the sandbox offers, and how it is searched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from runcomfy_tui.builtin_models import BUILTIN_MODELS
from runcomfy_tui.jobs import ModelEntry
from runcomfy_tui.sandbox.models import OutputShape, SandboxModel
from runcomfy_tui.sandbox.own_models import OWN_MODELS
from runcomfy_tui.sandbox.partner_models import PARTNER_MODELS


class Catalog:
    """All models, in the order in which they are listed."""

    def __init__(self, models: Iterable[SandboxModel]) -> None:
        self._models = {model.model_id: model for model in models}

    def __iter__(self) -> Iterator[SandboxModel]:
        return iter(self._models.values())

    def get(self, model_id: str) -> SandboxModel | None:
        """The model of exactly that id."""
        return self._models.get(model_id)

    def categories(self) -> list[str]:
        """Every category in use, sorted."""
        return sorted({name for model in self._models.values() for name in model.entry.categories})

    def find(self, *, search: str = "", category: str = "", kind: str = "") -> list[SandboxModel]:
        """Models that hold every word of `search` in id, name, description or categories."""
        words = search.lower().split()
        return [
            model
            for model in self._models.values()
            if (not category or category in model.entry.categories)
            and (not kind or kind == model.entry.kind)
            and all(word in _searched_text(model.entry) for word in words)
        ]


def _searched_text(entry: ModelEntry) -> str:
    parts = (entry.model_id, entry.display_name, entry.description, *entry.categories)
    return "\n".join(parts).lower()


def sandbox_catalog() -> Catalog:
    """RunComfy's two built-in models, the sandbox's own, which have every shape of schema, and
    those that RunComfy's ComfyUI nodes can be set to."""
    builtin = (SandboxModel(entry, OutputShape.VIDEO) for entry in BUILTIN_MODELS)
    return Catalog((*builtin, *OWN_MODELS, *PARTNER_MODELS))
