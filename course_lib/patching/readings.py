"""Read what stands at chosen points while a text runs.

Reading changes nothing, and it is only half of the work: that a value can be found somewhere does not say that anything
downstream uses it. Writing (`course_lib.patching.writing`) asks that.

The pitfall is keeping too much. A point of a long text on a large model is megabytes, and all points of all layers are
gigabytes; name the points that you mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

from course_lib.attribution.inputs import as_ids, check_length
from course_lib.models.prefix import last_logits
from course_lib.patching.points import Point, points_noted
from course_lib.patching.structure import find_structure
from course_lib.render import html_table, text_table

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from course_lib.models import LocalModel

Text = str | Sequence[int] | torch.Tensor


@dataclass(repr=False, frozen=True, eq=False)
class Readings:
    """What stood at some points while a text ran.

    Attributes:
        values: for each point `[position, width]`, in the model's number format, on its device.
        tokens: the text of each token.
        settings: the model's name and format, and the token ids.
    """

    values: dict[Point, Float[Tensor, "position width"]]
    tokens: tuple[str, ...]
    settings: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, point: Point) -> Float[Tensor, "position width"]:
        return self.values[point]

    def rows(self) -> list[dict[str, Any]]:
        """One row for each point: how large its vectors are."""
        norms = {point: value.float().norm(dim=-1) for point, value in self.values.items()}
        return [
            {"point": str(point), "width": self.values[point].shape[-1], "first": float(n[0]), "last": float(n[-1])}
            for point, n in norms.items()
        ]

    @property
    def title(self) -> str:
        """What the table says, in one line."""
        return (
            f"Values at {len(self.values)} points for {len(self.tokens)} tokens; norms at the first and last position"
        )

    def text(self) -> str:
        """The points and the norms of what stands there, as plain text."""
        return text_table(self.rows(), title=self.title)

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html_table(self.rows(), caption=self.title)


def read_points(model: LocalModel, text: Text, points: Sequence[Point]) -> Readings:
    """What stands at `points` while `text` runs.

    Args:
        model: a loaded model.
        text: a text, or its token ids.
        points: where to look.

    Raises:
        CourseError: a point that does not exist; a text that is empty or too long.

    Example:
        >>> from course_lib import load_model
        >>> read = read_points(load_model("tiny:0"), "the cat sat", [Point("heads", 1)])
        >>> read[Point("heads", 1)].shape
        torch.Size([3, 24])
    """
    ids = as_ids(model, text, "text")
    check_length(model, len(ids))
    with torch.no_grad(), points_noted(model, find_structure(model), points) as seen:
        last_logits(model, ids[None], 1)
    settings = {"model": model.name, "dtype": str(model.dtype).removeprefix("torch."), "input_ids": ids.tolist()}
    return Readings({point: seen[point][0] for point in points}, tuple(model.tokens(ids)), settings)
