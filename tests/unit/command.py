"""The command as a program of its own, and what it says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.jobs import Job

COMMAND = (sys.executable, "-m", "runcomfy_tui")


def run(
    *arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *arguments],
        input=stdin,
        capture_output=True,
        env={**os.environ, **(env or {})},
        timeout=60,
        check=False,
    )


def complaint(process: subprocess.CompletedProcess[bytes], code: int) -> str:
    """What stderr says, in one line or a usage and one line, and nothing on stdout."""
    assert process.returncode == code, process
    assert process.stdout == b""
    text = process.stderr.decode()
    assert "Traceback" not in text
    assert re.match(r"runcomfy-tui( \w+)?: ", text.splitlines()[-1])
    return text


def fill(folder: Path, *jobs: Job) -> None:
    ledger = Ledger(folder)
    ledger.put(*jobs)
    ledger.close()


def listed(folder: Path) -> list[dict[str, object]]:
    process = run("jobs", "--json", "--data-dir", str(folder))
    assert process.returncode == 0, process.stderr
    documents: list[dict[str, object]] = json.loads(process.stdout)
    return documents
