"""The wire: RunComfy's Model API over httpx. No httpx type leaves this package."""

import sys

# httpx brings a command line of its own along where click is installed, as it is beside uvicorn:
# 30 ms of every start and 3 MB for what nobody calls here.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
