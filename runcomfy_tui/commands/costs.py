"""`runcomfy-tui costs`: what the jobs have cost, by time, by model and by label."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING, Any

from runcomfy_tui.commands.on_ledger import on_ledger
from runcomfy_tui.exit_codes import OK
from runcomfy_tui.text import visible
from runcomfy_tui.words import money

if TYPE_CHECKING:
    from runcomfy_tui.history.ledger import Ledger
    from runcomfy_tui.settings import Settings
    from runcomfy_tui.spending import Spending, Sum


def costs(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print what the jobs have cost: today, this week, this month, by model and by label."""
    from runcomfy_tui.history.imports import all_jobs
    from runcomfy_tui.spending import spending_of

    def work(ledger: Ledger) -> int:
        spending = spending_of(all_jobs(ledger), time.time())
        _write(_as_json(spending) if arguments.json else _as_text(spending))
        return OK

    return on_ledger(settings, work)


def _write(text: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.buffer.write(text.encode(encoding, "replace"))
    sys.stdout.flush()


def _as_json(spending: Spending) -> str:
    import json

    def sums(told: Any) -> Any:
        return {name: _sum_as_json(each) for name, each in told.items()}

    document = {
        "total": sums(spending.total),
        "by_model": {period: sums(told) for period, told in spending.by_model.items()},
        "by_label": {period: sums(told) for period, told in spending.by_label.items()},
        "by_day": {day.isoformat(): _sum_as_json(each) for day, each in spending.by_day.items()},
    }
    return json.dumps(document, indent=2) + "\n"


def _sum_as_json(told: Sum) -> dict[str, float | int]:
    return {
        "jobs": told.jobs,
        "usd": round(told.usd, 6),
        "without_cost": told.unpriced,
        "estimated_usd": round(told.estimated, 6),
        "usd_of_the_estimated": round(told.compared, 6),
    }


def _as_text(spending: Spending) -> str:
    from runcomfy_tui.spending import Period

    month, ever = spending.by_model[Period.MONTH], spending.by_model[Period.ALL]
    parts = [
        _table("", spending.total),
        _table(f"by model, {Period.MONTH}", month) if month else "",
        _table(f"by model, {Period.ALL}", ever) if ever != month else "",
    ]
    labels = spending.by_label[Period.ALL]
    if any(labels):
        parts.append(_table(f"by label, {Period.ALL}", labels))
    return "\n".join(part for part in parts if part)


def _table(title: str, sums: Any) -> str:
    rows = [(title.upper(), "COST", "JOBS", "NO COST YET")]
    for name, told in sums.items():
        rows.append(
            (
                visible(str(name)) or "(none)",
                money(told.usd),
                f"{told.jobs:,}",
                f"{told.unpriced:,}" if told.unpriced else "",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = (
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(row[at].rjust(widths[at]) for at in (1, 2, 3)),
            ]
        ).rstrip()
        for row in rows
    )
    return "\n".join(lines) + "\n"
