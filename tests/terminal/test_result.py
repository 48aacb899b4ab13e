"""The result of a job over SSH: nothing is opened on the far host, everything can be fetched."""

from __future__ import annotations

import base64
import re
from pathlib import Path

from runcomfy_tui.history.saved import SavedFiles
from tests.engine.server import Server
from tests.terminal.dashboard import IN_THE_TABLE, Dashboard, write_settings

SSH = {"SSH_CONNECTION": "10.0.0.9 50000 10.0.0.7 2222", "SSH_TTY": "/dev/pts/9", "DISPLAY": ":10"}


def copied(screen: Dashboard) -> list[str]:
    """What was put on the clipboard (OSC 52)."""
    found = re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", bytes(screen.raw))
    return [base64.b64decode(text).decode() for text in found]


def test_over_ssh_a_file_is_saved_linked_copied_and_brought_home_by_scp(
    folder: Path, server: Server, home: Path, tmp_path: Path
) -> None:
    write_settings(home, f'download_dir = "{tmp_path / "results"}"\ndownload_name = "{{n}}"\n')
    with Dashboard(folder, server, environ=SSH) as screen:
        screen.wait_for_form()
        screen.submit("in_queue")
        server.let_end()
        screen.wait_for_statuses("completed")
        screen.press("enter")
        screen.wait_for("MP4 · 320×176 · 2.0 s · H.264")
        [url] = set(re.findall(r"http://\S+_output\.mp4", screen.text))
        assert f"\x1b]8;;{url}\x1b\\".encode() in bytes(screen.raw)
        screen.press("d")
        screen.wait_for(f"saved: {tmp_path / 'results' / '1.mp4'}")
        screen.press("d")
        screen.wait_for("It is saved already.")
        screen.press("o")
        screen.wait_for("scp line")
        assert copied(screen) == [url]
        screen.press("y")
        screen.wait_for("Copied: scp line")
        [line] = copied(screen)[1:]
        assert re.fullmatch(rf"scp -P 2222 \S*10\.0\.0\.7:{tmp_path}/results/1\.mp4 \.", line)
        screen.press("escape")
        screen.wait_gone("scp line")
        screen.press("escape")
        screen.wait_for_keys(IN_THE_TABLE)
        assert screen.quit() == 0
        assert screen.left_behind == []
    assert len(list((tmp_path / "results").iterdir())) == 2

    with Dashboard(folder, server, environ=SSH) as again:
        again.wait_for_statuses("completed")
        again.press("enter")
        again.wait_for(f"saved: {tmp_path / 'results' / '1.mp4'}")
        assert again.quit() == 0
    [record] = folder.joinpath("saved").rglob("*.jsonl")
    [saved] = SavedFiles(folder).of(record.stem)
    assert saved.file == str(tmp_path / "results" / "1.mp4")


def test_one_result_after_the_other_is_shown_as_it_is(folder: Path, server: Server) -> None:
    with Dashboard(folder, server, columns=80, rows=24) as screen:
        screen.wait_for_form()
        screen.press("f5")
        screen.wait_for_statuses("in_queue")
        screen.submit("in_queue", "in_queue")
        first, second = (request["request_id"] for request in server.requests())
        server.let_end()
        screen.wait_for_statuses("completed", "completed")
        for request_id, other in ((second, first), (first, second), (second, first)):
            screen.press("enter")
            screen.wait_for("esc back")
            screen.wait_for(request_id)
            screen.wait_for("H.264 · 2.")
            assert other not in screen.text
            screen.press("w")
            screen.wait_for(f'"request_id": "{request_id}"')
            screen.press("escape")
            screen.wait_for_keys(IN_THE_TABLE)
            screen.press("j" if request_id == second else "k")
        assert screen.quit() == 0
