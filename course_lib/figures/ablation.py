"""What happens without a head: one cell per layer and head, signed.

The scale is symmetric around zero, so that white means "no effect" and the two directions can be compared by eye.
Orange: the target loses without the head. Purple: it gains. The five strongest cells are outlined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from course_lib.errors import CourseError
from course_lib.figures.picture import Picture
from course_lib.figures.style import INK, POINTS, SIGNED_MAP, new_figure, title_above
from course_lib.render import text_table

if TYPE_CHECKING:
    from jaxtyping import Float
    from matplotlib.axes import Axes
    from torch import Tensor


MARKED = 5


def ablation_map(
    effects: Float[Tensor, "layer head"], title: str | None = None, *, unit: str = "nats", first_layer: int = 0
) -> Picture:
    """A heat map of ablation effects, the strongest of them marked.

    Args:
        effects: positive where the target loses without the head.
        title: the finding; by default the head with the largest effect.
        unit: of the effects.
        first_layer: the number of the first row, where only some layers were measured.

    Raises:
        CourseError: when the effects are not `[layer, head]`.

    Example:
        >>> ablation_map(torch.stack([head_ablation_effect(model, ids, paris, i) for i in range(30)]))  # doctest: +SKIP
    """
    if effects.ndim != 2:
        raise CourseError(f"Effects of shape {list(effects.shape)} are no map.", "Give [layer, head].")
    strongest = top_cells(effects, MARKED)
    heading = title or finding(effects, strongest, unit, first_layer)
    n_layers, n_heads = effects.shape
    figure, axes = new_figure(height=min(2.2 + 0.3 * n_heads, 7.0))
    end = max(float(effects.abs().max()), 1e-9)
    image = axes.imshow(effects.T.float().numpy(), cmap=SIGNED_MAP, vmin=-end, vmax=end, aspect="auto", origin="upper")
    bar = figure.colorbar(image, ax=axes, pad=0.02)
    bar.set_label(f"loss of the target without the head ({unit})", fontsize=POINTS)
    bar.ax.tick_params(labelsize=POINTS)
    for row, column in strongest:
        mark(axes, row, column)
    axes.set_xticks(range(0, n_layers, max(1, n_layers // 15)))
    axes.set_xticklabels([str(first_layer + tick) for tick in axes.get_xticks()], fontsize=POINTS)
    axes.set_yticks(range(n_heads))
    axes.set_xlabel("layer", fontsize=POINTS)
    axes.set_ylabel("head", fontsize=POINTS)
    title_above(figure, heading)
    return Picture(figure, heading, twin(effects, strongest, unit, first_layer))


def top_cells(effects: Float[Tensor, "layer head"], k: int) -> list[tuple[int, int]]:
    """(layer, head) of the `k` largest effects by magnitude, strongest first, without those that are zero.

    Example:
        >>> import torch
        >>> top_cells(torch.tensor([[0.0, -3.0], [1.0, 0.0]]), k=4)
        [(0, 1), (1, 0)]
    """
    n_heads = effects.shape[1]
    order = effects.flatten().abs().argsort(descending=True, stable=True)[:k].tolist()
    cells = [(index // n_heads, index % n_heads) for index in order]
    return [cell for cell in cells if float(effects[cell]) != 0]


def finding(effects: Float[Tensor, "layer head"], strongest: list[tuple[int, int]], unit: str, first_layer: int) -> str:
    """The default title: the head that matters most, and which way."""
    if not strongest:
        return "No head has any effect"
    layer, head = strongest[0]
    value = float(effects[layer, head])
    verb = "loses" if value > 0 else "gains"
    return (
        f"Head {head} of layer {layer + first_layer} matters most: without it the target {verb} {abs(value):.2f} {unit}"
    )


def mark(axes: Axes, layer: int, head: int) -> None:
    """A dark outline around one cell."""
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((layer - 0.5, head - 0.5), 1, 1, fill=False, edgecolor=INK, linewidth=1.3, clip_on=False))


def twin(effects: Float[Tensor, "layer head"], strongest: list[tuple[int, int]], unit: str, first_layer: int) -> str:
    """The marked cells as a table, then every number, a line per layer."""
    rows = [{"layer": i + first_layer, "head": j, "effect": float(effects[i, j])} for i, j in strongest]
    table = text_table(rows, title=f"The largest effects, in {unit}; positive: the target loses without the head")
    lines = [
        f"layer {i + first_layer:>2}: " + " ".join(f"{value:>7.3f}" for value in row)
        for i, row in enumerate(effects.tolist())
    ]
    return "\n".join([table, "All of them, one column per head:", *lines])
