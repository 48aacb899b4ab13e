"""The pane where a job is composed: a model, its form, and whether it may be submitted.

The form's own widgets are imported when the first form is shown: they would cost the window's
first paint more than everything else in this pane.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from runcomfy_tui.jobs import FieldProblem, JsonObject, ModelEntry
from runcomfy_tui.text import visible
from runcomfy_tui.ui.words import money

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import AwaitMount

    from runcomfy_tui.schema.fields import Form
    from runcomfy_tui.ui.widgets.fields.drafts import Draft
    from runcomfy_tui.ui.widgets.fields.form import FormView
    from runcomfy_tui.ui.widgets.fields.help_pane import HelpPane
    from runcomfy_tui.ui.widgets.fields.row import Path, Severity


class ModelLine(Static, can_focus=True):
    """Which model the form is for and what it costs at least; pressed to choose another."""

    ALLOW_SELECT = False

    BINDINGS = [
        Binding(
            "enter,space",
            "choose",
            "Choose a model",
            show=False,
            id="model_line.choose",
            tooltip="Choose another model",
        )
    ]

    _entry: ModelEntry | None = None

    def show(self, entry: ModelEntry) -> None:
        """Draw another model."""
        self._entry = entry
        self._draw()

    def on_resize(self) -> None:
        """A name and a price that do not fit on one line stand on two."""
        self._draw()

    def _draw(self) -> None:
        if self._entry is None:
            return
        parts = [visible(self._entry.display_name), visible(base_price(self._entry))]
        facts = " · ".join(filter(None, parts))
        if len(facts) > self.content_size.width:
            facts = "\n".join(filter(None, parts))
        name = Content.styled(visible(self._entry.model_id), "bold")
        told = name + "\n" + facts if facts else name
        if str(told) != str(self.content):
            self.update(told)

    def action_choose(self) -> None:
        """Ask for another model."""
        self.post_message(Composer.ModelWanted())

    def on_click(self) -> None:
        """The same with a mouse."""
        self.action_choose()


def base_price(entry: ModelEntry) -> str:
    """`base price $0.05/second`; empty where the catalog names none."""
    if entry.base_price_usd is None:
        return ""
    unit = f"/{entry.price_unit}" if entry.price_unit else ""
    return f"base price {money(entry.base_price_usd)}{unit}"


class Composer(Vertical):
    """A model's form. It says what would be sent and what is wrong with it; it sends nothing."""

    BORDER_TITLE = "New job"

    class Changed(Message):
        """Somebody edited the form. `inputs` are what it would send, `draft` is what to keep."""

        def __init__(self, model_id: str, inputs: dict[str, Any], draft: dict[str, Any]) -> None:
            self.model_id = model_id
            self.inputs = inputs
            self.draft = draft
            super().__init__()

    class ModelWanted(Message):
        """Somebody wants to choose another model."""

    def __init__(
        self,
        *,
        submit_key: str = "F5",
        id: str | None = None,  # noqa: A002 - Textual's name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.entry: ModelEntry | None = None
        """The model whose form is shown."""
        self._form: FormView | None = None
        self._submit_key = submit_key
        self._model = ModelLine("No model yet", markup=False, classes="composer--model")
        self._placeholder = Static(
            "The form appears as soon as a model is chosen.", classes="composer--placeholder"
        )
        self._help: HelpPane | None = None
        self._verdict = Static(markup=False, classes="composer--verdict")
        self._composed = False

    def compose(self) -> ComposeResult:
        yield self._model
        yield self._placeholder
        yield self._verdict

    def on_mount(self) -> None:
        self._composed = True
        if self._form is not None:
            self._put(self._form)

    # -- which form ---------------------------------------------------------------------------

    def show_model(
        self,
        entry: ModelEntry,
        inputs: JsonObject | None = None,
        *,
        draft: JsonObject | None = None,
    ) -> AwaitComplete:
        """Show the form of a model: as its schema begins it, as a `draft` of it was left, or
        sending exactly `inputs`.

        What it holds can be read at once; await the answer to have it on the screen.
        """
        from runcomfy_tui.schema.reading import read_form
        from runcomfy_tui.ui.widgets.fields.drafts import (
            draft_of_inputs,
            draft_of_json,
            first_draft,
        )

        self.entry = entry
        form = read_form(entry.input_schema or {})
        if draft is not None:
            return self._show(form, draft_of_json(form, draft))
        return self._show(
            form, first_draft(form) if inputs is None else draft_of_inputs(form, inputs)
        )

    def restore(self, draft: JsonObject) -> AwaitComplete:
        """Put back what `draft` told of the model that is shown, even what is no value."""
        from runcomfy_tui.ui.widgets.fields.drafts import draft_of_json

        if self._form is None:
            return AwaitComplete()
        return self._show(self._form.form, draft_of_json(self._form.form, draft))

    def _show(self, form: Form, draft: Draft) -> AwaitComplete:
        from runcomfy_tui.ui.widgets.fields.form import FormView

        if self._form is not None and self._form.is_attached:
            self._form.display = False
            self._form.remove()
        self._form = FormView(form, draft)
        return self._put(self._form) if self._composed else AwaitComplete()

    def _put(self, form: FormView) -> AwaitComplete:
        from runcomfy_tui.ui.widgets.fields.help_pane import HelpPane

        if self.entry is not None:
            self._model.show(self.entry)
        self._placeholder.display = False
        self._verdict.update("", layout=False)
        if self._help is None:
            self._help = HelpPane()
            mounted = self.mount_all((form, self._help), before=self._verdict)
        else:
            mounted = self.mount(form, before=self._help)
        self._help.prepare(row.field for row in form.rows())
        # The judge's own import must not hold up the first sight of the form.
        self.call_after_refresh(self._judge)
        return AwaitComplete(self._in_one_paint(mounted))

    async def _in_one_paint(self, mounted: AwaitMount) -> None:
        with self.app.batch_update():
            await mounted

    # -- what it holds ------------------------------------------------------------------------

    @property
    def inputs(self) -> dict[str, Any]:
        """What would be sent, to the letter."""
        return {} if self._form is None else dict(self._form.read().value)

    @property
    def problems(self) -> tuple[FieldProblem, ...]:
        """What keeps it from being sent, in the form's order."""
        return () if self._form is None else self._form.problems()

    @property
    def draft(self) -> dict[str, Any]:
        """Everything that was typed, as JSON, for `restore`."""
        return {} if self._form is None else self._form.draft.to_json()

    def attempt(self) -> dict[str, Any] | None:
        """The inputs, if they may be submitted; else show why not and go to the first fault."""
        form = self._form
        if form is None:
            return None
        reading = form.read()
        problems = form.problems(reading)
        form.forgive()
        form.touch()
        self._tell(problems)
        if problems:
            form.reveal(form.locate(problems[0].path)[0])
            return None
        return dict(reading.value)

    # -- what is said about it ----------------------------------------------------------------

    def show_refusal(self, problems: Iterable[FieldProblem], message: str) -> None:
        """Put the server's words at the fields they name, and the rest above the form.

        They stay until the field is edited; they keep nobody from submitting the same again.
        """
        if self._form is not None:
            self._form.refuse(problems, message)
            self._tell(self._form.problems())

    def note(self, path: Path, text: str, severity: Severity = "ok") -> None:
        """Put a note about its value under the field at `path`, until it is edited."""
        if self._form is not None:
            self._form.note(path, text, severity)

    def focus_model(self) -> None:
        """Put the cursor on the model line, where a stray key types nothing."""
        self._model.focus()

    def focus_form(self) -> None:
        """Put the cursor into the field where it was last, at first into the first one."""
        if self._form is not None:
            self._form.focus_again()

    def _judge(self) -> None:
        if self._form is not None:
            self._tell(self._form.problems())

    def _tell(self, problems: tuple[FieldProblem, ...]) -> None:
        assert self._form is not None
        self._form.show(problems)
        wrong = self._form.wrong
        words = verdict(problems, wrong, self._submit_key)
        if str(self._verdict.content) != words:
            self._verdict.set_class(bool(wrong), "-wrong")
            self._verdict.set_class(not wrong and bool(problems), "-incomplete")
            self._verdict.update(Content(words), layout=False)

    # -- what comes from below ----------------------------------------------------------------

    def on_form_view_changed(self, event: FormView.Changed) -> None:
        """Judge what stands there now, and pass it on to be kept."""
        event.stop()
        form = self._form
        if form is None or self.entry is None:
            return
        reading = form.read()
        self._tell(form.problems(reading))
        self.post_message(
            self.Changed(self.entry.model_id, dict(reading.value), form.draft.to_json())
        )

    def on_form_view_entered(self, event: FormView.Entered) -> None:
        """Show what the schema says about the field."""
        event.stop()
        if self._help is not None:
            self._help.show(event.row.field)


def verdict(problems: tuple[FieldProblem, ...], wrong: int, submit_key: str) -> str:
    """The one line that says whether it may be submitted; `wrong` fields say so themselves."""
    if wrong and not problems:
        return f"refused by RunComfy · {submit_key} submits again"
    if wrong:
        return "1 field needs attention" if wrong == 1 else f"{wrong} fields need attention"
    if problems:
        count = len(problems)
        return "1 field to fill in" if count == 1 else f"{count} fields to fill in"
    return f"{submit_key} submit"
