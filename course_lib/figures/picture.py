"""A figure that can also be read: the image, its title, and the same numbers as text.

A picture without words is closed to whoever cannot see it, to search, and to a test. So each one carries its *text
twin*: the numbers that it draws, in a table. In a notebook the twin folds out below the image; a terminal shows
nothing but the twin; a screen reader gets the title with the image and can open the rest.

The image has twice the pixels that it takes on the page, so that it is sharp on a fine screen. A large one is stored
with a limited palette, so that a notebook with ten of them still loads quickly.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Collection
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SCREEN_DPI, SHARP_DPI = 100, 200
LARGEST, COLOURS = 100_000, 255  # an image of more bytes is stored with a limited palette


@dataclass(frozen=True, eq=False)
class Picture:
    """A drawing with its title and its text twin.

    Attributes:
        figure: the matplotlib figure, not registered with pyplot.
        title: the finding, in a sentence; also the alternative text of the image.
        text: what the drawing shows, as plain text with the numbers.

    Example:
        >>> from course_lib.figures.style import new_figure
        >>> print(Picture(new_figure(2)[0], "Nothing yet", "no numbers"))
        Nothing yet
        no numbers
    """

    figure: Figure
    title: str
    text: str

    def png(self) -> bytes:
        """The image as PNG, twice as many pixels as it takes on the page."""
        from PIL import Image

        full, small = io.BytesIO(), io.BytesIO()
        self.figure.savefig(full, format="png", dpi=SHARP_DPI, pil_kwargs={"optimize": True})
        if full.tell() <= LARGEST:
            return full.getvalue()
        Image.open(full).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(small, "png", optimize=True)
        return small.getvalue()

    def html(self) -> str:
        """The image with its alternative text, a caption, and the text twin to fold out; no script, all escaped."""
        return self._html_of(self.png())

    def _html_of(self, png: bytes) -> str:
        width, title = round(self.figure.get_figwidth() * SCREEN_DPI), escape(self.title)
        data = base64.b64encode(png).decode()
        return (
            f'<figure style="margin:.5em 0">'
            f'<img alt="{title}" width="{width}" style="max-width:100%;height:auto" src="data:image/png;base64,{data}">'
            f'<figcaption style="font-size:90%">{title}</figcaption>'
            f'<details><summary>As text</summary><pre style="overflow-x:auto">{escape(self.text)}</pre></details>'
            f"</figure>"
        )

    def save(self, path: str | Path) -> Path:
        """Write the image to `path` as PNG and return the path."""
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(self.png())
        return target

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        """What notebooks show, richest first; a front end picks the one that it can draw."""
        png = self.png()
        bundle = {
            "text/html": self._html_of(png),
            "image/png": base64.b64encode(png).decode(),
            "text/plain": str(self),
        }
        return {
            kind: value for kind, value in bundle.items() if kind in (include or bundle) and kind not in (exclude or ())
        }

    def __str__(self) -> str:
        return f"{self.title}\n{self.text}"
