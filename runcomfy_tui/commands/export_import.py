"""`runcomfy-tui export` and `import`: the ledger's jobs as a file, and back."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from runcomfy_tui.commands.on_ledger import on_ledger
from runcomfy_tui.exit_codes import DATA, OK, UNAVAILABLE, USAGE, fail, say
from runcomfy_tui.text import visible
from runcomfy_tui.words import count_of

if TYPE_CHECKING:
    from runcomfy_tui.history.ledger import Ledger
    from runcomfy_tui.settings import Settings

STANDARD = "-"
"""The name of standard input and output."""


def export(arguments: argparse.Namespace, settings: Settings) -> int:
    """Write jobs to a file or to standard output, one at a time."""
    from runcomfy_tui.export_file import Format, format_of, lines_of, write_export
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
            print(f"{count_of(count, 'job')} in {visible(str(file))}", file=sys.stderr)
        return OK

    try:
        return on_ledger(settings, work)
    except BrokenPipeError:
        raise
    except OSError as error:
        return fail(f"{file} cannot be written: {error.strerror or error}.", UNAVAILABLE)


def take_in(arguments: argparse.Namespace, settings: Settings) -> int:
    """Merge an export into the ledger, and tell what came of it."""
    from runcomfy_tui.export_file import Format, format_of, jobs_in
    from runcomfy_tui.history.imports import take_all

    form = Format(arguments.format) if arguments.format else format_of(arguments.file)

    def work(ledger: Ledger) -> int:
        with _opened(arguments.file) as lines:
            report = take_all(ledger, jobs_in(lines, form))
        for bad in report.bad_lines:
            say(f"line {bad.number} is passed over: {bad.reason}")
        if report.bad > len(report.bad_lines):
            say(f"and {report.bad - len(report.bad_lines):,} more lines")
        print(report.words)
        return DATA if report.bad else OK

    try:
        return on_ledger(settings, work)
    except OSError as error:
        return fail(f"{arguments.file} cannot be read: {error.strerror or error}.", DATA)


@contextmanager
def _opened(name: str) -> Iterator[IO[bytes]]:
    if name == STANDARD:
        yield sys.stdin.buffer
        return
    with Path(name).expanduser().open("rb") as lines:
        yield lines
