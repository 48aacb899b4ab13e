"""Getting a result to where its user sits, and links that lead nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from runcomfy_tui.engine.changes import DownloadPhase, DownloadState
from runcomfy_tui.ui.links import link_of
from runcomfy_tui.ui.screens.opening import has_desktop, scp_line
from runcomfy_tui.ui.screens.result_picture import shows_pictures
from runcomfy_tui.ui.screens.result_words import download_words

FILE = Path("/data/my results/a.mp4")


@pytest.fixture(autouse=True)
def user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "me")


@pytest.mark.parametrize(
    ("connection", "line"),
    [
        ("10.0.0.9 50000 10.0.0.7 22", "scp 'me@10.0.0.7:/data/my results/a.mp4' ."),
        ("10.0.0.9 50000 10.0.0.7 2222", "scp -P 2222 'me@10.0.0.7:/data/my results/a.mp4' ."),
        ("fe80::1 50000 fe80::2%eth0 22", "scp 'me@[fe80::2]:/data/my results/a.mp4' ."),
    ],
)
def test_an_scp_line_leads_back_over_the_same_line(connection: str, line: str) -> None:
    assert scp_line(FILE, environ={"SSH_CONNECTION": connection}) == line


def test_the_users_own_name_for_the_host_counts() -> None:
    environ = {"SSH_CONNECTION": "10.0.0.9 50000 10.0.0.7 2222"}
    assert scp_line(Path("/d/a.mp4"), "gpu-box", environ) == "scp gpu-box:/d/a.mp4 ."


def test_over_ssh_there_is_no_desktop_and_no_picture_unasked() -> None:
    desktop = {"DISPLAY": ":0"}
    assert has_desktop(desktop)
    assert not has_desktop(desktop | {"SSH_TTY": "/dev/pts/1"})
    assert shows_pictures("auto", desktop)
    assert not shows_pictures("auto", desktop | {"SSH_CONNECTION": "a"})
    assert not shows_pictures("auto", desktop | {"TMUX": "/tmp/tmux"})
    assert shows_pictures("on", {"TMUX": "/tmp/tmux"})
    assert not shows_pictures("key", desktop)


@pytest.mark.parametrize(
    ("url", "link"),
    [
        (
            "https://a.runcomfy.net/x.png?sig=a%2Bb&n=1",
            "https://a.runcomfy.net/x.png?sig=a%2Bb&n=1",
        ),
        ("https://a.b/ü.png", "https://a.b/%C3%BC.png"),
        ("https://a.b/\u202egnp", "https://a.b/%E2%80%AEgnp"),
        ("https://a.b/\x1b\\\x1b]52;c;x", None),
        ("https://a.b/\x07", None),
        ("https://a.b/\x9c", None),
        ("https://a.b/a b", None),
        ("https://a@b/", None),
        ("https://[::1", None),
        ("https://ä.b/", None),
        ("javascript:alert(1)", None),
        ("file:///etc/passwd", None),
        ("https://a.b/" + "x" * 3000, None),
    ],
)
def test_a_link_is_http_and_nothing_that_ends_its_sequence(url: str, link: str | None) -> None:
    assert link_of(url) == link


@pytest.mark.parametrize(
    ("received", "total", "said"),
    [
        (0, None, "stopped; d goes on"),
        (12_000_000, None, "partly here: 12.0 MB; d goes on"),
        (12_000_000, 90_000_000, "partly here: 12.0 MB of 90.0 MB; d goes on"),
    ],
)
def test_what_lies_there_of_a_file_is_told(received: int, total: int | None, said: str) -> None:
    state = DownloadState("job", "https://x/a.mp4", DownloadPhase.STOPPED, received, total)
    assert download_words(state) == said
