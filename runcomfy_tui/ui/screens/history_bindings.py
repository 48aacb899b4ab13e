"""The keys for the past. They work in the jobs' pane; what they do is its screen's."""

from __future__ import annotations

from textual.binding import Binding


def _key(key: str, action: str, words: str, name: str, tooltip: str) -> Binding:
    return Binding(key, f"screen.{action}", words, id=name, show=False, tooltip=tooltip)


HISTORY_BINDINGS: list[Binding] = [
    _key("dollar_sign", "costs", "costs", "jobs.costs", "What the jobs have cost, and the balance"),
    _key("at", "go_to_day", "to a day", "jobs.day", "Go to the jobs of a day"),
    _key("b", "groups", "group by", "jobs.groups", "Group by label, sweep, model or day"),
    _key("equals_sign", "compare", "compare", "job.compare", "Compare two marked jobs"),
    _key(
        "e",
        "rerun_changed",
        "rerun, one field changed",
        "job.rerun_changed",
        "Bring its inputs into the form, and go to the field that is to change",
    ),
    _key(
        "N",
        "rerun_seed",
        "again, new seed",
        "job.rerun_seed",
        "Bring its inputs into the form with another seed; F5 submits",
    ),
    _key("p", "pin", "pin", "job.pin", "Pin the job, or all marked ones; again takes the pin away"),
    _key(
        "A",
        "archive",
        "archive",
        "job.archive",
        "Put the job, or all marked ones, out of sight and keep them; again brings them back",
    ),
    _key("U", "undo", "undo", "jobs.undo", "Undo the last drop, archive, pin, label, note, rating"),
    _key("E", "export", "export", "jobs.export", "Write the marked, shown or all jobs to a file"),
    _key("I", "import", "import", "jobs.import", "Take in an export; nothing twice"),
]
