"""Forms that were saved under a name, for each model its own."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from runcomfy_tui.history.documents import BadDocument, Document, escaped, opened
from runcomfy_tui.history.errors import LedgerError
from runcomfy_tui.history.locked_file import LockedFile, to_log
from runcomfy_tui.history.storage import Documents, Report
from runcomfy_tui.jobs import JsonObject

_READING = "read the presets"
_WRITING = "save the preset"


class NameTaken(LedgerError):
    """The model has a preset of that name already; `str()` is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A form's draft (what was typed, also what is no valid value) under a name."""

    id: str
    model_id: str
    name: str
    draft: JsonObject = field(default_factory=dict)


class PresetStore:
    """`presets.json` in the data folder.

    Synchronous, for one thread at a time; methods raise `LedgerError`. A model's presets have
    different names, capitals aside.
    """

    def __init__(self, folder: Path, *, report: Report = to_log) -> None:
        self._file = LockedFile(folder, "presets", report)
        self._presets: list[Preset] = []

    def of_model(self, model_id: str) -> list[Preset]:
        """The presets of a model by name, capitals aside."""
        documents = self._file.news(_READING)
        if documents is not None:
            self._presets = _presets_in(documents)
        mine = [preset for preset in self._presets if preset.model_id == model_id]
        return sorted(mine, key=lambda preset: (preset.name.casefold(), preset.id))

    def save(self, model_id: str, name: str, draft: JsonObject, *, replacing: bool = False) -> None:
        """Keep `draft` under a name. Raises `NameTaken`, unless it may replace what has it."""

        def add(documents: Documents) -> None:
            holder = _holder(documents, model_id, name)
            if holder is not None and not replacing:
                raise NameTaken(_taken(holder))
            preset = Preset(holder.id if holder else _new_id(), model_id, name, draft)
            documents[preset.id] = _document_of(preset)

        self._revise(add)

    def rename(self, preset_id: str, name: str) -> None:
        """Give a preset another name. Raises `NameTaken`."""

        def change(documents: Documents) -> None:
            preset = _preset_of(preset_id, documents.get(preset_id))
            if preset is None:
                return
            holder = _holder(documents, preset.model_id, name)
            if holder is not None and holder.id != preset_id:
                raise NameTaken(_taken(holder))
            documents[preset_id] = _document_of(replace(preset, name=name))

        self._revise(change)

    def delete(self, preset_id: str) -> None:
        """Keep a preset no longer."""
        self._revise(lambda documents: documents.pop(preset_id, None))

    def _revise(self, change: Callable[[Documents], object]) -> None:
        def alter(documents: Documents) -> None:
            change(documents)
            self._presets = _presets_in(documents)

        self._file.revise(_WRITING, alter)


def _new_id() -> str:
    return f"{int(time.time() * 1000):012x}{os.urandom(4).hex()}"


def _taken(holder: Preset) -> str:
    return f"A preset is called {holder.name} already."


def _holder(documents: Documents, model_id: str, name: str) -> Preset | None:
    for preset in _presets_in(documents):
        if preset.model_id == model_id and preset.name.casefold() == name.casefold():
            return preset
    return None


def _presets_in(documents: Documents) -> list[Preset]:
    found = (_preset_of(preset_id, document) for preset_id, document in documents.items())
    return [preset for preset in found if preset is not None]


def _document_of(preset: Preset) -> Document:
    fields = {"model_id": preset.model_id, "name": preset.name, "draft": dict(preset.draft)}
    try:
        return escaped(fields)
    except ValueError as error:
        raise LedgerError(f"Could not {_WRITING}: the form is nested too deeply.") from error


def _preset_of(preset_id: str, document: Any) -> Preset | None:
    try:
        told = opened(document)
    except BadDocument:
        return None
    model_id, name, draft = told.get("model_id"), told.get("name"), told.get("draft")
    if not isinstance(model_id, str) or not isinstance(name, str) or not isinstance(draft, dict):
        return None
    return Preset(preset_id, model_id, name, draft)
