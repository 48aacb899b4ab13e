"""The arguments of the command line: what may be typed, and what is said where it may not."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from runcomfy_tui import __version__, paths
from runcomfy_tui.exit_codes import USAGE
from runcomfy_tui.text import visible

ON_SANDBOX = "run on a built-in stand-in for RunComfy"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {visible(message)}\n")


if TYPE_CHECKING:
    _Commands: TypeAlias = argparse._SubParsersAction[_Parser]


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """What was typed; `command` names the command, `dashboard` is the one without a name.

    Ends the program for `--help`, `--version` and wrong usage.
    """
    parser = _parser()
    arguments, left = parser.parse_known_args(argv)
    if left:
        # argparse takes words behind an option, and such as begin with a dash, for unknown ones.
        words = getattr(arguments, "filter", None)
        if not isinstance(words, list) or any(word.startswith("--") for word in left):
            parser.error(f"unrecognized arguments: {' '.join(left)}")
        words += left
    return arguments


def _parser() -> _Parser:
    parser = _Parser(
        prog="runcomfy-tui",
        description="A terminal dashboard for RunComfy Model API jobs.",
        epilog="The token is read from $RUNCOMFY_TOKEN, $RUNCOMFY_API_TOKEN, the saved one, or "
        "the official CLI's token.json.",
    )
    parser.add_argument("--version", action="version", version=f"runcomfy-tui {__version__}")
    parser.add_argument(
        "--sandbox",
        action="store_true",
        help=f"{ON_SANDBOX}; costs nothing, needs no token or network",
    )
    _add_data_dir(parser, default=None)
    parser.set_defaults(command="dashboard")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser)
    _add_jobs(commands)
    _add_track(commands)
    _add_check(commands)
    _add_watch(commands)
    _add_costs(commands)
    _add_export(commands)
    _add_import(commands)
    _add_doctor(commands)
    _add_sandbox(commands)
    for name, command in commands.choices.items():
        command.set_defaults(command=name)
        # SUPPRESS: a --data-dir before the subcommand must not be undone by one not given after.
        _add_data_dir(command, default=argparse.SUPPRESS)
    return parser


def _add_jobs(commands: _Commands) -> None:
    jobs = commands.add_parser(
        "jobs",
        help="print the ledger, newest first",
        epilog="A FILTER is what / takes: words, status:failed, cost:>0.5, age:<2d, -word for not; "
        "archived:yes for what is archived. Its quotes need quotes: 'prompt:\"paper boat\"'.",
    )
    jobs.add_argument("filter", nargs="*", metavar="FILTER")
    printed = jobs.add_mutually_exclusive_group()
    for name, how in (
        ("json", "as a JSON list of objects"),
        ("jsonl", "as JSON objects, one a line"),
        ("csv", "as CSV with a header; a cell like a formula begins with an apostrophe"),
    ):
        printed.add_argument(f"--{name}", dest="form", action="store_const", const=name, help=how)
    jobs.set_defaults(form="table")


def _add_track(commands: _Commands) -> None:
    track = commands.add_parser("track", help="take in requests that were submitted elsewhere")
    track.add_argument(
        "request_ids", nargs="*", metavar="REQUEST_ID", help="read from stdin when none is given"
    )


def _add_check(commands: _Commands) -> None:
    check = commands.add_parser("check", help="check the requests in a file; submits nothing")
    check.add_argument("model_id", metavar="MODEL_ID")
    check.add_argument("file", metavar="FILE", help="one JSON object a line; - reads stdin")


def _add_watch(commands: _Commands) -> None:
    watch = commands.add_parser("watch", help="the engine with no window: poll, collect, hook")
    watch.add_argument(
        "--until-done", action="store_true", help="end when every job has ended; else at SIGTERM"
    )
    told = watch.add_mutually_exclusive_group()
    told.add_argument("--quiet", action="store_true", help="tell troubles only")
    told.add_argument("--json", action="store_true", help="tell changes as JSON, one a line")
    watch.add_argument(
        "--download", action="store_true", help="save the files of jobs that complete meanwhile"
    )
    watch.add_argument("--sandbox", action="store_true", default=argparse.SUPPRESS, help=ON_SANDBOX)


def _add_costs(commands: _Commands) -> None:
    costs = commands.add_parser("costs", help="what the jobs have cost, by time, model and label")
    costs.add_argument("--json", action="store_true", help="as a JSON object")


def _add_export(commands: _Commands) -> None:
    export = commands.add_parser("export", help="write the jobs to a file, or for another ledger")
    export.add_argument("file", nargs="?", default="-", metavar="FILE", help="- is stdout")
    export.add_argument(
        "--filter",
        dest="only",
        metavar="EXPRESSION",
        help="only these jobs, as after / in the window",
    )
    export.add_argument("--force", action="store_true", help="replace a file that is there")
    _add_format(export)


def _add_import(commands: _Commands) -> None:
    import_ = commands.add_parser("import", help="take in an export, nothing twice")
    import_.add_argument("file", metavar="FILE", help="- reads stdin")
    _add_format(import_)


def _add_doctor(commands: _Commands) -> None:
    doctor = commands.add_parser(
        "doctor", help="check the ledger, the settings, the terminal and the server"
    )
    doctor.add_argument("--repair", action="store_true", help="mend what can be mended")
    doctor.add_argument("--offline", action="store_true", help="ask no server")


def _add_sandbox(commands: _Commands) -> None:
    sandbox = commands.add_parser(
        "sandbox", help="run the stand-in for RunComfy alone; with --data-dir it remembers its jobs"
    )
    sandbox.add_argument("--port", type=_port, default=0, help="0, the default, takes any free one")
    sandbox.add_argument("--speed", type=_speed, default=1.0, help="10: jobs ten times as quick")
    sandbox.add_argument(
        "--fault", action="append", default=[], metavar="NAME", help="misbehave; 'list' lists them"
    )
    sandbox.add_argument("--preload", type=_count, default=0, metavar="N", help="begin with N jobs")


def _add_format(parser: _Parser) -> None:
    parser.add_argument("--format", choices=("jsonl", "csv"), help="else by the file's name")


def _add_data_dir(parser: _Parser, default: object) -> None:
    parser.add_argument(
        "--data-dir",
        type=_folder,
        default=default,
        metavar="DIR",
        help=f"the ledger's folder (also ${paths.DATA_DIR_VARIABLE})",
    )


def _folder(text: str) -> Path:
    if not text.strip():
        # `--data-dir "$UNSET"` must not put a ledger where one happens to stand.
        raise argparse.ArgumentTypeError("it is empty")
    return Path(text)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) < 65536):
        raise argparse.ArgumentTypeError("a port is a whole number from 0 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 7):
        raise argparse.ArgumentTypeError("should be a whole number from 0 to 999999")
    return int(text)


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0.0 < speed <= 1e6:
        raise argparse.ArgumentTypeError("should be a number above 0, at most 1000000")
    return speed
