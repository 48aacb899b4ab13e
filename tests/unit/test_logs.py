"""The log: details go in, tokens do not, and a disk that refuses costs the log alone."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from runcomfy_tui import logs


@pytest.fixture(autouse=True)
def own_logging(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    root, package = logging.getLogger(), logging.getLogger("runcomfy_tui")
    before = (root.handlers, root.level, package.level, logging.raiseExceptions)
    monkeypatch.setattr(logs, "_secrets", set())
    yield
    for handler in root.handlers:
        if handler not in before[0]:
            with suppress(OSError):
                handler.close()
    root.handlers, root.level, package.level, logging.raiseExceptions = before


def test_a_token_never_gets_into_the_log_not_even_with_a_traceback(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "runcomfy-tui.log"
    logs.hide("s3cret")
    logs.hide("")
    logs.log_to(file)
    logging.getLogger("runcomfy_tui.engine").info("sent Bearer %s", "s3cret")
    try:
        raise ValueError("bad header: s3cret")
    except ValueError:
        logging.getLogger("elsewhere").exception("it broke with %r", {"token": "s3cret"})
    text = file.read_text()
    assert "s3cret" not in text
    assert "sent Bearer ***" in text
    assert "ValueError: bad header: ***" in text


def test_our_own_words_are_kept_from_info_others_from_warning_on(tmp_path: Path) -> None:
    logs.log_to(tmp_path / "log")
    logging.getLogger("runcomfy_tui.x").info("ours")
    logging.getLogger("httpx").info("theirs")
    logging.getLogger("httpx").warning("their trouble")
    text = (tmp_path / "log").read_text()
    assert "ours" in text
    assert "their trouble" in text
    assert "theirs" not in text


def test_a_start_that_has_nothing_to_tell_writes_nothing(tmp_path: Path) -> None:
    logs.log_to(tmp_path / "folder" / "log")
    assert list(tmp_path.iterdir()) == []


def test_the_log_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MAX_BYTES", 1000)
    logs.log_to(tmp_path / "log")
    for number in range(200):
        logging.getLogger("runcomfy_tui").info("line %s %s", number, "x" * 50)
    files = list(tmp_path.iterdir())
    assert len(files) == 1 + logs.BACKUPS
    assert sum(file.stat().st_size for file in files) <= 4 * 1100


@pytest.mark.parametrize("place", ["no-folder/log", "folder"])
def test_a_place_that_cannot_be_written_costs_the_log_alone(
    tmp_path: Path, place: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "no-folder").write_text("a file")
    (tmp_path / "folder").mkdir()
    logs.log_to(tmp_path / place)
    logging.getLogger("runcomfy_tui").error("lost")
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
def test_a_full_disk_puts_no_traceback_on_the_screen(capfd: pytest.CaptureFixture[str]) -> None:
    logs.log_to(Path("/dev/full"))
    logging.getLogger("runcomfy_tui").error("lost")
    assert capfd.readouterr() == ("", "")
