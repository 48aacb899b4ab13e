"""Where the token comes from, and that it shows nowhere."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from runcomfy_tui import paths
from runcomfy_tui.credentials import (
    BadToken,
    Token,
    clean_token,
    find_token,
    own_token_file,
    save_token,
)


def write(file: Path, content: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content))


def test_with_nothing_anywhere_there_is_no_token() -> None:
    assert find_token() is None


def test_the_places_are_asked_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    write(paths.cli_token_file(), {"access_token": "of-the-cli"})
    token = find_token()
    assert token is not None
    assert (token.value, token.source) == ("of-the-cli", str(paths.cli_token_file()))
    save_token("of-its-own")
    monkeypatch.setenv("RUNCOMFY_TUI_DATA_DIR", "elsewhere")
    assert _found() == "of-its-own"
    monkeypatch.setenv("RUNCOMFY_API_TOKEN", "of-the-nodes")
    assert _found() == "of-the-nodes"
    monkeypatch.setenv("RUNCOMFY_TOKEN", " Bearer of-the-cli-variable\n")
    assert _found() == "of-the-cli-variable"
    monkeypatch.setenv("RUNCOMFY_TOKEN", "   ")
    assert _found() == "of-the-nodes"


def test_the_official_clis_file_is_looked_for_where_it_puts_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME")
    assert paths.cli_token_file() == home / ".config/runcomfy/token.json"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    assert paths.cli_token_file() == tmp_path / "xdg/runcomfy/token.json"
    monkeypatch.setenv("RUNCOMFY_CONFIG_DIR", str(tmp_path / "own"))
    assert paths.cli_token_file() == tmp_path / "own/token.json"


def test_a_saved_token_is_for_its_owners_eyes_alone_and_nothing_is_left_beside_it() -> None:
    for token in ("first", "second"):
        file = save_token(token)
        assert file == own_token_file()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        assert json.loads(file.read_text()) == {"access_token": token}
        assert list(file.parent.iterdir()) == [file]


def test_a_save_that_fails_keeps_the_old_token_and_leaves_no_scrap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = save_token("old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        save_token("new")
    assert _found() == "old"
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize(
    ("pasted", "token"),
    [
        ("abc", "abc"),
        ("  abc\n", "abc"),
        ("Bearer abc", "abc"),
        ("bearer   abc ", "abc"),
        ('"abc"', "abc"),
        ("eyJhbGciOi.J9-_~+/=", "eyJhbGciOi.J9-_~+/="),
    ],
)
def test_what_comes_along_with_a_paste_is_taken_off(pasted: str, token: str) -> None:
    assert clean_token(pasted) == token


@pytest.mark.parametrize(
    "pasted", ["", " \n", '""', "two words", "line\nbreak", "naïve", "\x1b[200~abc", "x" * 8193]
)
def test_what_no_header_can_carry_is_refused_without_showing_it(pasted: str) -> None:
    with pytest.raises(BadToken) as refused:
        clean_token(pasted)
    assert not pasted.strip('" \n') or pasted not in str(refused.value)


@pytest.mark.parametrize(
    "content", ["{", "\x00", "[" * 100_000, {"access_token": "two words"}, {"access_token": "ü"}]
)
def test_a_token_that_is_found_but_unusable_is_named_by_its_place_not_passed_over(
    content: object,
) -> None:
    # Falling through to another account's token would charge the wrong account.
    write(paths.cli_token_file(), {"access_token": "another-account"})
    write(own_token_file(), content)
    with pytest.raises(BadToken, match=r"token\.json") as refused:
        find_token()
    assert "two words" not in str(refused.value)


def test_a_folder_in_the_files_place_is_a_sentence() -> None:
    own_token_file().mkdir(parents=True)
    with pytest.raises(BadToken, match="cannot be read"):
        find_token()


@pytest.mark.parametrize("content", [{}, {"access_token": ""}, {"access_token": None}, []])
def test_a_file_after_a_logout_holds_no_token(content: object) -> None:
    write(paths.cli_token_file(), content)
    assert find_token() is None


def test_a_token_hides_from_whoever_prints_it() -> None:
    assert "secret" not in repr(Token("secret", "$RUNCOMFY_TOKEN"))
    assert "secret" not in str(Token("secret", "$RUNCOMFY_TOKEN"))


def _found() -> str | None:
    token = find_token()
    return token.value if token else None
