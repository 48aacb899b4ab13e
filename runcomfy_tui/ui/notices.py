"""Ends of jobs, told by the terminal itself: its bell, and its notifications (OSC 9, 777, 99)."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping

from runcomfy_tui.jobs import Job, Status
from runcomfy_tui.surroundings import through_multiplexer
from runcomfy_tui.text import clip, visible
from runcomfy_tui.ui import words

TITLE = "runcomfy"

_BELL = "\x07"
_LONGEST = 120
_WORTH_TELLING = frozenset({Status.COMPLETED, Status.FAILED, Status.NOT_FOUND})
_MUTE_TERMINALS = ("linux", "dumb", "vt100", "vt220")
_BY_VARIABLE = (
    ("KITTY_WINDOW_ID", "osc99"),
    ("WEZTERM_PANE", "osc777"),
    ("GHOSTTY_RESOURCES_DIR", "osc777"),
    ("VTE_VERSION", "osc777"),
    ("ITERM_SESSION_ID", "osc9"),
)
_BY_TERM = (("xterm-kitty", "osc99"), ("foot", "osc777"), ("rxvt", "osc777"))


class Notices:
    """Notes which jobs come to their end while this window looks on, and says so in bytes.

    A cancelled job is not told: its user did that. `notify` is one of `settings.NOTIFICATIONS`.
    """

    def __init__(self, *, bell: bool, notify: str, environ: Mapping[str, str] = os.environ) -> None:
        self._bell = _BELL if bell else ""
        self._environ = environ
        self._dialect = dialect(environ) if notify == "auto" else notify
        self._live: set[str] = set()
        self._ended: list[Job] = []

    def hear(self, jobs: Iterable[Job]) -> bool:
        """Take note of changed jobs; True when there is something to tell."""
        for job in jobs:
            if not job.status.is_final:
                self._live.add(job.id)
            elif job.id in self._live:
                self._live.discard(job.id)
                if job.status in _WORTH_TELLING and (self._bell or self._dialect != "off"):
                    self._ended.append(job)
        return bool(self._ended)

    def take(self) -> str:
        """What to send to the terminal for all that ended since the last time."""
        ended, self._ended = self._ended, []
        if not ended:
            return ""
        return self._bell + _notification(self._dialect, _sentence(ended), self._environ)


def dialect(environ: Mapping[str, str]) -> str:
    """Which notifications this terminal is likely to understand.

    Over SSH most terminals do not say who they are; OSC 9 is what most of them know, and those
    that do not know it pass it over.
    """
    term = environ.get("TERM", "")
    if term in _MUTE_TERMINALS:
        return "off"
    for name, found in _BY_VARIABLE:
        if environ.get(name):
            return found
    return next((found for begin, found in _BY_TERM if term.startswith(begin)), "osc9")


def _sentence(ended: list[Job]) -> str:
    if len(ended) == 1:
        (job,) = ended
        what = words.prompt_of(job.inputs) or job.request_id or ""
        return f"{job.status_word}: {words.short_model(job.model_id)} {what}"
    counts = Counter(job.status_word for job in ended)
    said = ", ".join(f"{count} {word}" for word, count in counts.items())
    return f"{len(ended)} jobs ended: {said}"


def _notification(dialect: str, sentence: str, environ: Mapping[str, str]) -> str:
    # A semicolon parts the fields of OSC 777.
    text = clip(visible(" ".join(sentence.split())), _LONGEST).replace(";", ",")
    match dialect:
        case "osc9":
            sequence = f"\x1b]9;{TITLE}: {text}\x07"
        case "osc777":
            sequence = f"\x1b]777;notify;{TITLE};{text}\x07"
        case "osc99":
            sequence = f"\x1b]99;;{TITLE}: {text}\x07"
        case _:
            return ""
    return through_multiplexer(sequence, environ)
