"""Measure the figures and print one table: `python -m tests.benchmarks [--json FILE] [NAME…]`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks import (
    composer,
    day,
    downloads,
    first_paint,
    ledger_money,
    line,
    long_past,
    running,
    sharing,
    submit,
    thousand,
)
from tests.benchmarks.figures import Figure, chosen, table
from tests.benchmarks.surroundings import away_from_home

FAMILIES = (
    first_paint.FAMILY,
    composer.FAMILY,
    line.FAMILY,
    submit.FAMILY,
    running.FAMILY,
    thousand.FAMILY,
    ledger_money.FAMILY,
    downloads.FAMILY,
    sharing.FAMILY,
    long_past.FAMILY,
    day.FAMILY,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for; 1 when something could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="; ".join(f"{family.name}: {', '.join(family.figures)}" for family in FAMILIES),
    )
    told = parser.parse_args(arguments)
    try:
        families = chosen(FAMILIES, told.names)
    except ValueError as error:
        parser.error(str(error))
    figures: list[Figure] = []
    failed: list[str] = []
    for family in families:
        print(f"measuring {family.name} …", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="benchmark-") as folder, away_from_home():
            try:
                figures.extend(family.measure(Path(folder)))
            except Exception:
                failed.append(family.name)
                traceback.print_exc()
    if told.names:
        of = {family.name for family in families}
        figures = [
            figure for figure in figures if figure.name in told.names or of & set(told.names)
        ]
    print(table(figures))
    if told.json is not None:
        told.json.write_text(json.dumps([figure.to_json() for figure in figures], indent=2) + "\n")
    if failed:
        print(f"could not be measured: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
