"""Brings programs to life that are to be killed, one a line of its stdin, without import time.

Tells `<pid>` for each, then whatever the program tells, and `ended` when it is dead.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from tests.engine.submitter import main, tell

if __name__ == "__main__":
    for _ in iter(sys.stdin.readline, ""):
        child = os.fork()
        if not child:
            asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
            os._exit(0)
        tell(str(child))
        _, how = os.waitpid(child, 0)
        tell("ended" if os.WIFSIGNALED(how) else "ended by itself")
