"""The log file: rotated, for the details of what went wrong; a token never gets into it."""

from __future__ import annotations

import logging
from pathlib import Path

MAX_BYTES = 1_000_000
BACKUPS = 3
HIDDEN = "***"

_secrets: set[str] = set()


class _HideSecrets(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        for secret in tuple(_secrets):  # another thread may add one meanwhile
            text = text.replace(secret, HIDDEN)
        return text


class _LogFile(logging.Handler):
    """Opens its file for the first record: a start that has nothing to tell costs nothing."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file
        self._handler: logging.Handler | None = None

    def emit(self, record: logging.LogRecord) -> None:
        if self._handler is None:
            self._handler = _rotating(self._file)
            self._handler.setFormatter(self.formatter)
        self._handler.handle(record)

    def close(self) -> None:
        if self._handler is not None:
            self._handler.close()
        super().close()


def hide(secret: str) -> None:
    """Never let this string into the log, wherever it comes from."""
    if secret:
        _secrets.add(secret)


def log_to(file: Path) -> None:
    """Send the program's log to `file`; a folder that cannot be written costs the log alone."""
    handler = _LogFile(file)
    handler.setFormatter(_HideSecrets("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers = [handler]
    # A disk that is full would put a traceback into the window, for every record anew.
    logging.raiseExceptions = False
    root.setLevel(logging.WARNING)
    logging.getLogger("runcomfy_tui").setLevel(logging.INFO)


def _rotating(file: Path) -> logging.Handler:
    from logging.handlers import RotatingFileHandler

    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return RotatingFileHandler(
            file, maxBytes=MAX_BYTES, backupCount=BACKUPS, encoding="utf-8", errors="replace"
        )
    except OSError:
        return logging.NullHandler()
