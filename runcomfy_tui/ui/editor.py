"""The user's own editor for a text, in this very terminal."""

from __future__ import annotations

import asyncio
import logging
import os
import shlex
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

if TYPE_CHECKING:
    from textual.app import App

log = logging.getLogger(__name__)

_USUAL: Final = ("editor", "nano", "vi")
_FROM_THE_KEYBOARD: Final = (signal.SIGINT, signal.SIGQUIT)


@runtime_checkable
class Interruptible(Protocol):
    """An app that ctrl+c would end, but for the time in which another program has the terminal."""

    def not_interrupted(self) -> AbstractContextManager[None]: ...


class EditorError(Exception):
    """Why there is no new text, in a sentence for people."""


def editor_command() -> list[str]:
    """`$VISUAL`, or else `$EDITOR`, or else what is usually there, as words of a command.

    Raises `EditorError` where there is none, or none that can be run.
    """
    for name in ("VISUAL", "EDITOR"):
        told = os.environ.get(name, "").strip()
        if not told:
            continue
        try:
            command = shlex.split(told)
        except ValueError as error:
            raise EditorError(f"${name} cannot be read as a command: {error}.") from None
        if shutil.which(command[0]) is None:
            raise EditorError(f"${name} names {command[0]}, which is no program here.")
        return command
    found = next((program for program in _USUAL if shutil.which(program)), None)
    if found is None:
        raise EditorError("No editor is known here: name one in $VISUAL or $EDITOR.")
    return [found]


async def edited(app: App[Any], text: str, *, suffix: str = ".txt") -> str:
    """`text` as it comes out of the user's editor, which has the terminal meanwhile.

    The text lies in a file that only the user can read, in a folder that goes afterwards with
    whatever the editor left beside it. The newline that editors put at the end of a file is taken
    off again. Raises `EditorError` when the editor failed: then the text is as it was.
    """
    command = editor_command()
    try:
        with tempfile.TemporaryDirectory(prefix="runcomfy-") as folder:
            path = Path(folder, f"text{suffix}")
            _write(path, text)
            with _terminal_of(app):
                code = await _run([*command, str(path)])
            if code != 0:
                raise EditorError(
                    f"{Path(command[0]).name} {_ended(code)}, so nothing was changed."
                )
            after = _read(path)
    except UnicodeError:
        raise EditorError("What was saved is no UTF-8 text, so nothing was changed.") from None
    except OSError as error:
        raise EditorError(f"Nothing was changed: {error.strerror or error}.") from error
    return after if text.endswith("\n") else after.removesuffix("\n").removesuffix("\r")


async def _run(command: list[str]) -> int:
    # The dashboard paints on stderr: that is the terminal, wherever stdout leads.
    terminal = sys.__stderr__.fileno() if sys.__stderr__ is not None else None
    process = await asyncio.create_subprocess_exec(*command, stdout=terminal, stderr=terminal)
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()


@contextmanager
def _terminal_of(app: App[Any]) -> Iterator[None]:
    """The terminal as it was before the window, and the whole window again afterwards.

    Not `App.suspend`: whatever is painted under it waits for ever for a thread that has ended.
    Nothing is painted inside a batch.
    """
    driver = app._driver
    if driver is None or not driver.can_suspend:
        raise EditorError("An editor cannot run in this terminal.")
    try:
        with ExitStack() as stack:
            stack.enter_context(app.batch_update())
            # What the user types for the editor, as ctrl+c, comes to this program as well. A
            # handler that does nothing is not passed on to the editor; ignoring would be.
            if isinstance(app, Interruptible):
                stack.enter_context(app.not_interrupted())
            for number in _FROM_THE_KEYBOARD:
                stack.callback(signal.signal, number, signal.signal(number, lambda *_: None))
            stack.enter_context(driver.no_automatic_restart())
            driver.suspend_application_mode()
            stack.callback(driver.resume_application_mode)
            yield
    finally:
        app.refresh(layout=True)


def _read(path: Path) -> str:
    return path.read_bytes().decode()


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(text.encode())


def _ended(code: int) -> str:
    if code > 0:
        return f"ended with {code}"
    return f"was ended by {signal.Signals(-code).name}"
