"""Opening a result where its user sits: here, or at the other end of an SSH line."""

from __future__ import annotations

import getpass
import logging
import os
import shlex
import shutil
import socket
import subprocess
import webbrowser
from collections.abc import Mapping
from pathlib import Path

from runcomfy_tui.surroundings import is_remote
from runcomfy_tui.ui.links import link_of

log = logging.getLogger(__name__)


def has_desktop(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether what is opened here would be seen by the user."""
    if is_remote(environ):
        return False
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")) or _is_mac()


def open_on_desktop(url: str, file: str, *, is_medium: bool) -> str:
    """Open a result's file, or its URL, where the user sees it; what was done, or nothing.

    Over SSH a browser would start on the far host, where nobody looks. A desktop starts whatever a
    file says it is: of files only media are opened, and of URLs those that are plainly http(s).
    """
    if not has_desktop():
        return ""
    if file and is_medium and open_here(file, is_file=True):
        return "Opened the file."
    if link_of(url) is not None and open_here(url, is_file=False):
        return "Opened in the browser."
    return ""


def open_here(target: str, *, is_file: bool) -> bool:
    """Have the desktop open a file, or a browser a URL; False when there is nobody to do it."""
    if not is_file:
        return webbrowser.open(target)
    opener = shutil.which("open" if _is_mac() else "xdg-open")
    if opener is None:
        return False
    try:
        subprocess.Popen(
            [opener, target],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        log.warning("%s cannot be started: %s", opener, error)
        return False
    return True


def scp_line(file: Path, ssh_host: str = "", environ: Mapping[str, str] = os.environ) -> str:
    """The command that fetches `file` when it is typed at the user's own machine.

    `ssh_host` is how that one calls this machine; without it, the address and the port at which
    the SSH line in `environ` arrived, else this machine's name.
    """
    words = ["scp"]
    host = ssh_host
    if not host:
        host, port = _own_address(environ)
        if port not in ("", "22"):
            words += ["-P", port]
        host = f"{_user()}{host}"
    return shlex.join([*words, f"{host}:{file}", "."])


def _own_address(environ: Mapping[str, str]) -> tuple[str, str]:
    """`SSH_CONNECTION` is: the user's address and port, then this machine's (sshd(8))."""
    told = environ.get("SSH_CONNECTION", "").split()
    if len(told) != 4:
        return socket.gethostname(), ""
    host = told[2].partition("%")[0]
    return (f"[{host}]" if ":" in host else host), told[3]


def _user() -> str:
    try:
        return f"{getpass.getuser()}@"
    except (OSError, KeyError):
        return ""


def _is_mac() -> bool:
    return os.uname().sysname == "Darwin"
