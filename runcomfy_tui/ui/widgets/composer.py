"""The pane where a job is composed: a model, its form, and whether it may be submitted.

The form's own widgets are imported when the first form is shown: they would cost the window's
first paint more than everything else in this pane.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.message import Message
from textual.widgets import Static

from runcomfy_tui.jobs import FieldProblem, JsonObject, ModelEntry
from runcomfy_tui.text import visible
from runcomfy_tui.ui.widgets.editor_pane import EditorPane
from runcomfy_tui.ui.widgets.model_line import ModelLine
from runcomfy_tui.ui.widgets.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual import events
    from textual.widget import AwaitMount

    from runcomfy_tui.schema.fields import Form
    from runcomfy_tui.schema.paste import Paste
    from runcomfy_tui.ui.widgets.fields.drafts import Draft
    from runcomfy_tui.ui.widgets.fields.form import FormView
    from runcomfy_tui.ui.widgets.fields.help_pane import HelpPane
    from runcomfy_tui.ui.widgets.fields.json_view import JsonView
    from runcomfy_tui.ui.widgets.fields.pasting import RequestPasted
    from runcomfy_tui.ui.widgets.fields.row import Path, Severity


class Composer(EditorPane):
    """A model's form. It says what would be sent and what is wrong with it; it sends nothing."""

    BORDER_TITLE = "New job"

    class Changed(Message):
        """Somebody edited the form. `inputs` are what it would send, `draft` is what to keep."""

        def __init__(self, model_id: str, inputs: dict[str, Any], draft: dict[str, Any]) -> None:
            self.model_id = model_id
            self.inputs = inputs
            self.draft = draft
            super().__init__()

    class Settled(Message):
        """Nobody is typing: another form stands there (`is_new`), or a field of it was left."""

        def __init__(self, *, is_new: bool) -> None:
            self.is_new = is_new
            super().__init__()

    class ModelWanted(Message):
        """Somebody wants to choose another model."""

    class Pasted(Message):
        """A whole request was pasted; where it names no model, it is for the one shown."""

        def __init__(self, paste: Paste) -> None:
            self.paste = paste
            super().__init__()

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
        self._json: JsonView | None = None
        self._model = ModelLine("No model yet", markup=False, classes="composer--model")
        self._placeholder = Static(
            "The form appears as soon as a model is chosen.", classes="composer--placeholder"
        )
        self._help: HelpPane | None = None
        self._advice = ""
        self._keeps_focus = False
        self._is_put = False
        self._verdict = Verdict(submit_key)
        self._composed = False

    def compose(self) -> ComposeResult:
        yield self._model
        yield self._placeholder
        yield self._verdict

    def on_mount(self) -> None:
        self._composed = True
        if self._form is not None:
            self._put(self._form)

    @property
    def _view(self) -> FormView | JsonView | None:
        """What is in sight: the form, or its request as JSON."""
        return self._json or self._form

    @property
    def is_json(self) -> bool:
        """Whether the request is shown as JSON."""
        return self._json is not None

    # -- which form ---------------------------------------------------------------------------

    def show_model(
        self,
        entry: ModelEntry,
        inputs: JsonObject | None = None,
        *,
        draft: JsonObject | None = None,
        as_json: bool = False,
    ) -> AwaitComplete:
        """Show the form of a model: as its schema begins it, as a `draft` of it was left, or
        sending exactly `inputs` (which can be shown `as_json`).

        What it holds can be read at once; await the answer to have it on the screen.
        """
        from runcomfy_tui.schema.reading import read_form
        from runcomfy_tui.ui.widgets.fields.drafts import draft_to_begin_with

        self.entry = entry
        form = read_form(entry.input_schema or {})
        return self._show(form, draft_to_begin_with(form, inputs, draft), as_json=as_json)

    def restore(self, draft: JsonObject) -> AwaitComplete:
        """Put back what `draft` told of the model that is shown, even what is no value."""
        from runcomfy_tui.ui.widgets.fields.drafts import draft_of_json

        if self._form is None:
            return AwaitComplete()
        return self._show(self._form.form, draft_of_json(self._form.form, draft))

    def _show(self, form: Form, draft: Draft, *, as_json: bool = False) -> AwaitComplete:
        from runcomfy_tui.ui.widgets.fields.form import FormView

        if self._view is not None and self._view.has_focus_within:
            # Textual would give the focus to whatever comes next, and keys to somebody else.
            self._keeps_focus = True
            self.focus_model()
        for view in (self._form, self._json):
            if view is not None and view.is_attached:
                view.display = False
                view.remove()
        self._form, self._json = FormView(form, draft), None
        if as_json or draft.json is not None:
            self._json = self._json_view(draft.json)
        return self._put(self._json or self._form) if self._composed else AwaitComplete()

    def _json_view(self, text: str | None = None) -> JsonView:
        from runcomfy_tui.ui.widgets.fields.json_view import JsonView

        assert self._form is not None
        return JsonView(self._form.form, self._form.read(), text)

    def _put(self, view: FormView | JsonView) -> AwaitComplete:
        from runcomfy_tui.ui.widgets.fields.help_pane import HelpPane

        if self.entry is not None:
            self._model.show(self.entry)
        self._is_put = False
        self._placeholder.display = False
        self._verdict.clear()
        if self._help is None:
            self._help = HelpPane()
            mounted = self.mount_all((view, self._help), before=self._verdict)
        else:
            mounted = self.mount(view, before=self._help)
        if self._form is not None:
            self._help.prepare(row.field for row in self._form.rows())
        self._look_like_the_view()
        # The judge's own import must not hold up the first sight of the form.
        self.call_after_refresh(self._judge_first)
        return AwaitComplete(self._in_one_paint(mounted))

    def _look_like_the_view(self) -> None:
        if self._help is not None:
            self._help.display = not self.is_json
        self.border_title = f"{self.BORDER_TITLE} · JSON" if self.is_json else self.BORDER_TITLE

    async def _in_one_paint(self, mounted: AwaitMount) -> None:
        with self.app.batch_update():
            await mounted
            self._is_put = True
            if self._keeps_focus:
                self._keeps_focus = False
                self.focus_form()

    async def switch_view(self) -> None:
        """The form as its whole request in JSON, or that as a form again; nothing is lost.

        Where one cannot say what the other does, nothing changes and the reason is told.
        """
        if self._view is None:
            return
        if self.is_hindered():
            return
        if self._json is not None:
            await self._back_to_form(self._json)
            self.focus_form()
        elif self._form is not None:
            self._json = self._json_view()
            self._form.display = False
            await self._put(self._json)
            self.focus_form()
        self._tell_change()

    def is_hindered(self) -> bool:
        """Whether nobody can tell what it would send: then say why, and go where it is."""
        hindrance, path = ("", ()) if self._view is None else self._view.hindrance
        if hindrance and self._view is not None:
            self.notify(visible(hindrance), severity="warning", markup=False)
            self._view.go_to(path)
        return bool(hindrance)

    async def _back_to_form(self, view: JsonView) -> None:
        from runcomfy_tui.ui.widgets.fields.drafts import draft_of_edited, exactly_alike

        form = self._form
        assert form is not None
        after = view.read().value
        if not form.is_attached or not exactly_alike(view.before, after):
            await self._show(form.form, draft_of_edited(form.form, form.draft, view.before, after))
            return
        view.display = False
        view.remove()
        self._json = None
        form.display = True
        self._look_like_the_view()
        self._judge()

    # -- what it holds ------------------------------------------------------------------------

    @property
    def inputs(self) -> dict[str, Any]:
        """What would be sent, to the letter."""
        return {} if self._view is None else dict(self._view.read().value)

    @property
    def problems(self) -> tuple[FieldProblem, ...]:
        """What keeps it from being sent, in the form's order."""
        return () if self._view is None else self._view.problems()

    @property
    def draft(self) -> dict[str, Any]:
        """Everything that was typed, as JSON, for `restore`."""
        if self._form is None:
            return {}
        text = None if self._json is None else self._json.text
        return replace(self._form.draft, json=text).to_json()

    def attempt(self) -> dict[str, Any] | None:
        """The inputs, if they may be submitted; else show why not and go to the first fault."""
        view = self._view
        if view is None:
            return None
        reading = view.read()
        problems = view.problems(reading)
        view.forgive()
        view.touch()
        self._tell(problems)
        if problems:
            view.go_to(problems[0].path)
            return None
        return dict(reading.value)

    # -- what is said about it ----------------------------------------------------------------

    def show_refusal(self, problems: Iterable[FieldProblem], message: str) -> None:
        """Put the server's words at the fields they name, and the rest above the form.

        They stay until the field is edited; they keep nobody from submitting the same again.
        """
        if self._view is not None:
            self._view.refuse(problems, message)
            self._tell(self._view.problems())

    def note(self, path: Path, text: str, severity: Severity = "ok") -> None:
        """Put a note about its value under the field at `path`, until it is edited."""
        if self._view is not None:
            self._view.note(path, text, severity)

    def tell_cost(self, estimate: str, past: str) -> None:
        """Say beside the price what the job will cost by it, and what such jobs have cost."""
        self._model.tell_cost(estimate, past)

    def advise(self, words: str) -> None:
        """Say `words` in place of "may be submitted", where it may: what to know before."""
        if words != self._advice:
            self._advice = words
            self._judge()

    def reveal(self, path: Path) -> None:
        """Put the cursor into the field at `path`."""
        if self._view is not None:
            self._view.go_to(path)

    def focus_model(self) -> None:
        """Put the cursor on the model line, where a stray key types nothing."""
        self._model.focus()

    def focus_form(self) -> None:
        """Put the cursor into the field where it was last, at first into the first one.

        Where there is no form yet, as soon as there is one.
        """
        self._keeps_focus = self._view is None or not self._is_put
        if self._view is not None and self._is_put:
            self._view.focus_again()

    def claim_focus(self) -> None:
        """`focus_form` once all is painted, unless somebody goes elsewhere before."""
        self._keeps_focus = True
        self.call_after_refresh(self._take_claimed_focus)

    def _take_claimed_focus(self) -> None:
        if self._keeps_focus:
            self.focus_form()

    def let_focus_go(self) -> None:
        """Somebody went elsewhere: a form that comes later leaves the cursor there."""
        self._keeps_focus = False

    def _judge_first(self) -> None:
        self._judge()
        self.post_message(self.Settled(is_new=True))

    def _judge(self) -> None:
        if self._view is not None:
            self._tell(self._view.problems())

    def _tell(self, problems: tuple[FieldProblem, ...]) -> None:
        assert self._view is not None
        self._view.show(problems)
        self._verdict.tell(problems, self._view.wrong, self._advice)

    # -- what comes from below ----------------------------------------------------------------

    def on_form_view_changed(self, event: FormView.Changed) -> None:
        """Judge what stands there now, and pass it on to be kept."""
        event.stop()
        self._judge_change()

    def on_json_view_changed(self, event: JsonView.Changed) -> None:
        """The same with the text."""
        event.stop()
        self._judge_change()

    def _judge_change(self) -> None:
        view = self._view
        if view is not None and self.entry is not None:
            reading = view.read()
            self._tell(view.problems(reading))
            self._tell_change(reading.value)

    def _tell_change(self, inputs: JsonObject | None = None) -> None:
        if self.entry is not None:
            told = self.inputs if inputs is None else dict(inputs)
            self.post_message(self.Changed(self.entry.model_id, told, self.draft))

    def on_model_line_wanted(self, event: ModelLine.Wanted) -> None:
        """Pass it on."""
        event.stop()
        self.post_message(self.ModelWanted())

    def on_request_pasted(self, event: RequestPasted) -> None:
        """A request was pasted into a field that is not meant for it."""
        event.stop()
        self.post_message(self.Pasted(event.paste))

    def on_paste(self, event: events.Paste) -> None:
        """Something was pasted where nothing is typed, as on the model line."""
        from runcomfy_tui.ui.widgets.fields.pasting import request_in

        event.stop()
        if (message := request_in(event.text)) is not None:
            self.post_message(message)

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """What stands in the field that was left may be looked at."""
        if self._view in event.widget.ancestors:
            self.post_message(self.Settled(is_new=False))

    def on_form_view_entered(self, event: FormView.Entered) -> None:
        """Show what the schema says about the field."""
        event.stop()
        if self._help is not None:
            self._help.show(event.row.field)
