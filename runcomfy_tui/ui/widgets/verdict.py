"""The composer's last line: whether what stands in it may be submitted."""

from __future__ import annotations

from runcomfy_tui.jobs import FieldProblem


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
