"""How the table was left is found again, whatever became of its file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from runcomfy_tui.history.views import ColumnChoice, SavedFilter, TableChoices, ViewStore

CHOICES = TableChoices(
    sort="cost",
    is_descending=False,
    columns=(ColumnChoice("status"), ColumnChoice("label", 20)),
    tab="kites \ud83e\ude81",
    filters=(SavedFilter("kites \ud83d", 'label:"kites"'), SavedFilter("dear", "cost:>1")),
)


def test_a_table_is_found_as_it_was_left(tmp_path: Path) -> None:
    store = ViewStore(tmp_path / "data")
    assert store.load() == TableChoices()
    assert not (tmp_path / "data").exists()
    wanted = replace(CHOICES, tab="dear")
    store.save(TableChoices(), wanted)
    assert ViewStore(tmp_path / "data").load() == wanted
    renamed = replace(wanted, filters=(SavedFilter("costly", "cost:>1"), wanted.filters[0]))
    store.save(wanted, renamed)
    assert ViewStore(tmp_path / "data").load() == renamed


def test_two_windows_lose_none_of_each_others_filters(tmp_path: Path) -> None:
    one, two = ViewStore(tmp_path), ViewStore(tmp_path)
    first = TableChoices(filters=(SavedFilter("one", "a"),))
    one.save(TableChoices(), first)
    two.save(TableChoices(), TableChoices(sort="cost", filters=(SavedFilter("two", "b"),)))
    one.save(first, TableChoices())
    assert one.load() == TableChoices(sort="cost", filters=(SavedFilter("two", "b"),))


def test_nothing_is_written_when_nothing_differs(tmp_path: Path) -> None:
    store = ViewStore(tmp_path)
    store.save(TableChoices(), CHOICES)
    before = (tmp_path / "views.json").stat().st_mtime_ns
    store.save(CHOICES, CHOICES)
    assert (tmp_path / "views.json").stat().st_mtime_ns == before


def test_what_cannot_be_read_is_as_if_it_had_never_been_chosen(tmp_path: Path) -> None:
    store = ViewStore(tmp_path)
    store.save(TableChoices(), CHOICES)
    path = tmp_path / "views.json"
    path.write_text(
        '{"documents":{"table":{"sort":5,"columns":[7,{"name":"cost","width":-3}],"tab":[]},'
        '"filter x":{"name":"x","text":null},"filter y":5,"filter z":{"text":"z"},"later":1}}'
    )
    assert ViewStore(tmp_path).load() == TableChoices(
        columns=(ColumnChoice("cost"),), filters=(SavedFilter("x", ""),)
    )
    path.write_bytes(b"broken")
    assert ViewStore(tmp_path).load() == TableChoices()
    assert next(tmp_path.glob("views.json.unreadable-*")).read_bytes() == b"broken"
