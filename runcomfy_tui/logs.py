"""The log file: rotated, for the details of what went wrong; a token never gets into it."""

from __future__ import annotations

import logging
import logging.handlers
from pathlib import Path

MAX_BYTES = 1_000_000
BACKUPS = 3
HIDDEN = "***"

_secrets: set[str] = set()


class _HideSecrets(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        for secret in _secrets:
            text = text.replace(secret, HIDDEN)
        return text


def hide(secret: str) -> None:
    """Never let this string into the log, wherever it comes from."""
    if secret:
        _secrets.add(secret)


def log_to(file: Path) -> None:
    """Send the program's log to `file`; a folder that cannot be written costs the log alone."""
    handler: logging.Handler
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            file, maxBytes=MAX_BYTES, backupCount=BACKUPS, encoding="utf-8", errors="replace"
        )
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(_HideSecrets("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("runcomfy_tui").setLevel(logging.INFO)
