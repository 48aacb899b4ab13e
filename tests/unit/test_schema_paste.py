"""A pasted request, as RunComfy's pages or a terminal give it, becomes a model and its inputs."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runcomfy_tui.schema.paste import Paste, model_id_of, read_paste
from runcomfy_tui.schema.shell_words import shell_words

SEEDS = Path(__file__).parents[3] / "shared" / "seeds"
URL = "https://model-api.runcomfy.net/v1/models/runwayml/runway-aleph/video-to-video"
ALEPH = "runwayml/runway-aleph/video-to-video"
PAGE_COMMAND = f"""curl --request POST \\
--url {URL} \\
--header "Content-Type: application/json" \\
--header "Authorization: Bearer <token>" \\
--data '{{
"prompt": "",
"video_url": "",
"ratio": "1280:720"
}}'"""
PAGE_INPUTS = {"prompt": "", "video_url": "", "ratio": "1280:720"}


def test_a_json_body_is_inputs_without_a_model() -> None:
    text = '\ufeff \n{"seed": 4294967296123456789012, "scale": 0.1, "a": {"b": [null]}}\n'
    assert read_paste(text) == Paste(
        None, {"seed": 4294967296123456789012, "scale": 0.1, "a": {"b": [None]}}
    )


def test_the_command_of_a_page_is_read_with_and_without_what_is_glued_to_it() -> None:
    assert read_paste(PAGE_COMMAND) == Paste(ALEPH, PAGE_INPUTS)
    glued = PAGE_COMMAND + "Imposta la variabile d'ambiente YOUR_API_TOKEN con la tua chiave"
    assert read_paste("Esegui:\n" + glued) == Paste(ALEPH, PAGE_INPUTS)
    broken_by_copying = PAGE_COMMAND.replace("\\\n", "\\  \r\n")
    assert read_paste(broken_by_copying) == Paste(ALEPH, PAGE_INPUTS)


def test_of_a_page_with_several_commands_the_first_that_submits_counts() -> None:
    ask = "curl --request GET \\\n--url https://model-api.runcomfy.net/v1/requests/{request_id}/status"
    again = PAGE_COMMAND.replace('"ratio": "1280:720"', '"ratio": "960:960"')
    schema = '{\n"type": "object",\n"title": "Inputs",\n"properties": {"prompt": {}}\n}'
    page = f"It is {ask}\nSubmit:\n{PAGE_COMMAND}Then\n{again}And so on.\n{ask}\n{schema}{{}}"
    assert read_paste(page) == Paste(ALEPH, PAGE_INPUTS)
    assert read_paste(page.replace("\n", "\r\n")) == Paste(ALEPH, PAGE_INPUTS)


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the documented pages are not on this machine")
def test_a_whole_page_is_read_as_its_first_request() -> None:
    pages = {
        paste.model_id: paste.inputs
        for page in SEEDS.glob("*.txt")
        if (paste := read_paste(page.read_text(encoding="utf-8"))) is not None
    }
    assert set(pages) == {ALEPH, "runwayml/runway-gen-4/turbo/image-to-video"}
    assert pages[ALEPH] == PAGE_INPUTS
    image = pages["runwayml/runway-gen-4/turbo/image-to-video"]["promptImage"]
    assert image.endswith("usecase1-1-input.png")


@pytest.mark.parametrize(
    "command",
    [
        f"curl {URL} -d '{{\"seed\": 1}}'",
        f"curl -X POST -H 'Authorization: Bearer x' '{URL}' --data-raw '{{\"seed\": 1}}'",
        f'curl --url={URL} --data={{\\"seed\\":1}}',
        f"curl -sS {URL} -d'{{\"seed\": 1}}' | jq .request_id",
        f'curl "{URL}?x=1" --json "{{\\"seed\\": 1}}"; echo done',
        f"curl {URL} --data-binary $'{{\\n\"seed\": 1}}'",
        f"$ curl.exe {URL} -H 'X: https://elsewhere.example/models/a/b' -d '{{\"seed\": 1}}'",
        f"curl https://other.example/v1/requests/1/status\ncurl {URL} -d '{{\"seed\": 1}}'",
        f"curl -sSd '{{\"seed\": 1}}' {URL}",
        f"curl {URL.removeprefix('https://')} -d '{{\"seed\": 1}}'",
        f"curl $RUNCOMFY_MODEL_API_BASE/models/{ALEPH} -d '{{\"seed\": 1}}'",
        f"curl {URL} --data-binary @- <<'EOF'\n{{\"seed\": 1}}\nEOF\n",
        f'curl --request POST ^\r\n --url "{URL}" ^\r\n --data "{{\\"seed\\": 1}}"',
        f'curl ^"{URL}^" ^\r\n  --data-raw ^"^{{^\\^"seed^\\^":1^}}^"',
        f'curl {URL} -d "{{""seed"": 1}}"',
        f"curl.exe --request POST `\n --url {URL} `\n --data '{{\\\"seed\\\": 1}}'",
    ],
)
def test_every_way_to_write_the_command(command: str) -> None:
    assert read_paste(command) == Paste(ALEPH, {"seed": 1})


def test_quotes_of_prose_inside_the_quotes_of_the_shell_are_survived() -> None:
    prompt = "The driver's seat, the subject's profile"
    command = f"curl {URL} --data '" + json.dumps({"prompt": prompt}) + "'"
    assert read_paste(command) == Paste(ALEPH, {"prompt": prompt})
    with_curl = "A curl of hair; curl -d '{}'"
    escaped = f"curl {URL} --data " + shlex.quote(json.dumps({"prompt": with_curl}))
    assert read_paste(escaped) == Paste(ALEPH, {"prompt": with_curl})
    escaped = f"curl {URL} --data " + shlex.quote(json.dumps({"prompt": prompt}))
    assert read_paste(escaped) == Paste(ALEPH, {"prompt": prompt})


def test_a_command_or_link_without_a_body_still_names_the_model() -> None:
    assert read_paste(f"curl -X POST {URL}") == Paste(ALEPH, {})
    assert read_paste(f"curl {URL} -d ' {{}} '") == Paste(ALEPH, {})
    assert read_paste(f" {URL}\n") == Paste(ALEPH, {})


@pytest.mark.parametrize(
    ("body", "lack"),
    [
        ("@inputs.json", "they lie in a file, so paste what it holds"),
        ("[1]", "they are no JSON object"),
        ('{"seed" 1}', "not JSON: Expecting ':' delimiter"),
        ('{"seed": 1, "seed": 2}', 'not JSON: an object names "seed" twice'),
    ],
)
def test_a_body_that_cannot_be_read_is_told_of(body: str, lack: str) -> None:
    paste = read_paste(f"curl {URL} -d {shlex.quote(body)}")
    assert paste is not None
    assert (paste.model_id, paste.inputs) == (ALEPH, {})
    assert paste.lack.startswith(lack)


def test_a_request_to_a_url_without_a_model_keeps_its_inputs() -> None:
    assert read_paste("curl https://x.example/run -d '{\"a\": 1}'") == Paste(None, {"a": 1})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A curl of hair falls over her face",
        "curl -d nothing",
        "{not json}",
        "{[bracketed]} prompt",
        '["a", "list"]',
        '{"a": NaN}',
        '{"a": 1} and more',
        "https://example.com/picture.png",
        "curl https://model-api.runcomfy.net/v1/requests/abc/status",
        '{"a":' * 5000,
        "curl '",
        "curl \\",
    ],
    ids=lambda text: repr(text)[:40],
)
def test_other_text_is_no_request(text: str) -> None:
    assert read_paste(text) is None


@pytest.mark.parametrize(
    ("url", "model_id"),
    [
        (URL, ALEPH),
        (URL + "/?q=1#top", ALEPH),
        ("http://127.0.0.1:8000/v1/models/a/b%20c/D.1", "a/b c/D.1"),
        ("https://x.example/v1/models/single", None),
        ("https://x.example/v1/models", None),
        ("https://[broken/models/a/b", None),
    ],
)
def test_model_id_of_a_url(url: str, model_id: str | None) -> None:
    assert model_id_of(url) == model_id


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs"]))))
def test_properly_quoted_words_come_back(words: list[str]) -> None:
    assert list(shell_words(shlex.join(words))) == words


json_objects = st.dictionaries(
    st.text(),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)  # fmt: skip


@given(json_objects)
def test_any_body_in_a_command_comes_back(inputs: dict[str, Any]) -> None:
    command = f"curl --url {URL} --data {shlex.quote(json.dumps(inputs))}"
    assert read_paste(command) == Paste(ALEPH, inputs)
    assert read_paste(json.dumps(inputs)) == Paste(None, inputs)


@given(st.text() | st.text().map(lambda text: f"curl {URL} -d '{{{text}"))
def test_no_text_is_too_strange_to_be_read(text: str) -> None:
    assert read_paste(text) is None or isinstance(read_paste(text), Paste)
