"""A direction in the residual stream, found from examples, and its control.

If a model writes a property of its text along one direction, the states of texts with and without the property differ by
it on average:

    v = mean(states with) − mean(states without)

Whether the model *uses* the direction is another question: take it out or put it in (`course_lib.patching.steering`), and
do the same with a random direction of the same length.

Pitfalls. A difference of means holds everything in which the two groups of texts differ, their length and tone included:
match them. The direction of one layer may mean something else in another. And a random direction in many dimensions is
nearly orthogonal to everything: it is a control for *size*, not for choosing among meaningful directions.

Source: Arditi et al. (2024), *Refusal in Language Models Is Mediated by a Single Direction*, section 2; Marks and Tegmark
(2023), *The Geometry of Truth*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import torch

from course_lib.errors import CourseError
from course_lib.patching.structure import check_number
from course_lib.render import html_table, text_table

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from course_lib.models import LocalModel
    from course_lib.probing.states import Position


@dataclass(repr=False, frozen=True, eq=False)
class Direction:
    """A vector in the residual stream, and where it comes from.

    Attributes:
        vector: float32, on the CPU.
        layer: the block that it was read in front of.
        method: how it was made.
        settings: what it was made from.
    """

    vector: Float[Tensor, " d_model"]
    layer: int
    method: str
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def norm(self) -> float:
        """Its length."""
        return float(self.vector.norm())

    def cosine(self, other: Direction) -> float:
        """The cosine of the angle between two directions."""
        return float(torch.nn.functional.cosine_similarity(self.vector, other.vector, dim=0))

    def rows(self) -> list[dict[str, Any]]:
        """One row."""
        facts = {k: v for k, v in self.settings.items() if isinstance(v, int | float | str)}
        return [{"direction": self.method, "before layer": self.layer, "norm": self.norm, **facts}]

    def text(self) -> str:
        """One line of numbers."""
        return text_table(self.rows())

    def to_dict(self) -> dict[str, Any]:
        """The whole result as numbers, strings and lists, ready for JSON."""
        return {
            "vector": self.vector.tolist(),
            "layer": self.layer,
            "method": self.method,
            "settings": dict(self.settings),
        }

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html_table(self.rows())


def difference_of_means(
    model: LocalModel,
    texts_with: Sequence[str],
    texts_without: Sequence[str],
    layer: int,
    *,
    position: Position = "last",
) -> Direction:
    """The mean state of some texts minus that of others, in front of one block.

    Args:
        model: a loaded model.
        texts_with: texts that have the property, as the model is to read them (chat models: put through `model.chat`).
        texts_without: texts that do not have it, alike in everything else.
        layer: from 0 (the embedding) to `n_layers - 1`; row `layer` of `hidden_states`.
        position: "last" reads the last token of each text, "mean" averages over its tokens.

    Returns:
        A `Direction` that points from without to with.

    Raises:
        CourseError: no texts, an empty one, a layer that does not exist, or two groups with the same mean.

    Example:
        >>> from course_lib import load_model
        >>> difference_of_means(load_model("tiny:0"), ["a good book"], ["a bad book"], layer=1).vector.shape
        torch.Size([24])
    """
    from course_lib.probing.states import hidden_states

    check_number("layer", layer, model.n_layers)
    means = [hidden_states(model, texts, position)[layer].mean(dim=0) for texts in (texts_with, texts_without)]
    vector = means[0] - means[1]
    if float(vector.norm()) <= 1e-6 * float(means[0].norm()):
        raise CourseError(
            f"In front of layer {layer} the two groups of texts have the same mean.",
            "Choose a later layer, or texts that end differently.",
        )
    settings = {"with": len(texts_with), "without": len(texts_without), "position": position, "model": model.name}
    return Direction(vector, layer, "difference of means", settings)


def random_direction(like: Direction, seed: int) -> Direction:
    """A direction drawn evenly from all directions, as long as `like`: the control for its size.

    Example:
        >>> drawn = random_direction(Direction(torch.tensor([3.0, 4.0]), 1, "by hand"), seed=0)
        >>> round(drawn.norm, 4)
        5.0
    """
    drawn = torch.randn(len(like.vector), generator=torch.Generator().manual_seed(seed))
    vector = drawn / drawn.norm() * like.norm
    return replace(like, vector=vector, method="random direction", settings={**like.settings, "seed": seed})
