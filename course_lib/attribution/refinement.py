"""More steps where they are needed: the path is cut in two wherever its scores do not add up.

On a language model the score jumps along the path: a few short stretches, often close to the baseline, hold nearly all of
the error, and the rest is smooth. More steps everywhere do little for a jump. But each part of the path can be checked by
itself (`course_lib.attribution.path`), so the parts with the largest errors are halved, again and again, until what the
errors of all parts come to, sizes added, is small.

Added sizes are the stricter test: errors of two parts that cancel each other would make a sum that is right by luck.

Source: adaptive quadrature, as in any book on numerical analysis; here the error of a part is known and not estimated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from course_lib.attribution.path import Part, Path, Progress

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

STEPS_PER_PART = 8


@dataclass(frozen=True, eq=False)
class _Measured:
    """The scores of one part, and what they miss, both for each target."""

    part: Part
    scores: Float[Tensor, "target position"]
    error: Float[Tensor, " target"]


def refine(
    path: Path, steps: int, budget: int, allowed: Float[Tensor, " target"], progress: Progress | None = None
) -> tuple[Float[Tensor, "target position"] | None, int]:
    """Scores of the whole path from parts that are halved until they add up.

    Args:
        path: the path.
        steps: of the attempt before; it sets how fine the first parts are.
        budget: most gradients in all.
        allowed: the largest error of each target.
        progress: called with (gradients of this round done, gradients of this round).

    Returns:
        The scores, in float64, None where the budget does not suffice for a first round; and the gradients spent.
    """
    each = min(STEPS_PER_PART, steps)
    count = max(2, steps // each)
    fresh = [(index / count, (index + 1) / count) for index in range(count)]
    parts: list[_Measured] = []
    values: dict[float, Tensor] = {}
    spent = 0
    while fresh and spent + each * len(fresh) <= budget:
        ends = sorted({end for part in fresh for end in part} - set(values))
        values.update(zip(ends, path.values(ends), strict=True))
        scores = path.part_scores(fresh, each, progress)
        spent += each * len(fresh)
        errors = [row.sum(dim=1) - (values[b] - values[a]) for row, (a, b) in zip(scores, fresh, strict=True)]
        parts += [_Measured(*found) for found in zip(fresh, scores, errors, strict=True)]
        parts, fresh = _halved(parts, allowed, (budget - spent) // (2 * each))
    scores_found = [measured.scores for measured in parts] or None
    return (None if scores_found is None else torch.stack(scores_found).sum(dim=0)), spent


def _halved(parts: list[_Measured], allowed: Float[Tensor, " target"], room: int) -> tuple[list[_Measured], list[Part]]:
    """The parts that are good enough, and the halves of the others, at most `room` of them, worst first.

    When nothing can be halved any more, all parts are kept as they are.
    """
    sizes = [float((measured.error.abs() / allowed).max()) for measured in parts]
    left, worst = sum(sizes), sorted(range(len(parts)), key=lambda index: -sizes[index])
    chosen: list[int] = []
    aim = 0.5 if left > 1 else left  # what halving leaves of an error is not nothing
    for index in worst[:room]:
        if left <= aim:
            break
        chosen.append(index)
        left -= sizes[index]
    halves = [half for index in chosen for a, b in [parts[index].part] for half in ((a, (a + b) / 2), ((a + b) / 2, b))]
    return [measured for index, measured in enumerate(parts) if index not in set(chosen)], halves
