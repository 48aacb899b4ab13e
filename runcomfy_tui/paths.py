"""Where things lie on the disk: XDG folders, the style sheets, the official CLI's token file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import platformdirs

APP_NAME = "runcomfy-tui"
DATA_DIR_VARIABLE = "RUNCOMFY_TUI_DATA_DIR"


def data_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of the ledger: `$RUNCOMFY_TUI_DATA_DIR`, else the user's data folder."""
    override = environ.get(DATA_DIR_VARIABLE, "").strip()
    if override:
        return Path(override).expanduser()
    return Path(platformdirs.user_data_dir(APP_NAME))


def config_dir() -> Path:
    """The folder of `settings.toml` and of the saved token."""
    return Path(platformdirs.user_config_dir(APP_NAME))


def log_file() -> Path:
    """The rotated log that holds the details of what went wrong, never a token."""
    return Path(platformdirs.user_log_dir(APP_NAME)) / "runcomfy-tui.log"


def downloads_dir() -> Path:
    """Where results are saved when the settings name no folder."""
    return Path(platformdirs.user_downloads_dir()) / "runcomfy"


def cli_token_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Where RunComfy's official CLI keeps its token."""
    if own := environ.get("RUNCOMFY_CONFIG_DIR", "").strip():
        return Path(own).expanduser() / "token.json"
    if xdg := environ.get("XDG_CONFIG_HOME", "").strip():
        return Path(xdg).expanduser() / "runcomfy" / "token.json"
    return Path.home() / ".config" / "runcomfy" / "token.json"


def styles() -> Path:
    """The folder of the style sheets: inside the package when installed, beside it in a clone."""
    package = Path(__file__).resolve().parent
    inside = package / "styles"
    return inside if inside.is_dir() else package.parent / "styles"
