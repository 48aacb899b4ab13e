"""Run as a process of its own by the ledger's tests: writes jobs, tells each one on stdout."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from runcomfy_tui.history.ledger import Ledger
from runcomfy_tui.history.watch_turn import WatchTurn
from runcomfy_tui.jobs import Status, new_job


def tell(*words: str) -> None:
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


def main(folder: Path, task: str, count: int) -> None:
    """`task` is put (without end when count is 0), submit (then wait to be killed) or watch."""
    ledger = Ledger(folder, segment_size=20)
    if task == "watch":
        turn = WatchTurn(folder)  # named: a lock that nobody refers to is let go
        tell("watching" if turn.try_acquire() else "refused")
        sys.stdin.read()
    if task == "submit":
        intent = new_job("a/b", {})
        ledger.put(intent)
        tell(intent.id)
        sys.stdin.read()
    for number in range(count) if count else itertools.count():
        intent = new_job("a/b", {"n": number})
        ledger.put(intent)
        queued = intent.but(status=Status.IN_QUEUE, request_id=f"req-{intent.id}")
        ledger.put(queued)
        tell(queued.id)
        if number % 2:
            ledger.put(queued.but(status=Status.COMPLETED))
            tell(queued.id, "ended")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
