"""What the codes inside containers stand for: how pictures and sound are packed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_SAMPLE_ENTRIES: Final[Mapping[bytes, str]] = {
    b"avc1": "H.264",
    b"avc3": "H.264",
    b"hvc1": "H.265",
    b"hev1": "H.265",
    b"av01": "AV1",
    b"vp08": "VP8",
    b"vp09": "VP9",
    b"mp4v": "MPEG-4",
    b"jpeg": "JPEG",
    b"mjpa": "JPEG",
    b"png ": "PNG",
    b"apcn": "ProRes",
    b"apch": "ProRes",
    b"apcs": "ProRes",
    b"apco": "ProRes",
    b"ap4h": "ProRes",
    b"ap4x": "ProRes",
    b"mp4a": "AAC",
    b"alac": "ALAC",
    b"Opus": "Opus",
    b"fLaC": "FLAC",
    b"ac-3": "AC-3",
    b"ec-3": "E-AC-3",
    b".mp3": "MP3",
    b"twos": "PCM",
    b"sowt": "PCM",
    b"lpcm": "PCM",
}

_MATROSKA: Final[Mapping[bytes, str]] = {
    b"V_MPEG4/ISO/AVC": "H.264",
    b"V_MPEGH/ISO/HEVC": "H.265",
    b"V_AV1": "AV1",
    b"V_VP8": "VP8",
    b"V_VP9": "VP9",
    b"A_OPUS": "Opus",
    b"A_VORBIS": "Vorbis",
    b"A_AAC": "AAC",
    b"A_FLAC": "FLAC",
    b"A_MPEG/L3": "MP3",
}


def codec_of_sample_entry(code: bytes) -> str:
    """The codec of an ISO sample entry, as people call it; its code where it is not known here."""
    known = _SAMPLE_ENTRIES.get(code)
    if known is not None:
        return known
    text = code.decode("ascii", "replace").strip()
    return text if text.isascii() and text.isalnum() else ""


def codec_of_matroska(code: bytes) -> str:
    """The codec of a Matroska track; its code where it is not known here."""
    code = code.rstrip(b"\0")
    known = _MATROSKA.get(code)
    if known is not None:
        return known
    text = code[:32].decode("ascii", "replace").partition("_")[2]
    return text if text.isascii() and text.replace("/", "").isalnum() else ""
