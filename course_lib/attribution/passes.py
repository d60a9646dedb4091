"""Two ways to read all edited texts: their ends packed into lanes, or rows of neighbouring edits.

Lanes are faster wherever a model takes an attention mask of our own (`course_lib.models.tree.takes_trees`); rows need
nothing but a cache, and not even that. Both say what their passes need before they compute anything, and both yield
the logits pass by pass, so that a caller can show how far it has come.

The pitfall: the order is the reader's own. Lanes begin with the longest end and put the shortest beside it, so which
edits a pass holds has to be read from what it yields.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from course_lib.attribution.edits import edited_ends, edited_rows, plan_batches
from course_lib.models.lanes import lanes_for, read_lanes
from course_lib.models.prefix import SharedPrefix, last_logits
from course_lib.models.tree import takes_trees

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.attribution.edits import Batch
    from course_lib.models import LocalModel

    Read = tuple[list[int], Float[Tensor, "edit target vocab"]]

TOKENS_IN_LANES = {"cpu": 1024, "cuda": 8192, "mps": 2048}
TOKENS_IN_ROWS = {"cpu": 256, "cuda": 8192, "mps": 2048}


class Size(NamedTuple):
    """What a pass computes, in the words of `course_lib.attribution.memory.batch_bytes`."""

    rows: int
    length: int
    prefix: int
    targets: int


@dataclass(frozen=True, eq=False)
class Edits:
    """Which texts are to be read.

    Attributes:
        text: the prompt and, of the target, all but its last token.
        first: the first position that is edited.
        last: one more than the last position that is edited.
        targets: positions at the end whose logits are needed.
        replacement_id: the token that stands in; None deletes.
    """

    text: Int[Tensor, " position"]
    first: int
    last: int
    targets: int
    replacement_id: int | None

    @property
    def length(self) -> int:
        """Tokens of an edited text."""
        return len(self.text) - (self.replacement_id is None)


class Lanes:
    """The end of each edited text, from its edit on, side by side with others."""

    def __init__(self, model: LocalModel, edits: Edits, limit: int) -> None:
        self.model, self.targets, self.limit = model, edits.targets, limit
        self.ends = edited_ends(edits.text, edits.first, edits.last, edits.targets, edits.replacement_id)
        self.passes = lanes_for(model, self.ends, limit)

    def sizes(self) -> list[Size]:
        """What each pass computes, with the logits of its ends shared out among its lanes."""
        return [
            Size(len(part.lanes), part.width, part.kept, -(-len(part.ends) * self.targets // len(part.lanes)))
            for part in self.passes
        ]

    def read(self, prefix: SharedPrefix | None) -> Iterator[Read]:
        """Which edits, counted from the first, and their logits."""
        if prefix is None:
            raise RuntimeError(f"{self.model.name} keeps no keys and values; takes_trees was not asked.")
        for leaves in read_lanes(self.model, prefix, self.ends, self.passes, self.targets):
            yield leaves.rows, leaves.logits


class Rows:
    """Neighbouring edits in one batch, behind what they share."""

    def __init__(self, model: LocalModel, edits: Edits, limit: int, *, reuse_prefix: bool) -> None:
        self.model, self.edits, self.limit, self.reuse_prefix = model, edits, limit, reuse_prefix

    def sizes(self) -> list[Size]:
        """What each pass computes."""
        length, targets = self.edits.length, self.edits.targets
        return [
            Size(batch.stop - batch.start, length - batch.kept, batch.kept, targets)
            for batch in self._plan(self.reuse_prefix)
        ]

    def read(self, prefix: SharedPrefix | None) -> Iterator[Read]:
        """Which edits, counted from the first, and their logits."""
        edits = self.edits
        for batch in self._plan(prefix is not None):
            start, stop = batch.start - batch.kept, batch.stop - batch.kept
            rows = edited_rows(edits.text[batch.kept :], start, stop, edits.replacement_id)
            cache = prefix.lend(batch.kept, len(rows)) if prefix is not None and batch.kept else None
            which = list(range(batch.start - edits.first, batch.stop - edits.first))
            yield which, last_logits(self.model, rows, edits.targets, cache)

    def _plan(self, reuse: bool) -> Iterator[Batch]:
        edits = self.edits
        return plan_batches(edits.last, edits.length, edits.targets, self.limit, reuse=reuse, first=edits.first)


def plan_reading(model: LocalModel, edits: Edits, batch_tokens: int | None, *, reuse_prefix: bool) -> Lanes | Rows:
    """The faster of the two ways that the model takes.

    Args:
        model: a loaded model.
        edits: which texts.
        batch_tokens: most tokens in one pass; what the machine likes if None.
        reuse_prefix: whether the unchanged beginning may be computed only once.
    """
    packed = reuse_prefix and takes_trees(model, len(edits.text))
    usual = TOKENS_IN_LANES if packed else TOKENS_IN_ROWS
    limit = batch_tokens or usual.get(model.device.type, usual["cpu"])
    return Lanes(model, edits, limit) if packed else Rows(model, edits, limit, reuse_prefix=reuse_prefix)
