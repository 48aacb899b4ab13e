"""A small picture as plain pixels, between who decodes it and who draws it. No I/O."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pixels:
    """A picture of `width` × `height` pixels; `rgb` holds three bytes each, row by row."""

    width: int
    height: int
    rgb: bytes

    def row(self, y: int) -> bytes:
        """The bytes of one row; black below the picture."""
        size = 3 * self.width
        return self.rgb[y * size : (y + 1) * size] or bytes(size)
