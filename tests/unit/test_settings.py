"""The settings in force, and what is said of those that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from runcomfy_tui.settings import (
    MODEL_API_BASE,
    SERVERLESS_API_BASE,
    Settings,
    SettingsError,
    load_settings,
    settings_file,
)


def write(content: str) -> Path:
    file = settings_file()
    file.parent.mkdir(parents=True)
    file.write_text(content)
    return file


def test_without_a_file_and_variables_it_is_runcomfy_itself(home: Path) -> None:
    settings = load_settings()
    assert settings.model_api_base == MODEL_API_BASE == "https://model-api.runcomfy.net/v1"
    assert settings.serverless_api_base == SERVERLESS_API_BASE
    assert settings.data_dir == home / ".local/share/runcomfy-tui"
    assert settings.download_dir == home / "Downloads/runcomfy"
    assert settings.where == ""


def test_the_file_is_read(home: Path) -> None:
    write(
        'download_dir = "~/results"\npolls_per_second = 2\nconnections = 4\n'
        '[keys]\n"job.cancel" = "x,ctrl+x"\n'
    )
    settings = load_settings()
    assert settings.download_dir == home / "results"
    assert settings.polls_per_second == 2.0
    assert settings.connections == 4
    assert settings.keys == {"job.cancel": "x,ctrl+x"}


def test_the_command_line_wins_over_the_variable(tmp_path: Path) -> None:
    environ = {"RUNCOMFY_TUI_DATA_DIR": "~/by-variable"}
    assert load_settings(environ=environ).data_dir == Path.home() / "by-variable"
    assert load_settings(environ=environ, data_dir=tmp_path).data_dir == tmp_path


def test_another_server_gets_no_call_for_the_balance_unless_it_is_told_where() -> None:
    """The token of one server must not go to another: the balance has a host of its own."""
    elsewhere = {"RUNCOMFY_MODEL_API_BASE": "http://127.0.0.1:8000/v1/"}
    settings = load_settings(environ=elsewhere)
    assert settings.model_api_base == "http://127.0.0.1:8000/v1"
    assert settings.serverless_api_base is None
    assert settings.where == "127.0.0.1:8000"
    both = elsewhere | {"RUNCOMFY_SERVERLESS_API_BASE": "http://127.0.0.1:8000/prod/v2"}
    assert load_settings(environ=both).serverless_api_base == "http://127.0.0.1:8000/prod/v2"


def test_what_is_shown_of_another_server_holds_no_password() -> None:
    settings = Settings(model_api_base="https://user:password@proxy.example:8443/v1")
    assert settings.where == "proxy.example:8443"
    assert Settings(is_sandbox=True).where == "sandbox"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("= 1", "cannot be read"),
        ("\ud800".encode("utf-16", "surrogatepass"), "cannot be read"),
        ("poll = 1", "no setting is called 'poll'. There are: "),
        ("polls_per_second = nan", "'polls_per_second' should be a number between 0.1 and 100."),
        ("polls_per_second = true", "between 0.1 and 100"),
        ("polls_per_second = 101", "between 0.1 and 100"),
        ("connections = 17", "between 1 and 16"),
        ("connections = 2.5", "between 1 and 16"),
        ('download_dir = ""', "the path of a folder"),
        ("download_dir = 3", "the path of a folder"),
        ("keys = 3", "should be a table"),
        ('keys = {"job.cancel" = ""}', "should be a table"),
    ],
)
def test_what_cannot_be_used_is_said_with_its_place(content: str | bytes, words: str) -> None:
    file = write("")
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert words in str(refused.value)
    assert str(file) in str(refused.value)


@pytest.mark.parametrize(
    "base", ["nonsense", "ftp://example.com", "https://", "http://host:99999/v1", "http://[::1/v1"]
)
@pytest.mark.parametrize("name", ["RUNCOMFY_MODEL_API_BASE", "RUNCOMFY_SERVERLESS_API_BASE"])
def test_a_base_that_is_no_url_is_said_with_its_name(base: str, name: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{name} is no http\(s\) URL"):
        load_settings(environ={name: base})


def test_the_limits_of_sweeps_are_read() -> None:
    write("release_per_second = 0.5\nrelease_unfinished = 3\nconfirm_jobs = 0\nconfirm_usd = 2\n")
    settings = load_settings()
    assert (settings.release_per_second, settings.release_unfinished) == (0.5, 3)
    assert (settings.confirm_jobs, settings.confirm_usd) == (0, 2.0)


def test_a_budget_is_read_and_there_is_none_unless_told() -> None:
    assert (load_settings().budget_per_day, load_settings().budget_per_sweep) == (None, None)
    write("budget_per_day = 10\nbudget_per_sweep = 0.5\n")
    settings = load_settings()
    assert (settings.budget_per_day, settings.budget_per_sweep) == (10.0, 0.5)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("release_unfinished = 0", "should be a whole number between 1 and 1000."),
        ("release_unfinished = true", "should be a whole number between 1 and 1000."),
        ("confirm_jobs = -1", "should be a whole number, 0 or more."),
        ("confirm_jobs = 1.5", "should be a whole number, 0 or more."),
        ("confirm_usd = nan", "should be an amount in US dollars, 0 or more."),
        ("budget_per_day = true", "should be an amount in US dollars, 0 or more."),
        ("confirm_usd = '5'", "should be an amount in US dollars, 0 or more."),
    ],
)
def test_a_limit_that_cannot_be_used_is_named(content: str, words: str) -> None:
    write(content)
    with pytest.raises(SettingsError, match=words):
        load_settings()


def test_over_ssh_it_paints_less_often_unless_told_otherwise(home: Path) -> None:
    assert load_settings(environ={}).paints_per_second == 10
    assert load_settings(environ={"SSH_CONNECTION": "a 1 b 2"}).paints_per_second == 4
    write("paints_per_second = 1.5\n")
    assert load_settings(environ={"SSH_CONNECTION": "a 1 b 2"}).paints_per_second == 1.5


def test_how_ends_are_told_can_be_chosen(home: Path) -> None:
    assert (load_settings().bell, load_settings().notify) == (True, "auto")
    write('bell = false\nnotify = "osc99"\nmouse = false\nascii = true\n')
    settings = load_settings()
    assert (settings.bell, settings.notify) == (False, "osc99")
    assert (settings.mouse, settings.ascii) == (False, True)
    settings_file().write_text("notify = false")
    assert load_settings().notify == "off"


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("hook = \"notify --title 'a b' ; rm\"", ("notify", "--title", "a b", ";", "rm")),
        ('hook = ["a", "b c", ""]', ("a", "b c", "")),
        ('hook = ""', ()),
    ],
)
def test_a_hook_is_a_list_of_words_and_no_shell_reads_it(
    home: Path, written: str, words: tuple[str, ...]
) -> None:
    write(written)
    assert load_settings().hook == words


def test_a_hook_may_lie_in_the_home_folder(home: Path) -> None:
    write('hook = "~/bin/done --all ~/x"')
    assert load_settings().hook == (str(home / "bin/done"), "--all", "~/x")


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("hook = 3", "hook"),
        ('hook = "it\'s"', "hook"),
        ('hook = ["", "x"]', "hook"),
        ('hook = "a\\u0000b"', "hook"),
        ("paints_per_second = 0", "paints_per_second"),
        ("paints_per_second = true", "paints_per_second"),
        ('notify = "loud"', "notify"),
        ('bell = "no"', "bell"),
        ("mouse = 1", "mouse"),
        ('ascii = "auto"', "ascii"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(home: Path, written: str, name: str) -> None:
    file = write(written)
    with pytest.raises(SettingsError, match=f"{file}: '{name}'"):
        load_settings()
