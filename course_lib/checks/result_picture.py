"""Expected beside yours, as a picture: many mistakes have a shape that numbers in a row hide.

A result that is transposed, shifted by one, averaged over the wrong axis or upside down looks so at the first glance. So when
numbers of the right shape are wrong, the report draws both sides on one scale: up to `MOST` numbers in a row as bars, a
matrix as a map of cells; of an array with more dimensions the slice with the largest difference. Negative is blue, positive
orange, stronger is darker (apart for all common forms of colour blindness). The text beside it says where the largest
difference is; a screen reader reads the same.

It is plain SVG in the page: no image file, no script, and it follows the page's own colours in light and dark.
"""

from __future__ import annotations

from html import escape
from typing import Any

from course_lib.render import NEGATIVE, POSITIVE

MOST = 48  # bars in a row, and rows or columns of a map; beyond that a picture of this size shows nothing
_SIDE = 220  # width of one picture in pixels
_BAR = 14


def picture_of(expected: Any, actual: Any) -> str:
    """Both sides as HTML; "" where there is nothing that a picture would show.

    Args:
        expected: a tensor, array or list of numbers, or a list of pairs of a label and a number.
        actual: the answer, of the same shape.
    """
    left, right = _numbers(expected), _numbers(actual)
    if left is None or right is None or left.shape != right.shape or left.ndim < 1 or left.size < 2:
        return ""
    if max(left.shape[-2:]) > MOST:
        return ""
    import numpy as np

    scale = float(max(np.abs(left).max(), np.abs(right).max())) or 1.0
    place = tuple(int(i) for i in np.unravel_index(np.abs(left - right).argmax(), left.shape))
    where = ", ".join(map(str, place))
    slice_ = place[: left.ndim - 2]
    shown = f" Shown is the slice [{', '.join(map(str, slice_))}]." if slice_ else ""
    said = f"The largest difference is at index [{where}]: expected {left[place]:.4g}, yours {right[place]:.4g}.{shown}"
    left, right = left[slice_], right[slice_]
    draw = _bars if left.ndim == 1 else _map
    sides = "".join(
        f'<figure style="margin:0"><figcaption>{name}</figcaption>{draw(values, scale, name)}</figure>'
        for name, values in (("expected", left), ("yours", right))
    )
    return f'<div style="display:flex;gap:2em;flex-wrap:wrap">{sides}</div><p>{escape(said)}</p>'


def _numbers(value: Any) -> Any:
    """The value as an array of finite numbers; None when it is something else."""
    import numpy as np

    if hasattr(value, "detach"):
        value = value.detach().cpu().float().numpy()
    if isinstance(value, list | tuple) and value and all(_is_pair(entry) for entry in value):
        value = [entry[1] for entry in value]
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            return None
        array = array.astype(float)
    except (ValueError, TypeError):
        return None
    return array if array.size and np.isfinite(array).all() else None


def _is_pair(entry: Any) -> bool:
    return isinstance(entry, list | tuple) and len(entry) == 2 and isinstance(entry[0], str)


def _colour(value: float, scale: float) -> str:
    red, green, blue = POSITIVE if value >= 0 else NEGATIVE
    return f"rgba({red},{green},{blue},{abs(value) / scale:.2f})"


def _svg(width: float, height: float, name: str, body: str) -> str:
    label = f"{name}, on the scale of both pictures"
    start = f'<svg role="img" aria-label="{label}" width="{width:.0f}" height="{height:.0f}"'
    return f'{start} style="border:1px solid currentColor">{body}</svg>'


def _bars(values: Any, scale: float, name: str) -> str:
    middle = _SIDE / 2
    step = max(4.0, min(_BAR, 2 * _SIDE / len(values)))
    parts = [f'<line x1="{middle}" x2="{middle}" y1="0" y2="{step * len(values):.1f}" stroke="currentColor"/>']
    for row, value in enumerate(values):
        length = abs(value) / scale * middle
        start = middle if value >= 0 else middle - length
        box = f'x="{start:.1f}" y="{row * step + 1:.1f}" width="{length:.1f}" height="{step - 2:.1f}"'
        parts.append(
            f'<rect {box} fill="{_colour(1.0 if value >= 0 else -1.0, 1.0)}"><title>[{row}] {value:.4g}</title></rect>'
        )
    return _svg(_SIDE, step * len(values), name, "".join(parts))


def _map(values: Any, scale: float, name: str) -> str:
    rows, columns = values.shape
    step = max(4.0, min(24.0, _SIDE / max(rows, columns)))
    parts = [
        f'<rect x="{column * step:.1f}" y="{row * step:.1f}" width="{step:.1f}" height="{step:.1f}" '
        f'fill="{_colour(value, scale)}"><title>[{row}, {column}] {value:.4g}</title></rect>'
        for row, line in enumerate(values)
        for column, value in enumerate(line)
    ]
    return _svg(columns * step, rows * step, name, "".join(parts))
