"""Where a patch brings the answer back: one cell for each layer and position, or for each layer and head.

Layers run upwards, as the states do, and the text runs to the right. The scale is symmetric around zero and ends at 1 or
at the largest value beyond it: white is "as corrupted", dark orange is "as clean", purple is a patch that makes it worse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from course_lib.errors import CourseError
from course_lib.figures.picture import Picture
from course_lib.figures.style import INK, POINTS, SIGNED_MAP, label_ticks, new_figure, title_above, token_label
from course_lib.render import text_table

if TYPE_CHECKING:
    from course_lib.patching import PatchingMap

LONGEST = 60
LISTED = 12


def recovery_map(found: PatchingMap, title: str | None = None) -> Picture:
    """A heat map of a patching map.

    Args:
        found: what `patching_map` or `attribution_patching` gave.
        title: the finding; by default the column that carries the answer in the first and in the last layer.

    Raises:
        CourseError: a map of more columns than can be read.

    Example:
        >>> recovery_map(patching_map(model, clean, corrupted, (" Mary", " John")))  # doctest: +SKIP
    """
    if len(found.columns) > LONGEST:
        raise CourseError(
            f"A map of {len(found.columns)} columns cannot be read.", f"Choose at most {LONGEST} positions."
        )
    heading = title or finding(found)
    figure, axes = new_figure(height=min(2.4 + 0.13 * len(found.layers), 7.0))
    end = max(1.0, float(found.recovery.abs().max()))
    image = axes.imshow(
        found.recovery.numpy(),
        cmap=SIGNED_MAP,
        vmin=-end,
        vmax=end,
        aspect="auto",
        origin="lower",
        interpolation="none",
    )
    bar = figure.colorbar(image, ax=axes, pad=0.02)
    bar.set_label("recovery: 0 as corrupted, 1 as clean", fontsize=POINTS)
    bar.ax.tick_params(labelsize=POINTS)
    ticks = range(0, len(found.layers), max(1, len(found.layers) // 10))
    axes.set_yticks(list(ticks), labels=[str(found.layers[tick]) for tick in ticks], fontsize=POINTS)
    axes.set_ylabel("in front of layer" if found.sites == "residual" else f"{found.sites} of layer", fontsize=POINTS)
    label_ticks(axes, "x", column_labels(found), rotation=0 if found.sites == "heads" else 45)
    axes.set_xlabel("head" if found.sites == "heads" else "position: clean token (corrupted token)", fontsize=POINTS)
    for label, column in zip(axes.get_xticklabels(), found.columns, strict=True):
        if found.sites != "heads" and found.tokens[column] != found.clean_tokens[column]:
            label.set_fontweight("bold")
            label.set_color(INK)
    title_above(figure, heading)
    return Picture(figure, heading, twin(found))


def column_labels(found: PatchingMap) -> list[str]:
    """Heads by number; tokens, with the corrupted one in parentheses where the texts differ."""
    if found.sites == "heads":
        return [str(head) for head in found.columns]
    pairs = [(token_label(found.clean_tokens[p]), token_label(found.tokens[p])) for p in found.columns]
    return [clean if clean == corrupted else f"{clean} ({corrupted})" for clean, corrupted in pairs]


def finding(found: PatchingMap) -> str:
    """The default title: which column recovers most in the first layer, and which in the last."""
    if float(found.recovery.abs().max()) == 0:
        return "No patch changes the answer"
    names, ends = column_labels(found), []
    for row in (0, -1):
        best = int(found.recovery[row].argmax())
        ends.append(f"at “{names[best]}” in layer {found.layers[row]} ({float(found.recovery[row, best]):.2f})")
    kind = "head" if found.sites == "heads" else "patch"
    return f"The best single {kind}: {ends[0]}, {ends[1]}" if len(found.layers) > 1 else f"The best {kind}: {ends[0]}"


def twin(found: PatchingMap) -> str:
    """The strongest cells as a table, then every number, a line per layer."""
    names = dict(zip(found.columns, column_labels(found), strict=True))
    rows = [{"layer": layer, "where": names[column], "recovery": value} for layer, column, value in found.top(LISTED)]
    lines = [
        f"layer {layer:>2}: " + " ".join(f"{value:>6.2f}" for value in row)
        for layer, row in zip(found.layers, found.recovery.tolist(), strict=True)
    ]
    columns = "Columns: " + ", ".join(f"{place} {name}" for place, name in names.items())
    return "\n".join([text_table(rows, title=found.title), columns, *lines])
