"""Where the token comes from and where it is kept. It is never printed, logged or exported."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runcomfy_tui import paths

TOKEN_VARIABLES = ("RUNCOMFY_TOKEN", "RUNCOMFY_API_TOKEN")
MAX_TOKEN_LENGTH = 8192


class BadToken(ValueError):
    """What was given cannot be a token; `str()` says why, without showing it."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token and where it was found, in words for people. The value hides from `repr`."""

    value: str = field(repr=False)
    source: str


def environ_without_token() -> dict[str, str]:
    """This process's environment for programs that have no business with the token."""
    return {name: value for name, value in os.environ.items() if name not in TOKEN_VARIABLES}


def own_token_file() -> Path:
    """Where this program saves a token that was typed into it."""
    return paths.config_dir() / "token.json"


def clean_token(text: str) -> str:
    """`text` without the blanks, `Bearer ` and line ends that come along with a paste.

    Raises `BadToken` for what no HTTP header can carry.
    """
    token = text.strip().strip("\"'")
    if token.lower().startswith("bearer "):
        token = token[7:].strip()
    if not token:
        raise BadToken("The token is empty.")
    if len(token) > MAX_TOKEN_LENGTH:
        raise BadToken(f"A token has at most {MAX_TOKEN_LENGTH} characters.")
    if any(not 33 <= ord(char) <= 126 for char in token):
        raise BadToken("A token has no blanks and no special characters: paste it alone.")
    return token


def find_token(environ: Mapping[str, str] = os.environ) -> Token | None:
    """The first token among the environment, this program's own file and the official CLI's.

    Raises `BadToken`, naming the place, when the first one found cannot be a token: falling
    through to another account's token would charge the wrong account.
    """
    if (name := token_variable(environ)) is not None:
        return _checked(environ[name], f"${name}")
    for file in (own_token_file(), paths.cli_token_file(environ)):
        if saved := _read_token_file(file):
            return _checked(saved, str(file))
    return None


def token_variable(environ: Mapping[str, str] = os.environ) -> str | None:
    """The variable whose token is used whatever is saved, if there is one."""
    return next((name for name in TOKEN_VARIABLES if environ.get(name, "").strip()), None)


def save_token(token: str) -> Path:
    """Keep `token` for the next start, readable by its owner alone; returns the file.

    Raises `OSError` when the folder cannot be written.
    """
    import json
    import tempfile

    file = own_token_file()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # mkstemp creates 0600 from the first moment: there is no instant at which others can read.
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".token-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump({"access_token": token}, out)
            out.flush()
            os.fsync(out.fileno())
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return file


def _checked(text: str, source: str) -> Token:
    try:
        return Token(clean_token(text), source)
    except BadToken as error:
        raise BadToken(f"{source} holds no usable token. {error}") from None


def _read_token_file(file: Path) -> str | None:
    import json  # here, because a start with the token in the environment needs none

    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError):
        raise BadToken(f"{file} cannot be read as a token file. Mend or remove it.") from None
    token = document.get("access_token") if isinstance(document, dict) else None
    return token if isinstance(token, str) and token.strip() else None
