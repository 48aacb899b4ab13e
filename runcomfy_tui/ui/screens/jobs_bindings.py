"""The keys of the jobs' pane, in the order in which they are shown.

What needs the form as well is done by the screen.
"""

from __future__ import annotations

from textual.binding import Binding, BindingType


def _key(key: str, action: str, words: str, name: str, tooltip: str) -> Binding:
    return Binding(key, action, words, id=name, show=False, tooltip=tooltip)


JOBS_BINDINGS: list[BindingType] = [
    Binding(
        "c",
        "cancel_job",
        "cancel",
        id="job.cancel",
        tooltip="Cancel a queued job, or all marked ones",
    ),
    Binding(
        "r",
        "screen.rerun",
        "rerun",
        id="job.rerun",
        tooltip="Bring its inputs into the form; send marked ones again",
    ),
    Binding(
        "y",
        "copy",
        "copy",
        id="job.copy",
        tooltip="Copy its request_id, URL, JSON or curl line",
    ),
    Binding(
        "slash",
        "filter",
        "filter",
        id="jobs.filter",
        key_display="/",
        tooltip="Show only jobs that match",
    ),
    Binding(
        "t",
        "track",
        "track",
        id="jobs.track",
        show=False,
        tooltip="Take in jobs that were submitted elsewhere",
    ),
    Binding(
        "a",
        "attach",
        "attach",
        id="job.attach",
        show=False,
        tooltip="Give an unconfirmed job its request_id",
    ),
    Binding(
        "d",
        "drop",
        "drop",
        id="job.drop",
        show=False,
        tooltip="Take the job, or all marked ones, out of the ledger",
    ),
    Binding(
        "D",
        "download",
        "download",
        id="job.download",
        show=False,
        tooltip="Save the files of the job, or of all marked ones",
    ),
    Binding(
        "l",
        "label",
        "label",
        id="job.label",
        show=False,
        tooltip="Give the job, or all marked ones, a label",
    ),
    Binding(
        "n",
        "note",
        "note",
        id="job.note",
        show=False,
        tooltip="Write a note beside the job, or all marked ones",
    ),
    Binding(
        "s",
        "rate",
        "rate",
        id="job.rate",
        show=False,
        tooltip="Rate the job, or all marked ones, from 1 to 5",
    ),
    Binding(
        "escape",
        "clear",
        "all jobs",
        id="jobs.clear",
        show=False,
        tooltip="Drop the filter; when there is none, the marks",
    ),
    Binding(
        "left_square_bracket,left",
        "step_tab(-1)",
        "tab before",
        id="jobs.tab_before",
        show=False,
        tooltip="Show the tab before this one",
    ),
    Binding(
        "right_square_bracket,right",
        "step_tab(1)",
        "next tab",
        id="jobs.tab_next",
        show=False,
        tooltip="Show the next tab",
    ),
    *(
        Binding(
            str(number),
            f"tab({number - 1})",
            f"tab {number}",
            id=f"jobs.tab_{number}",
            show=False,
            tooltip="Show the tab of this number",
        )
        for number in range(1, 10)
    ),
    Binding(
        "S",
        "save_filter",
        "save filter",
        id="jobs.save_filter",
        show=False,
        tooltip="Keep the present filter as a tab of your own",
    ),
    Binding(
        "T",
        "tabs",
        "your tabs",
        id="jobs.tabs",
        show=False,
        tooltip="Rename, move or delete your own tabs",
    ),
    Binding(
        "less_than_sign",
        "step_sort(-1)",
        "sort: one left",
        id="jobs.sort_before",
        show=False,
        tooltip="Sort by the column to the left",
    ),
    Binding(
        "greater_than_sign",
        "step_sort(1)",
        "sort: one right",
        id="jobs.sort_next",
        show=False,
        tooltip="Sort by the column to the right",
    ),
    Binding(
        "R",
        "reverse",
        "sort: turn round",
        id="jobs.sort_reverse",
        show=False,
        tooltip="Sort the other way round",
    ),
    Binding(
        "C",
        "columns",
        "columns",
        id="jobs.columns",
        show=False,
        tooltip="Choose, order and resize the columns",
    ),
    _key("dollar_sign", "costs", "costs", "jobs.costs", "What the jobs have cost, and the balance"),
    _key("at", "go_to_day", "to a day", "jobs.day", "Go to the jobs of a day"),
    _key("b", "groups", "group by", "jobs.groups", "Group by label, sweep, model or day"),
    _key("equals_sign", "compare", "compare", "job.compare", "Compare two marked jobs"),
    _key(
        "e",
        "screen.rerun_changed",
        "rerun, one field changed",
        "job.rerun_changed",
        "Bring its inputs into the form, and go to the field that is to change",
    ),
    _key(
        "N",
        "screen.rerun_seed",
        "again, new seed",
        "job.rerun_seed",
        "Bring its inputs into the form with another seed; nothing is submitted",
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
