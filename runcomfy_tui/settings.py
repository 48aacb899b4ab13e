"""The settings in force: built-in values, then `settings.toml`, then the environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from runcomfy_tui import paths

MODEL_API_BASE = "https://model-api.runcomfy.net/v1"
SERVERLESS_API_BASE = "https://api.runcomfy.net/prod/v2"
MODEL_API_BASE_VARIABLE = "RUNCOMFY_MODEL_API_BASE"
SERVERLESS_API_BASE_VARIABLE = "RUNCOMFY_SERVERLESS_API_BASE"


class SettingsError(Exception):
    """A setting cannot be used; `str()` names it, its place and what it should be."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a run of the program is told from outside. Never holds the token.

    `keys` maps a binding's id to the key (or comma-separated keys) that the user wants for it.
    Without `serverless_api_base` there is no balance to be had.
    """

    data_dir: Path = field(default_factory=paths.data_dir)
    download_dir: Path = field(default_factory=paths.downloads_dir)
    model_api_base: str = MODEL_API_BASE
    serverless_api_base: str | None = SERVERLESS_API_BASE
    polls_per_second: float = 5.0
    connections: int = 8
    keys: Mapping[str, str] = field(default_factory=dict)
    is_sandbox: bool = False

    @property
    def where(self) -> str:
        """What this talks to, when it is not RunComfy itself: the sandbox, or another host."""
        if self.is_sandbox:
            return "sandbox"
        if self.model_api_base == MODEL_API_BASE:
            return ""
        return urlsplit(self.model_api_base).netloc.rpartition("@")[2]


def settings_file() -> Path:
    """Where the user's own settings are read from."""
    return paths.config_dir() / "settings.toml"


def load_settings(
    *,
    data_dir: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    file: Path | None = None,
) -> Settings:
    """The settings in force; `data_dir` is what the command line said.

    Raises `SettingsError` for a file that cannot be read or a value that cannot be used.
    """
    settings = _from_file(Settings(data_dir=paths.data_dir(environ)), file or settings_file())
    if data_dir is not None:
        settings = replace(settings, data_dir=data_dir.expanduser())
    if base := environ.get(MODEL_API_BASE_VARIABLE, "").strip():
        # Another server's token must not reach RunComfy's own: no balance unless its base is told.
        settings = replace(
            settings,
            model_api_base=_base(base, MODEL_API_BASE_VARIABLE),
            serverless_api_base=None,
        )
    if base := environ.get(SERVERLESS_API_BASE_VARIABLE, "").strip():
        settings = replace(settings, serverless_api_base=_base(base, SERVERLESS_API_BASE_VARIABLE))
    return settings


def _base(text: str, source: str) -> str:
    try:
        parts = urlsplit(text)
        port_is_readable = parts.port is None or parts.port > 0
    except ValueError:
        port_is_readable = False
    if not port_is_readable or parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(f"{source} is no http(s) URL. Example: {MODEL_API_BASE}")
    return text.rstrip("/")


def _from_file(settings: Settings, file: Path) -> Settings:
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return settings
    except (OSError, ValueError) as error:
        raise SettingsError(f"{file} cannot be read: {error}") from None
    import tomllib  # most have no such file, and it would hold up the first paint

    try:
        table = tomllib.loads(text)
    except ValueError as error:
        raise SettingsError(f"{file} cannot be read: {error}") from None
    for name, value in table.items():
        reader = _READERS.get(name)
        if reader is None:
            known = ", ".join(sorted(_READERS))
            raise SettingsError(f"{file}: no setting is called '{name}'. There are: {known}.")
        try:
            settings = replace(settings, **{name: reader(value)})
        except (TypeError, ValueError) as error:
            raise SettingsError(f"{file}: '{name}' {error}") from None
    return settings


def _folder(value: Any) -> Path:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("should be the path of a folder.")
    return Path(value).expanduser()


def _rate(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.1 <= value <= 100:
        raise ValueError("should be a number between 0.1 and 100.")
    return float(value)


def _connections(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 16:
        raise ValueError("should be a whole number between 1 and 16.")
    return value


def _keys(value: Any) -> Mapping[str, str]:
    if not isinstance(value, dict) or not all(
        isinstance(key, str) and key.strip() for key in value.values()
    ):
        raise ValueError('should be a table such as: [keys] then "job.cancel" = "x".')
    return dict(value)


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "download_dir": _folder,
    "polls_per_second": _rate,
    "connections": _connections,
    "keys": _keys,
}
