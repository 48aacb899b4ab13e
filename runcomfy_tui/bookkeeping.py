"""`runcomfy-tui costs`, `export`, `import`, `track`: the ledger's money, its ways out and in."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from runcomfy_tui.exit_codes import DATA, OK, UNAVAILABLE, USAGE, fail, say
from runcomfy_tui.text import visible
from runcomfy_tui.words import count_of, money

if TYPE_CHECKING:
    from runcomfy_tui.history.ledger import Ledger
    from runcomfy_tui.settings import Settings
    from runcomfy_tui.spending import Spending, Sum

STANDARD = "-"
"""The name of standard input and output."""


def add_to(commands: Any) -> list[Any]:
    """Add the commands to a parser's subparsers; returns their own parsers."""
    costs_ = commands.add_parser("costs", help="what the jobs have cost, by time, model and label")
    costs_.add_argument("--json", action="store_true", help="as a JSON object")
    costs_.set_defaults(command=costs)

    export_ = commands.add_parser("export", help="write the jobs to a file, or for another ledger")
    export_.add_argument("file", nargs="?", default=STANDARD, metavar="FILE", help="- is stdout")
    export_.add_argument(
        "--filter",
        dest="only",
        metavar="EXPRESSION",
        help="only these jobs, as after / in the window",
    )
    export_.add_argument("--force", action="store_true", help="replace a file that is there")
    export_.set_defaults(command=export)

    import_ = commands.add_parser("import", help="take in an export, nothing twice")
    import_.add_argument("file", metavar="FILE", help="- reads stdin")
    import_.set_defaults(command=take_in)

    for command in (export_, import_):
        command.add_argument("--format", choices=("jsonl", "csv"), help="else by the file's name")
    return [costs_, export_, import_]


def costs(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print what the jobs have cost: today, this week, this month, by model and by label."""
    from runcomfy_tui.history.imports import all_jobs
    from runcomfy_tui.spending import spending_of

    def work(ledger: Ledger) -> int:
        spending = spending_of(all_jobs(ledger), time.time())
        _write(_as_json(spending) if arguments.json else _as_text(spending))
        return OK

    return _with_ledger(settings, work)


def export(arguments: argparse.Namespace, settings: Settings) -> int:
    """Write jobs to a file or to standard output, one at a time."""
    from runcomfy_tui.exchange import Format, format_of, lines_of, write_export
    from runcomfy_tui.history.imports import all_jobs
    from runcomfy_tui.query import QueryError, parse

    try:
        keeps = parse(arguments.only or "").test(time.time())
    except QueryError as error:
        return fail(str(error), USAGE)
    form = Format(arguments.format) if arguments.format else format_of(arguments.file)
    is_to_stdout = arguments.file == STANDARD
    file = Path(arguments.file).expanduser()
    if not is_to_stdout and file.is_file() and not arguments.force:
        return fail(f"{file} is there already: --force replaces it.", USAGE)

    def work(ledger: Ledger) -> int:
        jobs = (job for job in all_jobs(ledger) if keeps(job))
        if is_to_stdout:
            for line in lines_of(jobs, form):
                sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
        else:
            count = write_export(file, jobs, form)
            print(f"{count_of(count, 'job')} in {visible(str(file))}", file=sys.stderr)  # noqa: T201
        return OK

    try:
        return _with_ledger(settings, work)
    except BrokenPipeError:
        raise
    except OSError as error:
        return fail(f"{file} cannot be written: {error.strerror or error}.", UNAVAILABLE)


def take_in(arguments: argparse.Namespace, settings: Settings) -> int:
    """Merge an export into the ledger, and tell what came of it."""
    from runcomfy_tui.exchange import Format, format_of, jobs_in
    from runcomfy_tui.history.imports import take_all

    form = Format(arguments.format) if arguments.format else format_of(arguments.file)

    def work(ledger: Ledger) -> int:
        with _opened(arguments.file) as lines:
            report = take_all(ledger, jobs_in(lines, form))
        for bad in report.bad_lines:
            say(f"line {bad.number} is passed over: {bad.reason}")
        if report.bad > len(report.bad_lines):
            say(f"and {report.bad - len(report.bad_lines):,} more lines")
        print(report.words)  # noqa: T201
        return DATA if report.bad else OK

    try:
        return _with_ledger(settings, work)
    except OSError as error:
        return fail(f"{arguments.file} cannot be read: {error.strerror or error}.", DATA)


def track(arguments: argparse.Namespace, settings: Settings) -> int:
    """Take in requests that were submitted elsewhere."""
    from runcomfy_tui.engine.transitions import adopted
    from runcomfy_tui.history.errors import LedgerError
    from runcomfy_tui.history.ledger import Ledger
    from runcomfy_tui.jobs import read_request_ids

    try:
        words = " ".join(arguments.request_ids)
        if not words:
            words = sys.stdin.read()
        request_ids = read_request_ids(words)
    except UnicodeDecodeError:
        return fail("What came on stdin is no text.", DATA)
    except ValueError as error:
        return fail(str(error), DATA)
    if not request_ids:
        return fail("Give at least one request_id, as an argument or on stdin.", USAGE)
    try:
        ledger = Ledger(settings.data_dir)
        try:
            known = ledger.find_requests(request_ids)
            ledger.put(*(adopted(each) for each in request_ids if each not in known))
            for each in request_ids:
                print(f"{each} {'is tracked already' if each in known else 'is tracked now'}")  # noqa: T201
        finally:
            ledger.close()
    except LedgerError as error:
        return fail(str(error), UNAVAILABLE)
    return OK


def _with_ledger(settings: Settings, work: Any) -> int:
    from runcomfy_tui.history.errors import LedgerError
    from runcomfy_tui.history.ledger import Ledger

    try:
        ledger = Ledger(settings.data_dir)
        try:
            code: int = work(ledger)
        finally:
            for problem in ledger.problems:
                say(problem)
            ledger.close()
    except LedgerError as error:
        return fail(str(error), UNAVAILABLE)
    return code


@contextmanager
def _opened(name: str) -> Iterator[IO[bytes]]:
    if name == STANDARD:
        yield sys.stdin.buffer
        return
    with Path(name).expanduser().open("rb") as lines:
        yield lines


# What `costs` prints


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
