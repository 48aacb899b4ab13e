"""A whole request in a real terminal: pasted, edited as JSON, and there again after a kill."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.engine.server import Server
from tests.terminal.dashboard import Dashboard

CURL = """curl --request POST \\
--url https://model-api.runcomfy.net/v1/models/runwayml/runway-aleph/video-to-video \\
--header "Authorization: Bearer <token>" \\
--data '{
"prompt": "it [rains]",
"video_url": "https://a.b/c.mp4",
"ratio": "960:960"
}'"""


def paste(screen: Dashboard, text: str) -> None:
    """As a terminal does it: bracketed, and with carriage returns."""
    carried = text.replace("\n", "\r")
    screen.send(f"\x1b[200~{carried}\x1b[201~")


def test_a_pasted_command_fills_the_json_and_survives_a_kill_with_what_was_typed_after(
    folder: Path, server: Server
) -> None:
    with Dashboard(folder, server) as screen:
        screen.wait_for_form()
        screen.wait_for("F5 submit")
        screen.press("f3")
        screen.wait_for('"seed": 936116745')
        paste(screen, CURL)
        screen.wait_for("runway-aleph/video-to-video")
        screen.wait_for('"prompt": "it [rains]"')
        screen.send("x")
        screen.wait_for("not JSON")
        drafts = folder / "drafts.json"
        screen.wait_until(
            lambda: drafts.exists() and "x{" in drafts.read_text(), what="the draft to be kept"
        )
        os.killpg(screen.process.pid, signal.SIGKILL)
    with Dashboard(folder, server) as screen:
        screen.wait_for("not JSON")
        screen.wait_for("x{")
        screen.press("f3")
        screen.wait_for("Mend the JSON first")
        screen.send("\x1b[3~")  # delete, where the text stops being JSON
        screen.wait_gone("not JSON")
        screen.press("f3")
        screen.wait_for("10/1000")
        assert "960:960" in screen.line_with("Resolution")
        assert screen.quit() == 0
