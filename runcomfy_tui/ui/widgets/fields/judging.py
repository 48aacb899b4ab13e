"""What keeps a request from being submitted, whichever way it was written."""

from __future__ import annotations

from runcomfy_tui.jobs import FieldProblem
from runcomfy_tui.schema.fields import Form
from runcomfy_tui.ui.widgets.fields.entries import Reading
from runcomfy_tui.ui.widgets.fields.row import Path


def problems_of(form: Form, reading: Reading) -> tuple[FieldProblem, ...]:
    """The judge's problems with what was read and the entries that are no values at all, in the
    form's order; of an entry that is no value nothing else is said.
    """
    # Imported here because the form is on the screen before anybody judges it.
    from runcomfy_tui.schema.judge import judge

    unread = [tuple(problem.path) for problem in reading.problems]
    judged = (
        problem
        for problem in judge(form, reading.value)
        if not any(tuple(problem.path[: len(path)]) == path for path in unread)
    )
    order = {field.name: index for index, field in enumerate(form.fields)}

    def place(problem: FieldProblem) -> int:
        return order.get(str(problem.path[0]), len(order)) if problem.path else -1

    return tuple(sorted((*reading.problems, *judged), key=place))


def said(path: Path, message: str) -> str:
    """The words, led by the place that they are about where nothing else shows it."""
    where = ".".join(str(step) for step in path)
    return f"{where}: {message}" if where else message
