"""What holds for every test: nothing reads or writes the real home, no real token is found.

Property tests run through the same examples every time, however long one takes; for others there is
`pytest -m hypothesis --hypothesis-profile explore`.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "steady",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "explore", settings.get_profile("steady"), derandomize=False, max_examples=2_000
)
settings.load_profile("steady")

# It is noon where the tests run, for them and for the programs they start: no day ends in the
# middle of one, and what was made a minute ago was made today.
os.environ["TZ"] = f"NOON{datetime.now(UTC).hour - 12:+d}"
time.tzset()

_ELSEWHERE = {
    "HOME": "",
    "XDG_CACHE_HOME": ".cache",
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "XDG_DOWNLOAD_DIR": "Downloads",
    "XDG_STATE_HOME": ".local/state",
}


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home of the test's own, beside `tmp_path`; child processes inherit it.

    Every `RUNCOMFY_*` variable and every proxy of the machine that runs the tests is hidden.
    """
    own = tmp_path_factory.mktemp("home")
    for name, place in _ELSEWHERE.items():
        monkeypatch.setenv(name, str(own / place))
    for name in list(os.environ):
        if name.startswith("RUNCOMFY_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    return own
