"""What the README says of settings and variables is so."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from runcomfy_tui.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
NOT_IN_A_FILE = {"data_dir", "model_api_base", "serverless_api_base", "is_sandbox"}


def settings_of_the_readme() -> str:
    block = re.search(r"`settings.toml` knows.*?```toml\n(.*?)```", README, re.DOTALL)
    assert block is not None
    return block[1]


def test_the_settings_are_listed_with_the_values_they_have(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    listed = settings_of_the_readme().partition("\n[")[0]
    file.write_text(listed)
    told = load_settings(file=file, environ={"HOME": str(Path.home())})
    assert told == load_settings(file=tmp_path / "none.toml", environ={"HOME": str(Path.home())})


def test_every_setting_is_listed_and_can_be_set_as_its_example_does(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    example = re.sub(r"^# (?=[\w\"*/]+ = )", "", settings_of_the_readme(), flags=re.MULTILINE)
    file.write_text(example)
    load_settings(file=file, environ={})
    names = set(re.findall(r"^\[?(\w+)(?: = |\])", example, flags=re.MULTILINE))
    assert names == {field.name for field in fields(Settings)} - NOT_IN_A_FILE


def test_every_variable_is_one_that_the_program_knows() -> None:
    sources = "".join(file.read_text() for file in (ROOT / "runcomfy_tui").rglob("*.py"))
    rows = re.findall(r"^\| (`[A-Z].*?) \|", README, flags=re.MULTILINE)
    names = [name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)]
    assert "RUNCOMFY_TOKEN" in names
    assert [name for name in names if name not in sources] == []
