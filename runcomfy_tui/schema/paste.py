"""What was pasted: a request's JSON body, or a curl command as RunComfy's pages show it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import unquote, urlsplit

from runcomfy_tui.schema.entries import EntryError, parse_json
from runcomfy_tui.schema.shell_words import shell_words
from runcomfy_tui.schema.sidecars import lacks_inputs, request_of

_CURL: Final = re.compile(r"\bcurl(?:\.exe)?\s")
_FLAGGED: Final = re.compile(r"-[fgijklnNOsSv]*([dH])(.*)", re.DOTALL)
_CARET: Final = re.compile(r"\^[ \t]*(\n|.)", re.DOTALL)
_HERE_DOCUMENT: Final = re.compile(r"<<-?\s*['\"]?\w+['\"]?[^\n]*\n")
_DATA_OPTIONS: Final = ("--data", "--data-raw", "--data-binary", "--data-ascii", "--json", "-d")
_URL_OPTION: Final = "--url"
_HEADER_OPTIONS: Final = ("--header", "-H")
_LINK: Final = re.compile(r"https?://\S+", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"\$?[\w{][\w{}.:/%?=&~-]*")
_QUOTED_BODY: Final = re.compile(
    r"(?:--data(?:-raw|-binary|-ascii)?|--json|-d)[\s=]*\$?['\"](?=\s*\{)"
)


_UNKNOWN: Final = "they are not known, because that job was taken in from elsewhere"
_REQUEST_URL: Final = re.compile(r"/requests/([A-Za-z0-9_.:-]{1,200})(?:[/?#]|$)")
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{7,199}")


@dataclass(frozen=True, slots=True)
class Paste:
    """A request found in a text; `model_id` is None when the text names no model.

    `lack` says why its inputs are missing, where the text told of some.
    """

    model_id: str | None
    inputs: dict[str, Any]
    lack: str = ""


@dataclass(frozen=True, slots=True)
class JobReference:
    """A text that may be the id of a job, this program's or RunComfy's."""

    name: str


@dataclass(frozen=True, slots=True)
class FileReference:
    """A text that may be the path of a sidecar, or of the file that one lies beside."""

    path: str


Reference: TypeAlias = JobReference | FileReference


def read_reference(text: str) -> Reference | None:
    """What a text may lead to when it is no request itself; None for text that is just text.

    A path comes as terminals type one that is dropped on them: bare, in quotes, with backslashes
    before its blanks, or as a `file:` URL.
    """
    bare = text.strip()
    if not bare or "\n" in bare or "\r" in bare:
        return None
    if bare.lower().startswith("file://"):
        path = unquote(urlsplit(bare).path)
        return FileReference(path) if path else None
    words = list(shell_words(bare))
    path = words[0] if len(words) == 1 else bare
    if path.startswith(("/", "~/")):
        return FileReference(path)
    if (url := _REQUEST_URL.search(bare)) is not None and _LINK.fullmatch(bare):
        return JobReference(url[1])
    is_id = _ID.fullmatch(bare) and any(char.isdigit() for char in bare)
    return JobReference(bare) if is_id else None


def read_paste(text: str) -> Paste | None:
    """The request that `text` holds, or None when it is just text.

    Understood are a JSON object, a sidecar or an exported job, a curl command (also with text
    around or glued to it, as when a whole page is copied: the first that speaks of a model counts),
    and a model's bare URL. Headers are ignored: a token in a pasted command goes nowhere.
    """
    # Terminals send the ends of pasted lines as carriage returns.
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    bare = text.lstrip("\ufeff").strip()
    if bare.startswith("{"):
        inputs = _object_in(bare)
        if inputs is None:
            return None
        request = request_of(inputs)
        if request is None:
            return Paste(None, inputs)
        return Paste(*request, _UNKNOWN if lacks_inputs(inputs) else "")
    if _LINK.fullmatch(bare):
        model_id = model_id_of(bare)
        return None if model_id is None else Paste(model_id, {})
    commands = (_read_command(bare[start.end() :]) for start in _CURL.finditer(bare))
    found = [paste for paste in commands if paste is not None]
    return next((paste for paste in found if paste.model_id), found[0] if found else None)


def model_id_of(url: str) -> str | None:
    """The model id in a URL's path after `/models/`, percent-decoded; None when there is none."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return None
    _, found, tail = path.partition("/models/")
    parts = [unquote(part) for part in tail.split("/") if part]
    return "/".join(parts) if found and len(parts) > 1 else None


def _read_command(command: str) -> Paste | None:
    """The request of the curl command whose arguments `command` begins with."""
    url: str | None = None
    body: str | None = None
    if command.lstrip().startswith('^"'):  # as browsers copy it for the prompt of Windows
        command = _CARET.sub(lambda match: " " if match[1] == "\n" else match[1], command)
    words = shell_words(command)
    for word in words:
        option, given, value = _option(word)
        if option in _DATA_OPTIONS:
            body = body or (value if given else next(words, ""))
        elif option in _HEADER_OPTIONS:
            if not given:
                next(words, None)
        elif option == _URL_OPTION:
            url = value if given else next(words, "")
        elif url is None and (_LINK.match(word) or _names_model(word)):
            url = word
    model_id = model_id_of(url) if url else None
    inputs = None if body is None else _leading_object(body) or _body_by_other_rules(command)
    if inputs is None:
        return Paste(model_id, {}, _lack(body)) if model_id else None
    return Paste(model_id, inputs) if url else None


def _names_model(word: str) -> bool:
    """Whether a word is an address all the same: `$BASE/models/a/b`, or one without a scheme."""
    return _ADDRESS.fullmatch(word) is not None and model_id_of(word) is not None


def _option(word: str) -> tuple[str, bool, str]:
    """A word as (option, whether its value is glued to it, that value)."""
    if word.startswith("--"):
        option, equals, value = word.partition("=")
        return option, bool(equals), value
    if flagged := _FLAGGED.fullmatch(word):
        return f"-{flagged[1]}", bool(flagged[2]), flagged[2]
    return word, False, ""


def _body_by_other_rules(command: str) -> dict[str, Any] | None:
    """The body of a command that a POSIX shell would not read as it was meant.

    Its quotes are those of prose (`'{"prompt": "driver's seat"}'`), or of PowerShell or the prompt
    of Windows (`'{\\"seed\\": 1}'`, `"{""seed"": 1}"`), or it stands below, as a here-document.
    """
    if (below := _HERE_DOCUMENT.search(command)) is not None:
        return _leading_object(command[below.end() :])
    match = _QUOTED_BODY.search(command)
    if match is None:
        return None
    tail = command[match.end() :]
    spellings = (tail, tail.replace('\\"', '"'), tail.replace('""', '"'))
    return next(filter(None, map(_leading_object, spellings)), None)


def _lack(body: str | None) -> str:
    """Why nothing came of a body that was there."""
    if not body or not body.strip() or _leading_object(body) == {}:
        return ""
    if body.startswith("@"):
        return "they lie in a file, so paste what it holds"
    value = parse_json(body)
    return value.message if isinstance(value, EntryError) else "they are no JSON object"


def _leading_object(text: str) -> dict[str, Any] | None:
    """The JSON object at the beginning of `text`, whatever is glued to its end."""
    start = text.lstrip()
    try:
        _, end = json.JSONDecoder().raw_decode(start)
    except (ValueError, RecursionError):
        return None
    return _object_in(start[:end])


def _object_in(text: str) -> dict[str, Any] | None:
    value = parse_json(text)
    return value if isinstance(value, dict) and not isinstance(value, EntryError) else None
