"""Where a file may come from, and what it may be called: decided before anything is touched."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runcomfy_tui.api.names import MAX_NAME_BYTES, numbered, plain_name, safe_name
from runcomfy_tui.api.origins import is_trusted, origin_of

BASE = "https://model-api.runcomfy.net/v1"
LOCAL = "http://127.0.0.1:8123/v1"


@pytest.mark.parametrize(
    "url",
    [
        "https://playgrounds-storage-public.runcomfy.net/tools/7063/media-files/a_output.mp4",
        "https://a.b.c.runcomfy.com/x.png?X-Amz-Signature=1%2F2#frame",
        "HTTPS://CDN.RunComfy.NET/x.png",
        "https://cdn.runcomfy.net:443/x.png",
        "https://cdn.runcomfy.net/modèle/été.png",
        "https://model-api.runcomfy.net/v1/files/x.png",
    ],
)
def test_runcomfys_own_hosts_are_trusted(url: str) -> None:
    assert is_trusted(url, BASE)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x.png",
        "//cdn.runcomfy.net/x.png",
        "file:///etc/passwd",
        "file://cdn.runcomfy.net/etc/passwd",
        "javascript:alert(1)//cdn.runcomfy.net",
        "data:image/png;base64,AAAA",
        "ftp://cdn.runcomfy.net/x.png",
        "http://cdn.runcomfy.net/x.png",
        "https://runcomfy.net@evil.com/x.png",
        "https://cdn.runcomfy.net:pw@evil.com/x.png",
        "https://user@cdn.runcomfy.net/x.png",
        "https://cdn.runcomfy.net.evil.com/x.png",
        "https://evilruncomfy.net/x.png",
        "https://evil.com/cdn.runcomfy.net",
        "https://evil.com?.runcomfy.net",
        "https://evil.com#.runcomfy.net",
        "https://evil.com\\.runcomfy.net/x.png",
        "https://cdn.runcomfy.net\\@evil.com/x.png",
        "https://cdn.runcomfy.net./x.png",
        "https://cdn。runcomfy。net/x.png",
        "https://cdn.runcomfy.ne\u0074\u0301/x.png",
        "https://cdn.runсomfy.net/x.png",
        "https://cdn.runcomfy.net:8443/x.png",
        "https://cdn.runcomfy.net:99999/x.png",
        "https://cdn.runcomfy.net:x/x.png",
        "https://.runcomfy.net/x.png",
        "https://cdn..runcomfy.net/x.png",
        "https://cdn.runcomfy.net%2eevil.com/x.png",
        "https://[cdn.runcomfy.net]/x.png",
        "https://[::1/x.png",
        " https://cdn.runcomfy.net/x.png",
        "https://cdn.runcomfy.net/x\n.png",
        "ht\ttps://cdn.runcomfy.net/x.png",
        "https:/cdn.runcomfy.net/x.png",
        "http://127.0.0.1:8123/x.png",
    ],
)
def test_every_other_host_and_every_trick_is_not(url: str) -> None:
    assert not is_trusted(url, BASE)


def test_the_configured_api_may_serve_files_from_its_own_origin_alone() -> None:
    assert is_trusted("http://127.0.0.1:8123/files/x.png", LOCAL)
    assert is_trusted("https://api.example:9000/x", "https://API.example:9000/v1")
    for other in (
        "http://127.0.0.1:8124/x.png",
        "http://127.0.0.1/x.png",
        "https://127.0.0.1:8123/x.png",
        "http://localhost:8123/x.png",
        "http://127.0.0.1:8123@evil.com/x.png",
    ):
        assert not is_trusted(other, LOCAL)
    assert not is_trusted("nonsense", "nonsense")


def test_an_origin_is_shown_as_people_write_it() -> None:
    assert str(origin_of("https://Files.Example/x")) == "files.example"
    assert str(origin_of("https://files.example:8443/x")) == "files.example:8443"
    assert str(origin_of("http://[::1]:80/x")) == "[::1]"


@pytest.mark.parametrize(
    ("url", "content_type", "name"),
    [
        ("https://h/output/Abc-1_output.mp4", "", "Abc-1_output.mp4"),
        ("https://h/a.png?name=../../x.sh#y.exe", "", "a.png"),
        ("https://h/a%20b%28c%29.png", "", "a_b(c).png"),
        ("https://h/..%2f..%2fetc%2fpasswd", "", "passwd"),
        ("https://h/%2e%2e%5c%2e%2e%5cboot.ini", "", "boot.ini"),
        ("https://h/..%252f..%252fx.png", "", "2f.._2fx.png"),
        ("https://h/..", "", "result"),
        ("https://h/", "image/png", "result.png"),
        ("https://h", "video/mp4; codecs=avc1", "result.mp4"),
        ("https://h/.bashrc", "", "bashrc"),
        ("https://h/-rf", "image/webp", "rf.webp"),
        ("https://h/~root.png", "", "root.png"),
        ("https://h/CON.png", "", "_CON.png"),
        ("https://h/lpt1", "", "_lpt1"),
        ("https://h/a%00.png", "", "a.png"),
        ("https://h/a%1b%5b2Jb%0d%0a.png", "", "a_[2Jb.png"),
        ("https://h/invoice%E2%80%AEgnp.exe", "", "invoice_gnp.exe"),
        ("https://h/a%ff.png", "", "a\ufffd.png"),
        ("https://h/$(reboot)`x`;.png", "", "(reboot)_x.png"),
        ("https://h/a.png.", "", "a.png"),
        ("https://h/%E6%A8%A1%E5%9E%8B.mp4", "", "模型.mp4"),
        ("https://[broken", "", "result"),
    ],
)
def test_a_url_becomes_a_harmless_file_name(url: str, content_type: str, name: str) -> None:
    assert safe_name(url, content_type) == name


def test_a_name_of_400_characters_keeps_its_extension() -> None:
    for long in ("x" * 400 + ".mp4", "模" * 400 + ".mp4"):
        name = safe_name(f"https://h/{long}")
        assert name.endswith(".mp4")
        assert 140 <= len(name.encode()) <= MAX_NAME_BYTES
    assert len(plain_name("x." + "y" * 400).encode()) <= MAX_NAME_BYTES


@given(st.text(st.characters()) | st.text("./\\%2e2f5c~-_ \x00\x1b\u202e:$CONaux1", max_size=40))
@example("..")
@example("." * 300)
@example("con.")
@example("a\u0301.\u0301")
def test_any_text_becomes_a_name_that_stays_in_its_folder(text: str) -> None:
    name = plain_name(text)
    folder = Path("/downloads/runcomfy")
    assert (folder / name).parent == folder
    assert (folder / name).name == name
    assert name
    assert name[0] not in ".-~"
    assert name[-1] not in ". "
    assert name.isprintable()
    assert len(name.encode()) <= MAX_NAME_BYTES
    assert plain_name(name) == name


def test_numbers_go_before_the_extension() -> None:
    assert [numbered("a.b.mp4", n) for n in (0, 1, 12)] == ["a.b.mp4", "a.b-1.mp4", "a.b-12.mp4"]
    assert numbered("result", 2) == "result-2"
