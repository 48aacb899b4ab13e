"""`runcomfy-tui doctor`: how everything is, in a text that can go into a bug report as it is.

It never tells the token, an amount of money, a prompt or a URL of a result; the home folder is `~`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from runcomfy_tui import __version__, paths
from runcomfy_tui.commands import doctor_ledger
from runcomfy_tui.commands.doctor_ledger import BAD, GOOD, NOTE, Line
from runcomfy_tui.credentials import BadToken, Token, find_token
from runcomfy_tui.exit_codes import DATA, NOT_AUTHORISED, OK, UNAVAILABLE, USAGE
from runcomfy_tui.settings import (
    MODEL_API_BASE_VARIABLE,
    SERVERLESS_API_BASE_VARIABLE,
    Settings,
    SettingsError,
    load_settings,
    settings_file,
)
from runcomfy_tui.text import clip, visible
from runcomfy_tui.words import count_of

PATIENCE = 15.0
"""Seconds for the server's answers."""

LIBRARIES = ("textual", "rich", "httpx", "httpcore", "tinydb", "orjson", "filelock", "jsonschema")


def doctor(
    arguments: argparse.Namespace, about_keys: Callable[[Mapping[str, str]], Iterable[str]]
) -> int:
    """Print what is found; with `--repair` mend first what can be mended.

    `about_keys` says what is wrong with the keys that are wanted: the window alone knows them.
    Returns the exit code: of several troubles that of the data, then of the settings, of the
    token, of the connection.
    """
    trouble = ""
    try:
        settings = load_settings(data_dir=arguments.data_dir)
    except SettingsError as error:
        trouble, settings = str(error), _without_file(arguments.data_dir)
    secrets = [
        os.environ.get(name, "").strip() for name in ("RUNCOMFY_TOKEN", "RUNCOMFY_API_TOKEN")
    ]
    token: Token | None = None
    token_line: Line
    try:
        token = find_token()
        token_line = _token_line(token)
    except BadToken as error:
        token_line = Line(BAD, str(error), NOT_AUTHORISED)
    if token is not None:
        secrets.append(token.value)
    tell = _Teller(secrets)
    worst: list[int] = []

    def section(title: str, lines: Iterator[Line]) -> None:
        tell(f"\n{title}")
        for line in lines:
            worst.append(line.code)
            tell(f"  {line.mark}  {line.text}")

    tell(f"runcomfy-tui {__version__}")
    section("versions", _versions())
    section("terminal", _terminal())
    section("settings", _settings(settings, arguments, trouble, about_keys))
    if arguments.repair:
        section("repairs", doctor_ledger.repairs(settings.data_dir))
    section("ledger", doctor_ledger.ledger(settings.data_dir, is_repaired=arguments.repair))
    section("connection", iter([token_line, *_connection(settings, token, arguments.offline)]))
    for code in (DATA, USAGE, NOT_AUTHORISED, UNAVAILABLE):
        if code in worst:
            return code
    return OK


class _Teller:
    """Prints lines with the home folder shortened and nothing secret in them."""

    def __init__(self, secrets: list[str]) -> None:
        self._secrets = [secret for secret in secrets if len(secret) > 3]
        with suppress(RuntimeError):
            self._home = str(Path.home())

    def __call__(self, text: str) -> None:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        home = getattr(self, "_home", "")
        if len(home) > 1:
            text = text.replace(f"{home}/", "~/")
            text = f"{text.removesuffix(home)}~" if text.endswith(home) else text
        text = visible(text, keep_newlines=True)
        encoding = sys.stdout.encoding or "utf-8"
        print(text.encode(encoding, "replace").decode(encoding))


def _versions() -> Iterator[Line]:
    yield Line(GOOD, f"Python {platform.python_version()} ({sys.implementation.name})")
    yield Line(GOOD, f"{platform.system()} {platform.release()} {platform.machine()}")
    known = []
    for name in LIBRARIES:
        try:
            known.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            yield Line(BAD, f"{name} is not installed", UNAVAILABLE)
    yield Line(GOOD, ", ".join(known))
    yield _pictures()


def _pictures() -> Line:
    """What is here of all that pictures need, and none of which the program needs."""
    here = []
    for name in ("textual-image", "pillow"):
        with suppress(metadata.PackageNotFoundError):
            here.append(f"{name} {metadata.version(name)}")
    here += ["ffmpeg"] if shutil.which("ffmpeg") else []
    return Line(GOOD if here else NOTE, f"for pictures: {', '.join(here) or 'nothing'}")


def _terminal() -> Iterator[Line]:
    from runcomfy_tui import terminal_query

    for name, value in terminal_query.surroundings():
        yield Line(GOOD, f"{name}: {clip(value, 200)}")
    answers = terminal_query.ask()
    if answers is None:
        yield Line(NOTE, "there is no terminal to ask")
        return
    if answers.is_mute:
        yield Line(NOTE, "the terminal does not answer questions about itself")
        return
    if answers.name:
        yield Line(GOOD, f"it calls itself {answers.name}")
    told = (
        ("kitty graphics", answers.kitty_graphics),
        ("sixel", answers.sixel),
        ("kitty keyboard", answers.kitty_keyboard),
        ("synchronized output", answers.synchronized),
    )
    has = [name for name, is_there in told if is_there]
    lacks = [name for name, is_there in told if not is_there]
    yield Line(GOOD, f"it has: {', '.join(has) or 'none of what was asked for'}")
    if lacks:
        yield Line(NOTE, f"it does not tell of: {', '.join(lacks)}")


# Settings


def _without_file(data_dir: Path | None) -> Settings:
    """The settings as if there were no file."""
    return load_settings(data_dir=data_dir, file=Path(os.devnull))


def _settings(
    settings: Settings,
    arguments: argparse.Namespace,
    trouble: str,
    about_keys: Callable[[Mapping[str, str]], Iterable[str]],
) -> Iterator[Line]:
    file = settings_file()
    if trouble:
        for line in trouble.splitlines():
            yield Line(BAD, line, USAGE)
        yield Line(NOTE, "what follows is in force without that file")
        named: set[str] = set()
    else:
        named = _named_in(file)
        yield Line(GOOD, f"{file}{'' if file.exists() else ' (there is none)'}")
    for each in fields(settings):
        if each.name == "is_sandbox":
            continue
        source = _source(each.name, named, arguments, os.environ)
        yield Line(
            GOOD, f"{each.name} = {_shown(each.name, getattr(settings, each.name))}  {source}"
        )
    for complaint in about_keys(settings.keys):
        yield Line(BAD, f"[keys] {complaint}", USAGE)
    yield Line(GOOD, f"log: {paths.log_file()}")


def _named_in(file: Path) -> set[str]:
    import tomllib

    try:
        return set(tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return set()


def _source(
    name: str, named: set[str], arguments: argparse.Namespace, environ: Mapping[str, str]
) -> str:
    variables = {
        "data_dir": paths.DATA_DIR_VARIABLE,
        "model_api_base": MODEL_API_BASE_VARIABLE,
        "serverless_api_base": SERVERLESS_API_BASE_VARIABLE,
    }
    if name == "data_dir" and arguments.data_dir is not None:
        return "(--data-dir)"
    if environ.get(variables.get(name, ""), "").strip():
        return f"(${variables[name]})"
    if name == "serverless_api_base" and environ.get(MODEL_API_BASE_VARIABLE, "").strip():
        return f"(none, because of ${MODEL_API_BASE_VARIABLE})"
    if name in named:
        return "(settings.toml)"
    return "(built in)"


def _shown(name: str, value: Any) -> str:
    if name == "hook":
        # Its arguments may hold what is nobody's business.
        return f"{value[0]} with {count_of(len(value) - 1, 'argument')}" if value else "none"
    if name == "keys":
        return ", ".join(f"{key}: {value[key]}" for key in value) or "none"
    if isinstance(value, Mapping):
        # Labels and the like are their user's own.
        return count_of(len(value), "entry", "entries") if value else "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        return _without_login(value)
    return "none" if value in (None, "") else str(value)


def _without_login(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))


# The connection


def _token_line(token: Token | None) -> Line:
    if token is None:
        return Line(BAD, "there is no token", NOT_AUTHORISED)
    return Line(GOOD, f"a token of {count_of(len(token.value), 'character')}, from {token.source}")


def _connection(settings: Settings, token: Token | None, offline: bool) -> Iterator[Line]:
    yield Line(GOOD, f"server: {_without_login(settings.model_api_base)}")
    if offline:
        yield Line(NOTE, "not asked, because of --offline")
        return
    if token is None:
        yield Line(NOTE, "not asked, because there is no token")
        return
    yield from asyncio.run(_asked(settings, token))


async def _asked(settings: Settings, token: Token) -> list[Line]:
    from runcomfy_tui.api.client import Client
    from runcomfy_tui.api.errors import ApiError, NotAuthorised

    client = Client(
        settings.model_api_base, settings.serverless_api_base, token.value, connect_timeout=5.0
    )
    lines: list[Line] = []
    try:
        began = time.monotonic()
        async with asyncio.timeout(PATIENCE):
            page = await client.models(limit=1)
        took = (time.monotonic() - began) * 1000
        lines.append(
            Line(GOOD, f"it answers in {took:.0f} ms; its catalog has {page.total} models")
        )
        if settings.serverless_api_base is not None:
            async with asyncio.timeout(PATIENCE):
                await client.balance()
            lines.append(Line(GOOD, "the token is accepted, and the balance is told"))
    except NotAuthorised as error:
        lines.append(Line(BAD, f"the token is refused: {error.message}", NOT_AUTHORISED))
    except ApiError as error:
        lines.append(Line(BAD, error.message, UNAVAILABLE))
    except TimeoutError:
        lines.append(Line(BAD, f"no answer within {PATIENCE:.0f} s", UNAVAILABLE))
    finally:
        await client.aclose()
    return lines
