"""The composer's last line: whether what stands in it may be submitted."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from runcomfy_tui.jobs import FieldProblem
from runcomfy_tui.words import count_of


class Verdict(Static):
    """Says it with a colour: what is wrong, what is only not there yet, what to know before."""

    def __init__(self, submit_key: str) -> None:
        super().__init__(markup=False, classes="composer--verdict")
        self._submit_key = submit_key

    def clear(self) -> None:
        """Say nothing: nobody has judged yet."""
        self.update("", layout=False)

    def tell(self, problems: Sequence[FieldProblem], wrong: int, advice: str) -> None:
        """Say what stands in the way, or `advice` where nothing does."""
        words = verdict(problems, wrong, self._submit_key)
        is_advice = bool(advice) and not problems and not wrong
        words = advice if is_advice else words
        if str(self.content) != words:
            self.set_class(bool(wrong) or is_advice, "-wrong")
            self.set_class(not wrong and bool(problems), "-incomplete")
            self.update(Content(words), layout=False)


def verdict(problems: Sequence[FieldProblem], wrong: int, submit_key: str) -> str:
    """The one line that says whether it may be submitted; `wrong` fields say so themselves."""
    if wrong and not problems:
        return f"refused by RunComfy · {submit_key} submits again"
    if wrong:
        return count_of(wrong, "field needs attention", "fields need attention")
    if lacking := [problem for problem in problems if problem.path]:
        return count_of(len(lacking), "field to fill in", "fields to fill in")
    if problems:  # they concern the whole, and are said above the form once a submit was tried
        return f"not ready yet · {submit_key} says why"
    return f"{submit_key} submit"
