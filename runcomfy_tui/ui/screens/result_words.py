"""How a result's files read: what they are, how far they have come, where they lie. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from textual.content import Content
from textual.style import Style

from runcomfy_tui.engine.changes import DownloadPhase, DownloadState
from runcomfy_tui.jobs import Output
from runcomfy_tui.text import clip, visible
from runcomfy_tui.ui import words
from runcomfy_tui.ui.links import told_link

if TYPE_CHECKING:
    from runcomfy_tui.api.glance import Glance

BAR_CELLS = 20
_LONGEST_ADDRESS = 60


def file_lines(output: Output, glance: Glance | None, state: DownloadState | None) -> Content:
    """One file: what it is and how its download stands, then its URL, whole and linked."""
    link = told_link(output.url)
    said = download_words(state) if state else ""
    # What may be long has a line of its own, so that all files begin alike.
    is_long = state is not None and state.phase in (DownloadPhase.DONE, DownloadPhase.FAILED)
    return Content.assemble(
        (" · ".join(facts(output, glance)), "bold"),
        ("" if is_long or not said else f"  {said}", "$text-primary"),
        "\n",
        Content.styled(visible(output.url), Style(link=link) if link else ""),
        (f"\n{said}" if is_long else "", "$text-primary"),
    )


def facts(output: Output, glance: Glance | None) -> Iterator[str]:
    """`video · MP4 · 1280×720 · 5.0 s · H.264 · 2.1 MB`, as far as it is known."""
    header = glance.header if glance else None
    if header is None:
        yield output.kind.value
    else:
        yield header.kind.value if header.kind.value != "file" else output.kind.value
        yield header.format
        if header.width and header.height:
            yield f"{header.width}×{header.height}"
        if header.seconds:
            yield length(header.seconds)
        if header.codec and header.codec != header.format:
            yield header.codec
    if glance is not None and glance.size is not None:
        yield words.size(glance.size)


def length(seconds: float) -> str:
    """How long a film or a sound is: `5.0 s`, `1m 12s`."""
    return f"{seconds:.1f} s" if seconds < 60 else words.duration(seconds)


def download_words(state: DownloadState) -> str:
    """How far a download is, in one line."""
    match state.phase:
        case DownloadPhase.WAITING:
            return "waits for its turn"
        case DownloadPhase.RUNNING:
            return " · ".join(_running(state))
        case DownloadPhase.DONE:
            return f"saved: {visible(state.file)}"
        case DownloadPhase.FAILED:
            return f"not saved: {visible(state.words)}"
        case DownloadPhase.STOPPED:
            return _partly(state)
        case DownloadPhase.ASKING:
            return f"waits for your yes to {visible(state.words)}: d"


def _partly(state: DownloadState) -> str:
    if not state.received:
        return "stopped; d goes on"
    of = f" of {words.size(state.total)}" if state.total else ""
    return f"partly here: {words.size(state.received)}{of}; d goes on"


def _running(state: DownloadState) -> Iterator[str]:
    if state.total:
        share = min(1.0, state.received / state.total)
        full = round(share * BAR_CELLS)
        yield f"{'█' * full}{'░' * (BAR_CELLS - full)} {share:4.0%} of {words.size(state.total)}"
    else:
        yield f"{words.size(state.received)} …"
    if state.rate > 0:
        yield f"{words.size(round(state.rate))}/s"
    if state.seconds_left is not None:
        yield f"{words.duration(state.seconds_left)} left"


def not_offered(output: Any) -> str:
    """What is said of addresses in an output that are none to fetch from; nothing without any."""
    odd = list(_odd_addresses(output))
    if not odd:
        return ""
    shown = clip(visible(odd[0]), _LONGEST_ADDRESS)
    more = f" and {len(odd) - 1} more" if len(odd) > 1 else ""
    return f"Not offered, because nothing can be fetched from such an address: {shown}{more}"


_SCHEMES = ("file:", "javascript:", "ftp:", "data:", "vbscript:", "smb:", "ssh:", "about:", "blob:")
_DEEPEST = 50


def _odd_addresses(value: Any, depth: int = 0) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(value, str):
        if value.strip().lower().startswith(_SCHEMES):
            yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _odd_addresses(inner, depth + 1)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _odd_addresses(inner, depth + 1)
