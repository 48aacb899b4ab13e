"""The words of a shell command, as a shell would cut them, but never failing on a loose quote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

# Pages add blanks behind the backslash, which is a caret or a backtick in the shells of Windows.
_BREAK: Final = re.compile(r"[\\^`][ \t]*\r?\n")
_PLAIN: Final = re.compile(r"[^\s'\"\\$|;^`]+")
_IN_DOUBLE_QUOTES: Final = re.compile(r'\\(["\\$`])|\\\r?\n')
_ANSI_C: Final = re.compile(
    r"\\(?:u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|x([0-9a-fA-F]{1,2})|([0-7]{1,3})|(.))", re.DOTALL
)
_ANSI_C_LETTERS: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "a": "\a"}


def shell_words(command: str) -> Iterator[str]:
    """The words of the first command in `command`, which ends at a bare line break, `;` or `|`.

    A quote that is never closed reaches to the end, for what was copied from a page may go on.
    """
    word: list[str] = []
    begun = False
    at = 0
    while at < len(command):
        broken = _BREAK.match(command, at)
        if broken:
            at = broken.end()
            continue
        char = command[at]
        if char in " \t\r":
            if begun:
                yield "".join(word)
            word, begun = [], False
            at += 1
        elif char in "\n|;":
            break
        else:
            piece, at = _piece(command, at)
            word.append(piece)
            begun = True
    if begun:
        yield "".join(word)


def _piece(command: str, at: int) -> tuple[str, int]:
    """The piece of a word that begins at `at`, unquoted, and where the next one begins."""
    if command.startswith("$'", at):
        end = _closing(command, at + 2, "'", escapes=True)
        return _ANSI_C.sub(_ansi_c, command[at + 2 : end]), end + 1
    match command[at]:
        case "'":
            end = _closing(command, at + 1, "'", escapes=False)
            return command[at + 1 : end], end + 1
        case '"':
            end = _closing(command, at + 1, '"', escapes=True)
            quoted = command[at + 1 : end]
            return _IN_DOUBLE_QUOTES.sub(lambda match: match[1] or "", quoted), end + 1
        case "\\":
            return command[at + 1 : at + 2], at + 2
    plain = _PLAIN.match(command, at)
    return (plain[0], plain.end()) if plain else (command[at], at + 1)


def _closing(command: str, at: int, quote: str, *, escapes: bool) -> int:
    while at < len(command) and command[at] != quote:
        at += 2 if escapes and command[at] == "\\" else 1
    return min(at, len(command))


def _ansi_c(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    if code or match[4]:
        number = int(code, 16) if code else int(match[4], 8)
        return chr(number) if number <= 0x10FFFF else ""
    return _ANSI_C_LETTERS.get(match[5], match[5])
