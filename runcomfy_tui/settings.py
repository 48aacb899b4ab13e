"""The settings in force: built-in values, then `settings.toml`, then the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from runcomfy_tui import paths
from runcomfy_tui.name_template import NAME_TEMPLATE, name_template
from runcomfy_tui.surroundings import is_remote

MODEL_API_BASE = "https://model-api.runcomfy.net/v1"
SERVERLESS_API_BASE = "https://api.runcomfy.net/prod/v2"
MODEL_API_BASE_VARIABLE = "RUNCOMFY_MODEL_API_BASE"
SERVERLESS_API_BASE_VARIABLE = "RUNCOMFY_SERVERLESS_API_BASE"
PAINTS_PER_SECOND = 10.0
PAINTS_PER_SECOND_OVER_SSH = 4.0
NOTIFICATIONS = ("auto", "off", "osc9", "osc777", "osc99")
CHECKSUMS = ("sha256", "blake2b")
"""The first is what every system can check; the second is quicker on processors without SHA."""
PREVIEWS = ("auto", "on", "key")


class SettingsError(Exception):
    """A setting cannot be used; `str()` names it, its place and what it should be.

    Where a file has several that cannot, each has a line.
    """


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a run of the program is told from outside. Never holds the token.

    `keys` maps a binding's id to the key (or comma-separated keys) that the user wants for it.
    Without `serverless_api_base` there is no balance to be had. `notify` is one of
    `NOTIFICATIONS`, `hook` the words of a command (none: no hook), `ascii` and `mouse` None where
    the terminal decides. `look_at_urls` allows a look at the files that a form names, before it is
    submitted.
    Of a sweep, `release_per_second` jobs are sent while fewer than `release_unfinished` are under
    way; one of more than `confirm_jobs` jobs or `confirm_usd` is confirmed by typing its number.
    A submit that would pass a budget (in USD, None for none) asks first.

    The files of jobs that complete are saved by themselves where `collect_labels` says so of their
    label, else `collect_models` of their model_id (a pattern), else `collect`; `download_at_once`
    at a time, named after `download_name`, each with a `sidecar` that holds one of `CHECKSUMS`.
    `preview` is one of `PREVIEWS`; `ssh_host` is how the user's own machine calls this one.
    """

    data_dir: Path = field(default_factory=paths.data_dir)
    download_dir: Path = field(default_factory=paths.downloads_dir)
    model_api_base: str = MODEL_API_BASE
    serverless_api_base: str | None = SERVERLESS_API_BASE
    polls_per_second: float = 5.0
    connections: int = 8
    keys: Mapping[str, str] = field(default_factory=dict)
    paints_per_second: float = PAINTS_PER_SECOND
    bell: bool = True
    notify: str = "auto"
    hook: tuple[str, ...] = ()
    mouse: bool | None = None
    ascii: bool | None = None
    look_at_urls: bool = True
    release_per_second: float = 2.0
    release_unfinished: int = 8
    confirm_jobs: int = 10
    confirm_usd: float = 5.0
    budget_per_day: float | None = None
    budget_per_sweep: float | None = None
    download_at_once: int = 3
    download_name: str = NAME_TEMPLATE
    sidecar: bool = True
    checksum: str = CHECKSUMS[0]
    collect: bool = False
    collect_models: Mapping[str, bool] = field(default_factory=dict)
    collect_labels: Mapping[str, bool] = field(default_factory=dict)
    preview: str = "auto"
    ssh_host: str = ""
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
    settings = Settings(
        data_dir=paths.data_dir(environ),
        paints_per_second=PAINTS_PER_SECOND_OVER_SSH if is_remote(environ) else PAINTS_PER_SECOND,
    )
    settings = _from_file(settings, file or settings_file())
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
    troubles: list[str] = []
    for name, value in table.items():
        reader = _READERS.get(name)
        if reader is None:
            known = ", ".join(sorted(_READERS))
            troubles.append(f"{file}: no setting is called '{name}'. There are: {known}.")
            continue
        try:
            settings = replace(settings, **{name: reader(value)})
        except (TypeError, ValueError) as error:
            troubles.append(f"{file}: '{name}' {error}")
    if troubles:
        raise SettingsError("\n".join(troubles))
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


def _paints(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.1 <= value <= 60:
        raise ValueError("should be a number between 0.1 and 60.")
    return float(value)


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("should be true or false.")
    return value


def _notify(value: Any) -> str:
    if isinstance(value, bool):
        return "auto" if value else "off"
    if value not in NOTIFICATIONS:
        raise ValueError(f"should be one of {', '.join(NOTIFICATIONS)}.")
    return str(value)


def _hook(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        import shlex

        try:
            words = shlex.split(value)
        except ValueError as error:
            raise ValueError(f"cannot be split into words: {error}.") from None
    elif isinstance(value, list) and all(isinstance(word, str) for word in value):
        words = value
    else:
        raise ValueError('should be a command such as "notify-send runcomfy", or a list of words.')
    if any("\0" in word for word in words):
        raise ValueError("holds a NUL character, which no command can.")
    if words and not words[0].strip():
        raise ValueError("names no command.")
    is_at_home = bool(words) and words[0].startswith("~")
    return (str(Path(words[0]).expanduser()), *words[1:]) if is_at_home else tuple(words)


def _unfinished(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1000:
        raise ValueError("should be a whole number between 1 and 1000.")
    return value


def _jobs(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("should be a whole number, 0 or more.")
    return value


def _usd(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise ValueError("should be an amount in US dollars, 0 or more.")
    return float(value)


def _at_once(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 8:
        raise ValueError("should be a whole number between 1 and 8.")
    return value


def _name(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f'should be a pattern such as "{NAME_TEMPLATE}".')
    return name_template(value)


def _one_of(names: tuple[str, ...]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in names:
            raise ValueError(f"should be one of {', '.join(names)}.")
        return str(value)

    return read


def _switches(value: Any) -> Mapping[str, bool]:
    if not isinstance(value, dict) or not all(isinstance(each, bool) for each in value.values()):
        raise ValueError('should be a table of true and false, such as: "runwayml/*" = true.')
    return dict(value)


def _host(value: Any) -> str:
    # It becomes part of a command that the user may paste into a shell.
    if not isinstance(value, str) or not re.fullmatch(
        r"[A-Za-z0-9_.:@\[\]][A-Za-z0-9_.:@\[\]-]*", value
    ):
        raise ValueError('should be a host as ssh takes it, such as "gpu-box" or "me@10.0.0.7".')
    return value


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "download_dir": _folder,
    "polls_per_second": _rate,
    "connections": _connections,
    "keys": _keys,
    "paints_per_second": _paints,
    "bell": _switch,
    "notify": _notify,
    "hook": _hook,
    "mouse": _switch,
    "ascii": _switch,
    "look_at_urls": _switch,
    "release_per_second": _rate,
    "release_unfinished": _unfinished,
    "confirm_jobs": _jobs,
    "confirm_usd": _usd,
    "budget_per_day": _usd,
    "budget_per_sweep": _usd,
    "download_at_once": _at_once,
    "download_name": _name,
    "sidecar": _switch,
    "checksum": _one_of(CHECKSUMS),
    "collect": _switch,
    "collect_models": _switches,
    "collect_labels": _switches,
    "preview": _one_of(PREVIEWS),
    "ssh_host": _host,
}
