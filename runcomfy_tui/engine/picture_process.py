"""Draws one picture for a terminal, in a process of its own.

Textual-image draws (the extra `preview`), Pillow decodes. Here both are apart from the window: a
picture that takes long, much memory or the decoder down with it holds nobody up, and a library that
asks the terminal when it is imported, and writes to it when it draws, finds a pipe in its place.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from importlib.util import find_spec
from typing import IO, TYPE_CHECKING, Final

import orjson

from runcomfy_tui.credentials import environ_without_token
from runcomfy_tui.drawing import Drawing, Graphics, Surface, drawn

if TYPE_CHECKING:
    from PIL.Image import Image

SECONDS: Final = 20.0
MOST_PIXELS: Final = 120_000_000
_FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
_GROUND: Final = (24, 24, 24, 255)
_MOST_COLUMNS: Final = 250
"""Kitty counts columns by fewer than 300 marks."""


class NoDrawing(Exception):
    """There is no drawing of this file; the text says why."""


def can_draw() -> bool:
    """Whether what draws is installed."""
    return find_spec("PIL") is not None and find_spec("textual_image") is not None


def draw(picture: IO[bytes], surface: Surface) -> Drawing:
    """The picture in this open file, as large as the surface lets it be. Raises `NoDrawing`."""
    command = [sys.executable, "-P", "-X", "utf8", "-m", __name__, surface.graphics]
    command += [str(surface.columns), str(surface.rows)]
    environ = environ_without_token()
    environ.pop("TMUX", None)
    environ["TEXTUAL_CELL_WIDTH"] = str(surface.cell_width)
    environ["TEXTUAL_CELL_HEIGHT"] = str(surface.cell_height)
    try:
        done = subprocess.run(
            command, stdin=picture, capture_output=True, timeout=SECONDS, env=environ
        )
    except subprocess.TimeoutExpired:
        raise NoDrawing("it takes too long to be decoded") from None
    if done.returncode:
        raise NoDrawing(done.stderr.decode("utf-8", "replace").strip()[-500:] or "it ended early")
    try:
        return drawn(done.stdout)
    except (ValueError, KeyError, TypeError) as error:
        raise NoDrawing("it is described in no known way") from error


def main() -> None:
    """Read a picture, write how it is drawn."""
    graphics, columns, rows = sys.argv[1:]
    surface = Surface(
        *(int(columns), int(rows), Graphics(graphics)),
        *(int(os.environ[f"TEXTUAL_CELL_{side}"]) for side in ("WIDTH", "HEIGHT")),
    )
    try:
        _write(_opened(sys.stdin.buffer, surface), surface)
    except Exception as error:
        # Decoders meet files that nobody has thought of, and raise whatever they like.
        sys.exit(str(error) or repr(error))


def _opened(file: IO[bytes], surface: Surface) -> Image:
    from PIL import Image, ImageOps

    width, height = surface.columns * surface.cell_width, surface.rows * surface.cell_height
    with Image.open(file if file.seekable() else io.BytesIO(file.read()), formats=_FORMATS) as it:
        if it.width * it.height > MOST_PIXELS:
            raise NoDrawing(f"{it.width}×{it.height} pixels are too many")
        it.draft("RGB", (2 * width, 2 * height))
        picture = ImageOps.exif_transpose(it)
        picture.thumbnail((width, height))
        if picture.mode == "RGB":
            return picture
        ground = Image.new("RGBA", picture.size, _GROUND)
        ground.alpha_composite(picture.convert("RGBA"))
        return ground.convert("RGB")


def _write(picture: Image, surface: Surface) -> None:
    from rich.console import Console
    from textual_image.renderable import HalfcellImage, SixelImage, TGPImage

    kinds = {
        Graphics.HALF_BLOCKS: HalfcellImage,
        Graphics.SIXEL: SixelImage,
        Graphics.KITTY: TGPImage,
    }
    columns, rows = _cells(picture, surface)
    console = Console(file=io.StringIO(), width=columns, height=rows)
    # Kitty's drawing is written to the standard output while the cells are made.
    cells: list[list[tuple[str, str | None, str | None]]] = [[]]
    over = ""
    for text, style, control in console.render(kinds[surface.graphics](picture, columns, rows)):
        if control:
            over += text if text.startswith("\x1bP") else ""
            continue
        colours = [
            colour and colour.get_truecolor().hex
            for colour in ((style.color, style.bgcolor) if style else (None, None))
        ]
        if text.rstrip("\n"):
            cells[-1].append((text.rstrip("\n"), colours[0], colours[1]))
        if text.endswith("\n"):
            cells.append([])
    told = {"columns": columns, "rows": [row for row in cells if row], "over": over}
    sys.stdout.write(f"\n{orjson.dumps(told).decode()}")


def _cells(picture: Image, surface: Surface) -> tuple[int, int]:
    """As many cells as the picture fills without being stretched."""
    columns, rows = min(surface.columns, _MOST_COLUMNS), min(surface.rows, _MOST_COLUMNS)
    scale = min(
        columns * surface.cell_width / picture.width, rows * surface.cell_height / picture.height
    )
    return (
        min(columns, max(1, round(picture.width * scale / surface.cell_width))),
        min(rows, max(1, round(picture.height * scale / surface.cell_height))),
    )


if __name__ == "__main__":
    main()
