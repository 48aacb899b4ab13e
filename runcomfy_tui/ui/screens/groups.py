"""The jobs by what they have in common: choose a label, a sweep, a model or a day."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from rich.cells import cell_len
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from runcomfy_tui.groups import Group, GroupBy, groups_of
from runcomfy_tui.jobs import Job
from runcomfy_tui.text import visible
from runcomfy_tui.ui.screens.quiet import QuietModal
from runcomfy_tui.ui.words import fit, moment, money
from runcomfy_tui.words import count_of

WIDE = 110
"""Columns of the terminal from which there is room for long names and for dates."""

AT_ONCE = 5_000
"""Jobs that are grouped between two keys; more of them are grouped in a thread."""


class GroupsScreen(QuietModal[str | None]):
    """Dismisses with the filter that keeps a group's jobs, or with None."""

    BINDINGS = [
        Binding(
            "right,tab", "step(1)", "by the next", id="groups.next", tooltip="Another grouping"
        ),
        Binding(
            "left,shift+tab",
            "step(-1)",
            "by the one before",
            id="groups.before",
            tooltip="The grouping before",
        ),
        Binding("escape", "leave", "back", id="groups.back", tooltip="Show the table as it is"),
    ]

    def __init__(self, jobs: Sequence[Job]) -> None:
        super().__init__()
        self._jobs = jobs
        self._by = GroupBy.LABEL
        self._groups: list[Group] = []
        self._kinds = Static()
        self._list = OptionList(markup=False, compact=True)
        self._none = Static()

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide", id="groups"):
            yield Static(Content("Group by"), classes="dialog-title")
            yield self._kinds
            yield self._list
            yield self._none
            yield Static(
                Content("← → another grouping · enter shows its jobs · escape goes back"),
                classes="dialog-hint",
            )

    def on_mount(self) -> None:
        self._list.focus()
        if not any(job.label for job in self._jobs):
            self._by = GroupBy.MODEL
        self._show()

    def on_resize(self) -> None:
        """Tell as much of each group as there is room for."""
        highlighted = self._list.highlighted
        self._tell(self._groups)
        self._list.highlighted = highlighted

    def action_step(self, steps: int) -> None:
        """Group by something else."""
        kinds = list(GroupBy)
        self._by = kinds[(kinds.index(self._by) + steps) % len(kinds)]
        self._show()

    @on(OptionList.OptionSelected)
    def take(self, event: OptionList.OptionSelected) -> None:
        """Close with the group's filter."""
        self.dismiss(self._groups[event.option_index].filter)

    def action_leave(self) -> None:
        """Close with nothing."""
        self.dismiss(None)

    def _show(self) -> None:
        parts = [
            Content.styled(f" {by.value} ", "bold reverse" if by is self._by else "")
            for by in GroupBy
        ]
        self._kinds.update(Content(" ").join(parts))
        if len(self._jobs) <= AT_ONCE:
            self._tell(groups_of(self._jobs, self._by))
        else:
            self._tell([])
            self._none.update(Content("Counting …"))
            self._count(self._by)

    @work(exclusive=True)
    async def _count(self, by: GroupBy) -> None:
        groups = await asyncio.to_thread(groups_of, self._jobs, by)
        if by is self._by:
            self._tell(groups)

    def _tell(self, groups: list[Group]) -> None:
        self._groups = groups
        is_wide = self.app.size.width >= WIDE
        longest = max((cell_len(visible(group.name)) for group in groups), default=0)
        width = min(32 if is_wide else 24, longest)
        self._list.clear_options()
        self._list.add_options(Option(_line(group, width, with_day=is_wide)) for group in groups)
        self._list.highlighted = 0 if groups else None
        self._none.display = not groups
        self._none.update(Content(f"No job has a {self._by.value}."))


def _line(group: Group, width: int, *, with_day: bool) -> Content:
    jobs = count_of(group.jobs, "job")
    failed = f", {group.failed:,} failed" if group.failed else ""
    facts = f"{jobs:>11}  {money(group.usd):>9}  {group.completed:,} completed{failed}"
    if with_day:
        facts = f"{facts:<46}  {moment(group.last_at)[:10]}"
    return Content(fit(visible(group.name), width) + "  ") + Content.styled(
        facts, "$foreground 60%"
    )
