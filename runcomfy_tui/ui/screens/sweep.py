"""Making many jobs of one form, or of a file: what they will be, what they cost, what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.cells import cell_len
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from runcomfy_tui.batch import Item
from runcomfy_tui.engine.errors import EngineError
from runcomfy_tui.jobs import ModelEntry
from runcomfy_tui.schema.batch_files import BatchFile
from runcomfy_tui.schema.fields import UNSET, Field
from runcomfy_tui.schema.sweep import SweepError
from runcomfy_tui.settings import Settings
from runcomfy_tui.text import clip, visible
from runcomfy_tui.ui.screens.asking_text import count_question
from runcomfy_tui.ui.screens.budget import Budget
from runcomfy_tui.ui.screens.confirm import ConfirmScreen
from runcomfy_tui.ui.screens.quiet import QuietModal
from runcomfy_tui.ui.screens.sweep_checks import (
    Complaint,
    Cost,
    complaints_about,
    cost_of,
    items_of,
    remarks_on,
)
from runcomfy_tui.ui.screens.sweep_file import SweepFileScreen
from runcomfy_tui.ui.screens.sweep_media import Looked, SweepFiles
from runcomfy_tui.ui.widgets.sweep_draft import (
    Request,
    SweepDraft,
    requests_of_file,
    telling,
    value_words,
)
from runcomfy_tui.ui.widgets.values_editor import ValuesEditor
from runcomfy_tui.ui.words import fit, money
from runcomfy_tui.words import count_of

DELAY = 0.25
"""Seconds without another edit after which the requests are made and judged."""

FIRST = 5
"""Requests shown before they are confirmed, and complaints."""


LONGEST_NAME = 20
"""Cells of a field's name in the list; its editor shows it whole."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the user has confirmed: a job of this model for each item, under one label."""

    model_id: str
    label: str
    items: Sequence[Item]


@dataclass(frozen=True, slots=True)
class _Outlook:
    """The requests as they stand, and what was found out about them."""

    requests: Sequence[Request] = ()
    complaints: Sequence[Complaint] = ()
    cost: Cost = Cost(None)  # noqa: RUF009 - frozen
    error: str = ""


class SweepScreen(QuietModal[Plan]):
    """Dismisses with the plan that was confirmed, or None; plans and sends nothing itself."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (30, "-high")]

    BINDINGS = [
        Binding("f5", "plan", "send", id="sweep.plan", tooltip="Send these jobs, after a last yes"),
        Binding("f6", "file", "from a file", id="sweep.file", tooltip="Take requests from a file"),
        Binding("escape", "back", "back", id="sweep.back", tooltip="Back, and send nothing"),
    ]

    def __init__(
        self,
        entry: ModelEntry,
        draft: SweepDraft,
        settings: Settings,
        files: SweepFiles,
        budget: Budget,
        *,
        edited: Callable[[], None],
        label: str,
        balance_usd: float | None = None,
    ) -> None:
        """`edited` is called whenever the draft has changed."""
        super().__init__()
        self._entry = entry
        self._edited = edited
        self._draft = draft
        self._settings = settings
        self._files = files
        self._budget = budget
        self._balance_usd = balance_usd
        longest = max((cell_len(field.name) for field in draft.form.fields), default=0)
        self._name_width = min(LONGEST_NAME, longest)
        self._file: tuple[str, BatchFile] | None = None
        self._outlook = _Outlook()
        self._timer: Timer | None = None
        self._fields = OptionList(markup=False, compact=True, id="sweep-fields")
        self._editor = ValuesEditor(draft)
        self._sum = Static(id="sweep-sum")
        self._preview = Static(id="sweep-preview")
        self._label = Input(label, placeholder="a label for all of them", compact=True)
        self._label.cursor_blink = False
        self._hint = Static(classes="dialog-hint")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog", id="sweep"):
            yield Static(
                Content(f"Many jobs · {visible(self._entry.model_id)}"), classes="dialog-title"
            )
            with Horizontal(id="sweep-panes"):
                yield self._fields
                yield self._editor
            yield self._sum
            yield self._preview
            with Horizontal(id="sweep-label"):
                yield Static(Content("label "))
                yield self._label
            yield self._hint

    def on_mount(self) -> None:
        self._hint.update(
            Content("enter gives values · F5 sends · F6 takes a file · escape goes back")
        )
        if self._draft.form.fields:
            self._fields.add_options(Option(self._line(field)) for field in self._draft.form.fields)
            self._fields.highlighted = self._first()
            self._fields.focus()
        else:
            self._label.focus()
        self._look()

    # The fields

    @on(OptionList.OptionHighlighted, "#sweep-fields")
    def show_field(self, event: OptionList.OptionHighlighted) -> None:
        """The editor follows the cursor."""
        event.stop()
        self._editor.show(self._draft.form.fields[event.option_index])

    @on(OptionList.OptionSelected, "#sweep-fields")
    def edit_field(self) -> None:
        """Go where values are given."""
        self._editor.focus()

    @on(ValuesEditor.Edited)
    def field_edited(self, event: ValuesEditor.Edited) -> None:
        """Show what it has now; the rest follows when the typing pauses."""
        self._edited()
        place = self._draft.form.fields.index(event.field)
        self._fields.replace_option_prompt_at_index(place, self._line(event.field))
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(DELAY, self._look)

    def _first(self) -> int:
        """The field to begin with: one that was given values before, else the first."""
        sizes = self._draft.sizes
        names = [field.name for field in self._draft.form.fields]
        return next((place for place, name in enumerate(names) if name in sizes), 0)

    def _line(self, field: Field) -> Content:
        values = self._draft.values(field)
        name = Content(fit(visible(field.name), self._name_width) + "  ")
        if field.name in self._draft.errors:
            return name + Content.styled("not clear yet", "$text-warning")
        if not values:
            value = self._draft.inputs.get(field.name, UNSET)
            return name + Content.styled(value_words(value), "$foreground 60%")
        count = count_of(len(values), "value")
        some = ", ".join(value_words(value, 20) for value in values[:3])
        return name + Content.styled(f"{count}: {clip(some, 60)}", "$text-primary")

    # The requests

    @work(exclusive=True, group="look")
    async def _look(self) -> None:
        self._outlook = await self._seen()
        self._show()

    async def _seen(self) -> _Outlook:
        """Make the requests and have them judged, all of them."""
        form = self._draft.form
        if self._file is not None:
            requests = requests_of_file(self._file[1])
            unread = [
                Complaint(f"line {each.number}", each.problem) for each in self._file[1].problems
            ]
        else:
            try:
                requests, unread = self._draft.requests(), []
            except SweepError as error:
                return _Outlook(error=str(error))
        complaints = sorted(
            [*unread, *await complaints_about(form, requests)], key=lambda each: each.number
        )
        return _Outlook(requests, complaints, cost_of(self._entry, form, requests))

    def _show(self) -> None:
        outlook = self._outlook
        if outlook.error:
            self._sum.update(Content.styled(visible(outlook.error), "$text-warning"))
            self._preview.update(Content(""))
            return
        count = len(outlook.requests)
        self._sum.update(
            Content(
                f"{count_of(count, 'job')}{self._reckoning()} · {outlook.cost.words}"
                f"{self._shortage()}"
            )
        )
        if outlook.complaints:
            lines = [each.words for each in outlook.complaints[:FIRST]]
            more = len(outlook.complaints) - FIRST
            lines += [f"and {more:,} more"] if more > 0 else []
            title = "Nothing is sent until this is mended:"
            self._preview.update(Content.styled("\n".join([title, *lines]), "$text-warning"))
            return
        names = self._telling_names()
        shown = [telling(each, names) for each in outlook.requests[:FIRST]] if names else []
        shown += [f"… and {count - FIRST:,} more"] if names and count > FIRST else []
        self._preview.update(Content("\n".join(shown)))

    def _reckoning(self) -> str:
        """`= 3 promptText × 2 ratio`, or where they come from."""
        if self._file is not None:
            return f" from {clip(visible(Path(self._file[0]).name), 60)}"
        if not self._draft.sizes:
            return ": give some fields several values, or take them from a file"
        sizes = (f"{size:,} {visible(name)}" for name, size in self._draft.sizes.items())
        return " = " + " × ".join(sizes)

    def _telling_names(self) -> list[str]:
        """The inputs in which the requests differ from each other."""
        if self._file is None:
            return list(self._draft.sizes)
        names = dict.fromkeys(name for each in self._outlook.requests for name in each.inputs)
        return list(names)

    def _shortage(self) -> str:
        usd, balance = self._outlook.cost.usd, self._balance_usd
        if usd is None or balance is None or usd <= balance:
            return ""
        return f" · only {money(balance)} left"

    # What the keys do

    def action_file(self) -> None:
        """Take the requests from a file."""
        before = self._file[0] if self._file is not None else ""
        self.app.push_screen(SweepFileScreen(self._draft.form, before), self._take_file)

    def _take_file(self, read: tuple[str, BatchFile] | None) -> None:
        if read is not None:
            self._file = read
            self.add_class("-file")
            self._label.focus()
            self._look()

    def action_back(self) -> None:
        """From the values to the fields, from a file to the form, or away."""
        if self._file is not None:
            self._file = None
            self.remove_class("-file")
            self._fields.focus()
            self._look()
        elif self._editor.has_focus_within:
            self._fields.focus()
        else:
            self.dismiss(None)

    @work(exclusive=True, group="plan")
    async def action_plan(self) -> None:
        """Have all of it judged, ask, and close with the plan."""
        self._outlook = outlook = await self._seen()
        looked = Looked()
        if not (outlook.error or outlook.complaints):
            self._sum.update(Content("Looking at the files …"))
            looked = await self._files.look(self._draft.form, outlook.requests)
            self._outlook = outlook = replace(outlook, complaints=looked.complaints)
        self._show()
        if outlook.error or outlook.complaints or not outlook.requests:
            self.app.bell()
            return
        items = items_of(self._entry, self._draft.form, outlook.requests)
        remarks = [*looked.remarks, *remarks_on(outlook.requests, items)]
        if not await self._is_confirmed(outlook, remarks):
            return
        try:
            allowed = await self._budget.allows(self.app, outlook.cost.usd, jobs=len(items))
        except EngineError as error:
            self.notify(visible(str(error)), severity="error", markup=False)
            return
        if allowed:
            label = self._label.value.strip()
            self.dismiss(Plan(self._entry.model_id, label, items))

    async def _is_confirmed(self, outlook: _Outlook, remarks: list[str]) -> bool:
        count, usd = len(outlook.requests), outlook.cost.usd
        settings = self._settings
        meaning = "\n".join(
            [
                f"{self._entry.model_id}\n{outlook.cost.words}{self._shortage()}",
                f"They are sent {settings.release_per_second:g} a second, while fewer than "
                f"{settings.release_unfinished} are under way. What has not been sent can be "
                "dropped for free. Closing the program stops it, and the next start asks.",
                *remarks,
            ]
        )
        is_small = count <= settings.confirm_jobs and (usd is None or usd <= settings.confirm_usd)
        if not is_small:
            typed = await self.app.push_screen_wait(count_question(count, meaning))
            return typed is not None
        question = f"Send {count_of(count, 'job')}?"
        yes = await self.app.push_screen_wait(
            ConfirmScreen(question, meaning, yes="send them", no="not yet")
        )
        return bool(yes)
