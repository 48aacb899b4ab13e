"""The command line: which command runs on which parts, and how it ends.

Nothing slow is imported before it is needed: the window paints first.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from runcomfy_tui import logs, paths
from runcomfy_tui.arguments import parse_arguments
from runcomfy_tui.assembly import (
    MISSING,
    SANDBOX_TOKEN,
    engine_of,
    has_sandbox,
    look_up,
    sandbox_state,
    sandboxed,
)
from runcomfy_tui.commands.costs import costs
from runcomfy_tui.commands.export_import import export, take_in
from runcomfy_tui.commands.track import track
from runcomfy_tui.credentials import BadToken, Token, find_token
from runcomfy_tui.exit_codes import (
    DATA,
    INTERRUPTED,
    NOT_AUTHORISED,
    OK,
    TRY_LATER,
    UNAVAILABLE,
    USAGE,
    fail,
)
from runcomfy_tui.settings import Settings, SettingsError, load_settings
from runcomfy_tui.streams import open_closed_streams, write_no_more
from runcomfy_tui.words import count_of

if TYPE_CHECKING:
    from runcomfy_tui.engine.changes import Mailbox
    from runcomfy_tui.engine.engine import Engine
    from runcomfy_tui.engine.errors import EngineError

log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Run `runcomfy-tui` and return its exit code."""
    open_closed_streams()
    try:
        try:
            return _run(argv)
        finally:
            sys.stdout.flush()
    except SettingsError as error:
        return fail(str(error), USAGE)
    except BadToken as error:
        return fail(str(error), NOT_AUTHORISED)
    except BrokenPipeError:
        write_no_more()  # whoever read our output has enough of it (`| head`)
        return OK
    except OSError as error:
        log.exception("the command line broke")
        write_no_more()
        return fail(f"{error.strerror or error}.", UNAVAILABLE)
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(argv: Sequence[str] | None) -> int:
    arguments = parse_arguments(argv)
    logs.log_to(paths.log_file())
    if arguments.command == "doctor":
        from runcomfy_tui.commands.doctor import doctor

        # Settings that cannot be read are what it is there for.
        return doctor(arguments, _about_keys)
    return _COMMANDS[arguments.command](arguments, load_settings(data_dir=arguments.data_dir))


def _about_keys(wanted: Mapping[str, str]) -> list[str]:
    if not wanted:
        return []
    from runcomfy_tui.ui.keymap import complaints

    return complaints(wanted)


def _dashboard(arguments: argparse.Namespace, settings: Settings) -> int:
    streams = (sys.stdin, sys.stdout, sys.stderr)
    if not all(stream.isatty() for stream in streams):
        return fail("The dashboard needs a terminal. Without one: runcomfy-tui jobs", USAGE)
    if arguments.sandbox:
        if _remembers(arguments):
            return _show_sandbox(settings)
        return _show_throw_away_sandbox(settings)
    token = find_token()
    wants_sandbox = _show(settings, token, lambda mailbox: engine_of(settings, token, mailbox))
    return _show_throw_away_sandbox(settings) if wants_sandbox else OK


def _show_throw_away_sandbox(settings: Settings) -> int:
    with tempfile.TemporaryDirectory(prefix="runcomfy-tui-") as folder:
        return _show_sandbox(replace(settings, data_dir=Path(folder)))


def _show_sandbox(settings: Settings) -> int:
    if not has_sandbox():
        return fail(MISSING, UNAVAILABLE)
    settings = replace(settings, is_sandbox=True)
    with sandboxed(settings) as build:
        _show(settings, SANDBOX_TOKEN, build)
    return OK


def _show(settings: Settings, token: Token | None, build: Callable[[Mailbox], Engine]) -> bool:
    """Run the window; returns whether the user left it for the sandbox."""
    # Nothing that is made until the first paint is garbage: looking for some would be a sixth of
    # the start. The window looks again once it has painted.
    gc.disable()
    from runcomfy_tui.engine.thread import EngineThread
    from runcomfy_tui.surroundings import takes_mouse
    from runcomfy_tui.ui.app import SANDBOX_WANTED, RunComfyApp

    engine = EngineThread(build)
    app = RunComfyApp(engine, settings, has_token=token is not None)
    try:
        left_for = app.run(mouse=takes_mouse(settings.mouse))
    finally:
        if engine.submits_under_way:
            with suppress(OSError):  # the terminal may be gone
                print("Waiting for RunComfy's answer to a submit …", file=sys.stderr)
        if unsent := engine.unsent:
            with suppress(OSError):
                words = count_of(unsent, "planned job is", "planned jobs are")
                print(f"{words} not sent. The next start asks.", file=sys.stderr)
        engine.stop()
    if app.return_code:
        sys.exit(app.return_code)
    return left_for == SANDBOX_WANTED


def _jobs(arguments: argparse.Namespace, settings: Settings) -> int:
    from runcomfy_tui.commands.jobs import Form, print_jobs
    from runcomfy_tui.history.errors import LedgerError
    from runcomfy_tui.query import QueryError, parse

    try:
        query = parse(" ".join(arguments.filter))
        print_jobs(settings.data_dir, Form(arguments.form), query)
    except QueryError as error:
        return fail(str(error), USAGE)
    except LedgerError as error:
        return fail(str(error), UNAVAILABLE)
    return OK


def _check(arguments: argparse.Namespace, settings: Settings) -> int:
    from runcomfy_tui.builtin_models import builtin_model
    from runcomfy_tui.commands.check import check_lines, opened
    from runcomfy_tui.engine.errors import EngineError

    token = None if builtin_model(arguments.model_id) else find_token()
    try:
        schema = look_up(settings, token, arguments.model_id).input_schema
        lines = opened(arguments.file)
    except EngineError as error:
        return fail(str(error), _code_of(error))
    except OSError as error:
        return fail(f"{arguments.file} cannot be read: {error.strerror}.", DATA)
    if schema is None:
        fail("The model's inputs are not known, so only JSON objects are asked for.", OK)
    are_valid = True
    with lines as file:
        for verdict in check_lines(schema or {}, file):
            # At once: whoever writes the lines one by one may wait for the answers.
            print(verdict.as_json(), flush=arguments.file == "-")
            are_valid = are_valid and not verdict.problems
    return OK if are_valid else DATA


def _watch(arguments: argparse.Namespace, settings: Settings) -> int:
    if arguments.download:
        settings = replace(settings, collect=True, collect_models={}, collect_labels={})
    if not arguments.sandbox:
        token = find_token()
        if token is None:
            return fail("There is no token, so RunComfy cannot be asked.", NOT_AUTHORISED)
        return _watch_with(arguments, settings, lambda mailbox: engine_of(settings, token, mailbox))
    if not has_sandbox():
        return fail(MISSING, UNAVAILABLE)
    if not _remembers(arguments):
        return fail("The sandbox remembers its jobs with --data-dir alone.", USAGE)
    settings = replace(settings, is_sandbox=True)
    with sandboxed(settings) as build:
        return _watch_with(arguments, settings, build)


def _watch_with(
    arguments: argparse.Namespace, settings: Settings, build: Callable[[Mailbox], Engine]
) -> int:
    from runcomfy_tui.commands.watch import Ending, watch
    from runcomfy_tui.engine.errors import EngineError

    try:
        ending = watch(
            build,
            as_json=arguments.json,
            quiet=arguments.quiet,
            until_done=arguments.until_done,
        )
    except EngineError as error:
        # No engine without a ledger: as for the other commands, it is not to be had.
        return fail(str(error), NOT_AUTHORISED if error.is_authorisation else UNAVAILABLE)
    if ending in (Ending.REFUSED, Ending.UNTOLD):
        return NOT_AUTHORISED
    is_all = ending is Ending.DONE or not arguments.until_done
    return OK if is_all else TRY_LATER


def _remembers(arguments: argparse.Namespace) -> bool:
    return bool(arguments.data_dir or os.environ.get(paths.DATA_DIR_VARIABLE, "").strip())


def _code_of(error: EngineError) -> int:
    if error.is_authorisation:
        return NOT_AUTHORISED
    return UNAVAILABLE if error.is_outage else DATA


def _sandbox(arguments: argparse.Namespace, settings: Settings) -> int:
    if not has_sandbox():
        return fail(MISSING, UNAVAILABLE)
    from runcomfy_tui.sandbox import runner
    from runcomfy_tui.sandbox.embedded import SandboxNotStarted
    from runcomfy_tui.sandbox.faults import FAULT_NAMES

    if "list" in arguments.fault:
        for name, meaning in FAULT_NAMES.items():
            print(f"{name:24} {meaning}")
        return OK
    try:
        runner.run(
            port=arguments.port,
            speed=arguments.speed,
            faults=arguments.fault,
            preload=arguments.preload,
            state_file=sandbox_state(settings.data_dir) if _remembers(arguments) else None,
        )
    except ValueError as error:
        return fail(str(error), USAGE)
    except SandboxNotStarted as error:
        return fail(str(error), UNAVAILABLE)
    return OK


_COMMANDS: dict[str, Callable[[argparse.Namespace, Settings], int]] = {
    "dashboard": _dashboard,
    "jobs": _jobs,
    "track": track,
    "check": _check,
    "watch": _watch,
    "costs": costs,
    "export": export,
    "import": take_in,
    "sandbox": _sandbox,
}
