"""Where benchmarks run: away from the user's home, token and settings, with warm `.pyc` files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_PLACES = {
    "HOME": "",
    "XDG_CACHE_HOME": ".cache",
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "XDG_STATE_HOME": ".local/state",
}


@contextmanager
def away_from_home() -> Iterator[Path]:
    """An empty home for this process and those it starts; yields it, and puts all back."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="home-") as home:
        for name in list(os.environ):
            if name.startswith("RUNCOMFY_") or name.lower().endswith("_proxy"):
                del os.environ[name]
        os.environ.update({name: str(Path(home) / place) for name, place in _PLACES.items()})
        try:
            yield Path(home)
        finally:
            os.environ.clear()
            os.environ.update(before)


def with_warm_bytecode(folder: Path) -> Mapping[str, str]:
    """What has Python keep `.pyc` files in `folder`, wherever it may or may not keep them else."""
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
