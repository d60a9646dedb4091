"""The residual stream of many texts: what the model carries from layer to layer, as one vector per text and layer.

Every block of a transformer reads a vector at each position and adds something to it. Row 0 here is the embedding,
before any block; row `l` is the stream after `l` blocks. So a model of 30 blocks has 31 rows.

Three things are easy to get wrong.

* **The last row is different.** transformers hands out the last state *after* the final normalisation, as the
  vocabulary head reads it, and all the others before it. That convention is kept, so that row `l` is
  `output_hidden_states[l]` for every `l`; whoever sends the last row through the vocabulary head must not normalise
  again.
* **The last position is not index -1.** Texts of unequal length are filled up on the right; in a shorter row index -1
  is filling. What is read is the last *real* token.
* **Mean pooling sees words.** The mean over positions contains every word embedding of the text, so it scores well at
  row 0 already, before the model has done anything. The last token has to be *told* by attention; reading it shows
  where in depth that happens.

Three things make it fast and change no number: the vocabulary head (a fifth of the work on the default model) is not
run, what all texts begin with, such as the system prompt of a chat, is computed once (`course_lib.models.prefix`), and
short texts go in trees, in which those that begin alike share their beginnings (`forest`), long ones in batches of like
length.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import torch
from transformers import DynamicCache

from course_lib.batches import Progress, length_sorted_batches, pad_rows
from course_lib.errors import CourseError
from course_lib.models.prefix import SharedPrefix, kept, may_share
from course_lib.models.tree import takes_trees
from course_lib.probing.forest import SHORT, read_trees

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel

Position = Literal["last", "mean"]
TOKENS_PER_PASS = {"cpu": 512}  # larger ones do not fit into the caches between memory and processor


@torch.no_grad()
def hidden_states(
    model: LocalModel,
    texts: Sequence[str],
    position: Position = "last",
    *,
    batch_tokens: int | None = None,
    progress: Progress | None = None,
) -> Float[Tensor, "layer example d_model"]:
    """One vector per layer and text.

    Args:
        model: a loaded model.
        texts: as they stand; put them through `model.chat` first when the model is meant to read them as requests.
        position: "last" reads the last token of each text, "mean" averages over all its tokens.
        batch_tokens: the largest batch, in tokens with filling; 512 on a CPU and 1024 elsewhere if None. It changes speed
            and memory, not the result.
        progress: called as `progress(done, total)`, in texts, after every batch.

    Returns:
        float32 on the CPU; row 0 is the embedding, row `n_layers` the normalised output of the last block.

    Raises:
        CourseError: when there are no texts, one is empty or longer than the model's positions, or `position` is
            unknown.

    Example:
        >>> hidden_states(model, ["one", "a longer text"]).shape  # doctest: +SKIP
        torch.Size([31, 2, 576])
    """
    if position not in get_args(Position):
        raise CourseError(f"There is no position {position!r}.", "Choose 'last' or 'mean'.")
    rows = encode_all(model, texts)
    opening = read_opening(model, rows)
    rows = [row[opening.length :] for row in rows]
    states = torch.empty(model.n_layers + 1, len(rows), model.d_model)
    done = 0
    for some, read in _in_passes(
        model, rows, position, opening, batch_tokens or TOKENS_PER_PASS.get(model.device.type, 1024)
    ):
        states[:, some] = read
        done += len(some)
        if progress is not None:
            progress(done, len(rows))
    return states


def _in_passes(
    model: LocalModel, rows: Sequence[Int[Tensor, " position"]], position: Position, opening: Opening, batch_tokens: int
) -> Iterator[tuple[list[int], Float[Tensor, "layer example d_model"]]]:
    """The numbers of some texts and their vectors, until all are read: short ones in trees, long ones in rows."""
    short = [number for number, row in enumerate(rows) if len(row) <= SHORT]
    longest = opening.length + max((len(rows[number]) for number in short), default=0)
    if len(short) < 2 or not takes_trees(model, longest) or _hooked(model):
        short = []
    if short:
        texts = [tuple(rows[number].tolist()) for number in short]
        mean = position == "mean"
        for some, read in read_trees(model, texts, mean, batch_tokens, opening.prefix, opening.length):
            if mean:
                lengths = torch.tensor([opening.length + len(texts[number]) for number in some])
                before = opening.total[:, None].cpu() if isinstance(opening.total, torch.Tensor) else opening.total
                read = (read + before) / lengths[:, None]
            yield [short[number] for number in some], read
    long = sorted(set(range(len(rows))) - set(short))
    for batch in length_sorted_batches([len(rows[number]) for number in long], batch_tokens):
        some = [long[index] for index in batch]
        ids, mask = pad_rows([rows[number] for number in some], filling=0, side="right")
        yield some, read_batch(model, ids, mask, position, opening)


def _hooked(model: LocalModel) -> bool:
    """Whether somebody's hooks are on the model: they may count positions, which in a tree are not those of a text.

    The ones that transformers leaves behind when it is first asked for hidden states only look, and are not counted.
    """
    hooks = (
        hook
        for part in model.model.modules()
        for hook in (*part._forward_hooks.values(), *part._forward_pre_hooks.values())
    )
    return any(not (getattr(hook, "__module__", None) or "").startswith("transformers.") for hook in hooks)


def encode_all(model: LocalModel, texts: Sequence[str]) -> list[Int[Tensor, " position"]]:
    """The token ids of each text, checked."""
    if isinstance(texts, str) or len(texts) == 0:
        raise CourseError("Hidden states are read from a list of texts.", "Give a list with at least one text.")
    rows = [model.encode(text) for text in texts]
    lengths = [len(row) for row in rows]
    if min(lengths) == 0:
        raise CourseError(f"Text {lengths.index(0)} has no tokens.", "Leave it out, or give it at least one token.")
    longest = model.max_positions
    if longest is not None and max(lengths) > longest:
        raise CourseError(
            f"Text {lengths.index(max(lengths))} has {max(lengths)} tokens, and the model has {longest} positions.",
            "Shorten it.",
        )
    return rows


def common_beginning(rows: Sequence[Int[Tensor, " position"]]) -> int:
    """How many tokens all rows begin with; at least one token of each row is left over.

    Example:
        >>> common_beginning([torch.tensor([1, 2, 3]), torch.tensor([1, 2, 4, 5])])
        2
    """
    shortest = min(len(row) for row in rows)
    first = rows[0][:shortest]
    same = torch.stack([row[:shortest] == first for row in rows]).all(dim=0).long()
    return min(int(same.cumprod(dim=0).sum()), shortest - 1)


@dataclass(frozen=True, eq=False)
class Opening:
    """What all texts begin with, already computed.

    Attributes:
        length: in tokens; 0 when nothing is shared.
        total: the sum of the states over its positions, for the mean.
        prefix: its keys and values, lent to every batch.
    """

    length: int
    total: Float[Tensor, "layer d_model"] | float = 0.0
    prefix: SharedPrefix | None = None


def read_opening(model: LocalModel, rows: Sequence[Int[Tensor, " position"]]) -> Opening:
    """Compute the common beginning once, where there are several texts and the model can lend it."""
    length = common_beginning(rows) if len(rows) > 1 else 0
    if length == 0 or not may_share(model):
        return Opening(0)
    cache = DynamicCache()
    backbone = model.model.base_model
    out = backbone(input_ids=rows[0][None, :length], past_key_values=cache, use_cache=True, output_hidden_states=True)
    prefix = kept(model, cache, length)
    total = torch.stack([state[0].float().sum(dim=0) for state in out.hidden_states])
    return Opening(length, total, prefix) if prefix is not None else Opening(0)


def read_batch(
    model: LocalModel,
    ids: Int[Tensor, "batch position"],
    mask: Int[Tensor, "batch position"],
    position: Position,
    opening: Opening,
) -> Float[Tensor, "layer batch d_model"]:
    """One forward pass of the backbone behind the opening, reduced to one vector per layer and row."""
    backbone = model.model.base_model  # without the vocabulary head
    seen = torch.cat([mask.new_ones(len(ids), opening.length), mask], dim=1)
    cache = opening.prefix.lend(opening.length, len(ids)) if opening.prefix is not None else None
    out = backbone(
        input_ids=ids,
        attention_mask=seen,
        past_key_values=cache,
        use_cache=cache is not None,
        output_hidden_states=True,
    )
    lengths = mask.sum(dim=1)
    if position == "last":
        rows = torch.arange(len(ids), device=ids.device)
        return torch.stack([state[rows, lengths - 1] for state in out.hidden_states]).float().cpu()
    real = mask[:, :, None]
    sums = torch.stack([(state.float() * real).sum(dim=1) for state in out.hidden_states])  # [layer, batch, d_model]
    before = opening.total[:, None] if isinstance(opening.total, torch.Tensor) else opening.total
    return ((sums + before) / (lengths[:, None] + opening.length)).cpu()
