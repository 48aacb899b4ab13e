"""What the user wants done with result files: where they go, how they are called, and when. Pure.

Folders and names come from a template whose values the server and the user have written: whatever
they say, a file stays below the download folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from runcomfy_tui.api.names import plain_name, safe_name, split_suffix
from runcomfy_tui.jobs import Job, Output
from runcomfy_tui.name_template import INPUT, NAME_TEMPLATE, filled
from runcomfy_tui.prompts import prompt_of
from runcomfy_tui.words import local_time

LONGEST_VALUE = 60
"""Characters of a prompt, a label or an input in a name."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """Whose files are saved without being asked for: the label decides, else the model, else all.

    `models` holds patterns; of several that fit a model the longest counts.
    """

    everything: bool = False
    models: Mapping[str, bool] = field(default_factory=dict)
    labels: Mapping[str, bool] = field(default_factory=dict)

    def want(self, job: Job) -> bool:
        """Whether the files of this job are to be saved when it completes."""
        if job.label and job.label in self.labels:
            return self.labels[job.label]
        model_id = job.model_id or ""
        fitting = [pattern for pattern in self.models if fnmatchcase(model_id, pattern)]
        return self.models[max(fitting, key=len)] if fitting else self.everything

    @property
    def is_nothing(self) -> bool:
        """Whether nobody's files are wanted."""
        return not (self.everything or any(self.models.values()) or any(self.labels.values()))


@dataclass(frozen=True, slots=True)
class Saving:
    """Where files are saved, after which template, with a sidecar or not, and whose."""

    folder: Path
    template: str = NAME_TEMPLATE
    sidecar: bool = True
    wishes: Wishes = Wishes()

    def place(self, job: Job, url: str) -> tuple[Path, str]:
        """The folder and the name for one of the job's files; the same ones whenever asked."""
        outputs = job.outputs
        at = next((n for n, output in enumerate(outputs) if output.url == url), 0)
        output = outputs[at] if outputs else None
        name = safe_name(url)
        stem, suffix = split_suffix(name)

        def value_of(name: str) -> str:
            if name == "name":
                return stem
            if name == "ext":
                # A mark of its own, for an extension to be put on or the dot to be dropped.
                return suffix.lstrip(".")
            return _value(job, output, at + 1, name)

        *folders, last = filled(self.template, value_of)
        below = [plain_name(each) for each in map(_trimmed, folders) if each]
        return self.folder.joinpath(*below), plain_name(_trimmed(last) or stem)


def _trimmed(text: str) -> str:
    """Without the dashes and dots that stand around a value that is empty."""
    return text.strip(" -_.")


def _value(job: Job, output: Output | None, number: int, name: str) -> str:
    made = local_time(max(0.0, min(job.created_at, 4e9)))
    vendor, _, rest = (job.model_id or "").partition("/")
    values: dict[str, Any] = {
        "date": f"{made:%Y-%m-%d}",
        "time": f"{made:%H%M%S}",
        "model": (rest or vendor or "model").replace("/", "-"),
        "vendor": vendor,
        "request_id": job.request_id or job.id,
        "id": job.id,
        "n": number,
        "label": job.label,
        "prompt": prompt_of(job.inputs),
        "seed": job.inputs.get("seed"),
        "kind": output.kind.value if output else "file",
        "key": output.key if output else "",
        "batch": job.batch,
    }
    value = job.inputs.get(name.removeprefix(INPUT)) if name.startswith(INPUT) else values[name]
    if value is None or isinstance(value, Mapping | list):
        return ""
    return "_".join(str(value).split())[:LONGEST_VALUE]
