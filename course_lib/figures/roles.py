"""Which head has which job: a map of layers and heads, coloured by role.

A head gets the role on which it spends most of its attention, and only when that is at least a threshold; a deeper colour
is a higher score. Colour alone would leave some readers out, so each coloured cell also carries the role's letter. White
cells are heads with a job that is not on the list, or with several.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from course_lib.errors import CourseError
from course_lib.figures.picture import Picture
from course_lib.figures.style import BLUE, GREEN, GREY, INK, POINTS, VERMILION, new_figure, title_above
from course_lib.render import text_table

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.attention import HeadRoles

COLOURS = {"previous": BLUE, "duplicate": GREEN, "induction": VERMILION, "sink": GREY}
NAMES = {"previous": "previous token", "duplicate": "duplicate token", "induction": "induction", "sink": "sink"}
NO_ROLE = -1


def assigned_roles(
    roles: HeadRoles, threshold: float = 0.4
) -> tuple[Int[Tensor, "layer head"], Float[Tensor, "layer head"]]:
    """The role of each head, as its place in `roles.draws` (-1 for none), and the score of its strongest role.

    Args:
        roles: from `head_roles`.
        threshold: the least share of its attention that a head spends on its role.

    Raises:
        CourseError: when the threshold is no share.
    """
    if not 0 < threshold <= 1:
        raise CourseError(f"{threshold} is no share of attention.", "Choose a threshold above 0, up to 1.")
    scores, places = torch.stack([roles.score(role) for role in roles.draws]).max(dim=0)
    return places.masked_fill(scores < threshold, NO_ROLE), scores


def role_map(roles: HeadRoles, title: str | None = None, *, threshold: float = 0.4) -> Picture:
    """A map of head roles over all layers.

    Args:
        roles: from `head_roles`.
        title: the finding; by default how many heads have which role.
        threshold: see `assigned_roles`.

    Raises:
        CourseError: as `assigned_roles`.

    Example:
        >>> from course_lib import load_model
        >>> from course_lib.attention import head_roles
        >>> role_map(head_roles(load_model("tiny:0"), n=8)).title.startswith("Of 6 heads")
        True
    """
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Patch

    places, scores = assigned_roles(roles, threshold)
    n_layers, n_heads = places.shape
    names = list(roles.draws)
    counts = {role: int((places == place).sum()) for place, role in enumerate(names)}
    heading = title or finding(counts, places.numel(), threshold)
    figure, axes = new_figure(height=min(1.9 + 0.26 * n_heads, 7.0))
    image = torch.ones(n_heads, n_layers, 3)
    for layer, head in (places != NO_ROLE).nonzero().tolist():
        role, score = names[places[layer, head]], float(scores[layer, head])
        depth = 0.35 + 0.65 * (score - threshold) / max(1 - threshold, 1e-9)
        image[head, layer] = 1 - depth * (1 - torch.tensor(to_rgb(COLOURS[role])))
        axes.text(
            layer, head, role[0].upper(), ha="center", va="center", fontsize=POINTS - 2,
            color="white" if depth > 0.75 else INK,
        )  # fmt: skip
    axes.imshow(image.numpy(), aspect="auto", origin="upper")
    axes.set_xticks(range(0, n_layers, 2 if n_layers > 15 else 1))
    axes.set_yticks(range(n_heads))
    axes.set_xticks([edge - 0.5 for edge in range(n_layers + 1)], minor=True)
    axes.set_yticks([edge - 0.5 for edge in range(n_heads + 1)], minor=True)
    axes.grid(which="minor", color="#DDDDDD", linewidth=0.5)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("layer", fontsize=POINTS)
    axes.set_ylabel("head", fontsize=POINTS)
    patches = [Patch(color=COLOURS[role], label=f"{role[0].upper()}  {NAMES[role]} ({counts[role]})") for role in names]
    figure.legend(handles=patches, loc="outside lower center", ncols=len(names), fontsize=POINTS, frameon=False)
    title_above(figure, heading)
    return Picture(figure, heading, twin(roles, places, threshold))


def finding(counts: dict[str, int], n: int, threshold: float) -> str:
    """The default title: how many heads spend at least the threshold on which role."""
    listed = ", ".join(f"{count} on {NAMES[role]}" for role, count in counts.items())
    return f"Of {n} heads, so many spend at least {threshold:g} of their attention: {listed}"


def twin(roles: HeadRoles, places: Int[Tensor, "layer head"], threshold: float) -> str:
    """The best heads of each role, and the map in letters, a line per layer."""
    names = list(roles.draws)
    rows = [
        {"role": role, "head": f"L{i}H{j}", "score": mean, "smallest": low, "largest": high, "even": roles.even[role]}
        for role in names
        for i, j, mean, low, high in roles.top(role, 3)
    ]
    letters = [role[0].upper() for role in names] + ["."]
    lines = [
        f"layer {layer:>2}: " + " ".join(letters[place] for place in row) for layer, row in enumerate(places.tolist())
    ]
    table = text_table(rows, title=f"{roles.title}; the three best heads of each role")
    return "\n".join([table, f"Role of each head, one column per head ('.': no role reaches {threshold:g}):", *lines])
