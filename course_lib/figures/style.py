"""How every figure of the course looks: size, colours, and tokens that can be read in a label.

* **Colours** are those of Okabe and Ito (2008), which stay apart under the common forms of colour blindness. Signed
  maps run from purple to orange (PuOr of ColorBrewer); amounts run from pale to dark in one hue, so that they survive
  a grey print.
* **Width** is 7 inches at 100 pixels each: 700 pixels, the text column of a notebook. Nothing has to be scaled down, so
  a label of 9 points is a label of 9 points. The image itself has twice the pixels.
* **Tokens** carry spaces, line breaks, and characters that the figure's font may not hold. A space is drawn as `·`, a
  line break as `↵`, and a character without a glyph by its code (`U+4E2D`), so that no label is an empty box. A dollar
  sign is a dollar sign: matplotlib would otherwise read what stands between two of them as mathematics.

The pitfall that the object interface avoids: `pyplot` keeps every figure alive in a global list and draws it a second
time at the end of a notebook cell.
"""

from __future__ import annotations

import textwrap
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from course_lib.render import VISIBLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, PURPLE, GREY, INK = "#56B4E9", "#CC79A7", "#767676", "#222222"
SIGNED_MAP, AMOUNT_MAP = "PuOr_r", "Blues"
POINTS = 9
WIDTH = 7.0  # inches
LONGEST_LABEL = 16  # characters of a token in a label
TITLE_LINE = 70  # characters in a line of a title


def new_figure(height: float) -> tuple[Figure, Axes]:
    """An empty white figure of the course's width with one pair of axes.

    Args:
        height: in inches.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained", facecolor="white")
    axes = figure.subplots()
    axes.tick_params(labelsize=POINTS, colors=INK)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def title_above(figure: Figure, title: str) -> None:
    """The finding, above everything, at the left; broken into lines where it is long."""
    heading = figure.suptitle(
        textwrap.fill(printable(title), TITLE_LINE),
        x=0.01,
        ha="left",
        fontsize=POINTS + 2,
        fontweight="bold",
        color=INK,
    )
    heading.set_parse_math(False)


def token_label(token: str) -> str:
    """A token as a label: visible spaces and line breaks, at most 16 characters, nothing that cannot be drawn.

    Example:
        >>> token_label(" Paris"), token_label("\\n\\n"), token_label(""), token_label("中")
        ('·Paris', '↵↵', '∅', 'U+4E2D')
    """
    visible = token.translate(VISIBLE).replace(" ", "·") or "∅"
    if len(visible) > LONGEST_LABEL:
        visible = visible[: LONGEST_LABEL - 1] + "…"
    return printable(visible)


def printable(text: str) -> str:
    """`text` with every character that the figure's font lacks written as its code, such as `U+4E2D`.

    Example:
        >>> printable("a ↵ 漢")
        'a ↵ U+6F22'
    """
    known = known_characters()
    runs = groupby(text, key=lambda letter: ord(letter) in known)
    return "".join("".join(run) if drawn else " ".join(f"U+{ord(c):04X}" for c in run) for drawn, run in runs)


def signed(value: float, digits: int = 2, plus: bool = False) -> str:
    """A number for a label, with a real minus sign, and a plus sign where asked for.

    Example:
        >>> signed(-0.5), signed(0.5, plus=True), signed(-0.001)
        ('−0.50', '+0.50', '0.00')
    """
    rounded = round(value, digits) + 0.0
    return f"{rounded:{'+' if plus else ''}.{digits}f}".replace("-", "−")


@lru_cache
def known_characters() -> frozenset[int]:
    """The code points that matplotlib's own font can draw."""
    from matplotlib.font_manager import findfont, get_font

    return frozenset(get_font(findfont("DejaVu Sans")).get_charmap())


def label_ticks(axes: Axes, which: str, labels: list[str], *, rotation: float = 0) -> None:
    """One tick per label along `which` axis ("x" or "y"), the text taken literally."""
    axis = getattr(axes, f"{which}axis")
    extra: dict[str, Any] = {"ha": "right", "rotation_mode": "anchor"} if 0 < rotation < 90 else {}
    axis.set_ticks(range(len(labels)), labels=labels, rotation=rotation, fontsize=POINTS, **extra)
    for text in axis.get_ticklabels():
        text.set_parse_math(False)
