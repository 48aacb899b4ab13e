"""The keys of the dashboard, in the order in which they are shown; its panes have their own."""

from __future__ import annotations

from textual.binding import Binding, BindingType

MAIN_BINDINGS: list[BindingType] = [
    Binding(
        "f6",
        "sweep",
        "many jobs",
        id="composer.sweep",
        show=False,
        tooltip="Make many jobs of this form, or of a file",
    ),
    Binding(
        "f7",
        "batches",
        "sweeps",
        id="jobs.sweeps",
        show=False,
        tooltip="How far the sweeps are; pause one, go on, drop the rest",
    ),
    Binding(
        "ctrl+s",
        "presets",
        "presets",
        id="composer.presets",
        show=False,
        tooltip="Save this form under a name, or bring one back",
    ),
    Binding("f5", "submit", "submit", id="composer.submit", tooltip="Submit the form once"),
    Binding("ctrl+n", "compose_job", "new", id="composer.new", tooltip="Go to the form"),
    Binding("f2", "choose_model", "model", id="composer.model", tooltip="Choose a model"),
    Binding(
        "f3",
        "switch_view",
        "json",
        id="composer.json",
        tooltip="Show the whole request as JSON, or as a form again",
    ),
    Binding(
        "f4",
        "previous_form",
        "form before",
        id="composer.previous",
        show=False,
        tooltip="Bring back what the form held before",
    ),
    Binding("escape", "back", "jobs", id="jobs.focus", tooltip="Go to the table of jobs"),
    Binding("f9", "token", "token", id="account.token", show=False, tooltip="Enter another token"),
]
