"""The same prompt with some of its units present and the others gone: the game that Shapley values are played on.

Shapley values, curves of faithfulness and leaving out whole words all ask one question many times: what is the score
when exactly *these* units are there? A `Game` answers it for any number of such *coalitions* at once. "Gone" is deleted,
or replaced by one other token; the two are different games.

Two savings change no number: a coalition that is asked for twice is computed once, and so is every beginning that
several coalitions share (`course_lib.models.tree`). For models that cannot read trees, what stands before the first
unit that can go (in a chat, the system prompt) is computed once for all (`course_lib.models.prefix`), and batches hold
coalitions of equal length, so that nothing is padded.

The pitfall of deletion is the empty text: when everything may be deleted, there is nothing left to predict from. One
token therefore has to be held.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from course_lib.attribution.inputs import as_ids
from course_lib.attribution.memory import batch_bytes, check_memory, tree_bytes
from course_lib.attribution.targets import Question
from course_lib.attribution.units import Span, special_tokens, unit_spans, unit_texts
from course_lib.errors import CourseError
from course_lib.models.prefix import SharedPrefix, last_logits, shared_prefix
from course_lib.models.tree import takes_trees, tree_logits

if TYPE_CHECKING:
    from jaxtyping import Bool, Float
    from torch import Tensor

    from course_lib.models import LocalModel

Progress = Callable[[int, int], None]
TOKENS_PER_BATCH = {"cpu": 384, "cuda": 8192, "mps": 2048}


@dataclass(frozen=True, eq=False)
class Game:
    """Units of a prompt that can be present or gone; made by `new_game`.

    Attributes:
        model: the model that plays.
        question: what is scored.
        spans: all units of the prompt, in order.
        players: which of them can go; the others always stay.
        replacement_id: the token that stands in for each token that is gone; None deletes them.
        batch_tokens: most tokens in one forward pass.
        prefix: keys and values of the prompt, for models that allow their reuse and do not read trees.
    """

    model: LocalModel
    question: Question
    spans: tuple[Span, ...]
    players: tuple[int, ...]
    replacement_id: int | None
    batch_tokens: int
    prefix: SharedPrefix | None

    @property
    def texts(self) -> tuple[str, ...]:
        """The text of each unit."""
        return unit_texts(self.model.tokens(self.question.prompt_ids), self.spans)

    def values(
        self, coalitions: Bool[Tensor, "coalition player"], progress: Progress | None = None
    ) -> Float[Tensor, "coalition target"]:
        """The score of each target for each coalition, in float64 on the CPU.

        Args:
            coalitions: True where a player is present.
            progress: called with (different coalitions done, different coalitions in all).
        """
        different, places = torch.unique(coalitions, dim=0, return_inverse=True)
        rows = [self._edited(coalition) for coalition in different]
        if takes_trees(self.model, max(map(len, rows))):
            return self._of_tree(rows, progress)[places]
        shortest = min(map(len, rows))
        kept = min(self.spans[self.players[0]][0], shortest - self.question.count) if self.prefix is not None else 0
        out, done = torch.zeros(len(rows), self.question.count, dtype=torch.float64), 0
        for length in sorted({len(row) for row in rows}):
            same = [index for index, row in enumerate(rows) if len(row) == length]
            size = max(1, self.batch_tokens // (length - kept))
            for begin in range(0, len(same), size):
                batch = same[begin : begin + size]
                out[batch] = self._scores(torch.stack([rows[index] for index in batch]), kept)
                done += len(batch)
                if progress is not None:
                    progress(done, len(rows))
        return out[places]

    def _of_tree(self, rows: list[Tensor], progress: Progress | None) -> Float[Tensor, "row target"]:
        """The scores of texts of any lengths, each common beginning computed once."""
        texts = [tuple(row.tolist()) for row in rows]
        count = self.question.count
        needed = tree_bytes(self.model, texts, count, self.batch_tokens)
        check_memory(self.model.device, needed or 0, "Set batch_tokens to a smaller number.")
        out, done = torch.zeros(len(rows), count, dtype=torch.float64), 0
        for leaves in tree_logits(self.model, texts, count, self.batch_tokens):
            out[leaves.rows] = self.question.scores(leaves.logits).double().cpu()
            done += len(leaves.rows)
            if progress is not None:
                progress(done, len(rows))
        return out

    def _scores(self, rows: Tensor, kept: int) -> Float[Tensor, "row target"]:
        """Scores of texts of one length, whose first `kept` tokens are those of the prompt."""
        needed = batch_bytes(
            self.model, rows=len(rows), length=rows.shape[1] - kept, prefix=kept, targets=self.question.count
        )
        check_memory(self.model.device, needed or 0, "Set batch_tokens to a smaller number.")
        cache = self.prefix.lend(kept, len(rows)) if self.prefix is not None and kept else None
        logits = last_logits(self.model, rows[:, kept:], self.question.count, cache)
        return self.question.scores(logits).double().cpu()

    def _edited(self, coalition: Tensor) -> Tensor:
        """The text of one coalition."""
        text = self.question.text_ids.clone()
        keep = torch.ones(len(text), dtype=torch.bool, device=text.device)
        for player, present in zip(self.players, coalition.tolist(), strict=True):
            keep[slice(*self.spans[player])] = present
        if self.replacement_id is None:
            return text[keep]
        text[~keep] = self.replacement_id
        return text

    def settings(self) -> dict[str, Any]:
        """What changes the numbers."""
        return self.question.settings(self.model) | {
            "mode": "delete" if self.replacement_id is None else "replace",
            "replacement_id": self.replacement_id,
            "units": [list(span) for span in self.spans],
            "players": list(self.players),
            "batch_tokens": self.batch_tokens,
        }


def new_game(
    model: LocalModel,
    question: Question,
    units: str | Sequence[Span] = "token",
    replacement_id: int | None = None,
    batch_tokens: int | None = None,
) -> Game:
    """The game of a question: its units, and which of them can go (those without a token that is held).

    Args:
        model: a loaded model.
        question: prompt and target, as `course_lib.attribution.targets.ask` makes it.
        units: "token", "word", "sentence", or (start, stop) pairs; tokens outside of all pairs always stay.
        replacement_id: the token that stands in; None deletes.
        batch_tokens: most tokens in one forward pass; 384 on a CPU if None.

    Raises:
        CourseError: no unit can go, everything can be deleted, or the replacement is no token.
    """
    ids = question.prompt_ids
    spans = unit_spans(model.tokens(ids), units, special_tokens(model, ids.tolist()))
    free = set(question.free)
    players = tuple(index for index, span in enumerate(spans) if free.issuperset(range(*span)))
    if not players:
        raise CourseError("Every unit of the prompt is held fixed.", "Choose smaller units, or hold fewer positions.")
    if replacement_id is None and sum(spans[i][1] - spans[i][0] for i in players) == len(ids):
        raise CourseError(
            "When every token can be deleted, nothing is left to predict from.",
            "Hold at least one position, for example hold=(0,), or replace instead of deleting.",
        )
    if replacement_id is not None:
        as_ids(model, [replacement_id], "replacement")
    limit = batch_tokens or TOKENS_PER_BATCH.get(model.device.type, 384)
    first = spans[players[0]][0]
    shared = first > 0 and not takes_trees(model, len(question.text_ids))
    prefix = shared_prefix(model, question.text_ids, question.count)[1] if shared else None
    return Game(model, question, tuple(spans), players, replacement_id, limit, prefix)
