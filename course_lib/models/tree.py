"""Many texts with common beginnings, as one tree: every beginning computed once, nothing padded.

Texts that differ in a few places agree at their beginnings. Written as a tree, each token stands in it once for every
*different* text before it; a path from the root to a leaf is one of the texts:

    the ─ cat ─ sat ─ down
     │     └─── ran ─ off
     └─── dog ─ ran ─ off

A causal model can read the whole tree in one pass. All its tokens are laid out in one row; the attention mask lets each
of them see its own ancestors and nothing else, and the positions are depths in the tree. That is what systems that
check several drafts of a text at once do (SpecInfer, Miao et al. 2023, arXiv 2305.09781). A tree that is too large for
one pass is read in several: the texts are taken in sorted order, so that whatever the next pass shares with all the
earlier ones lies on the last path, whose keys and values are kept.

The number of tokens is the least that any method needs which does not look inside the model. The price is attention:
each token is compared with all others of its pass, and most comparisons are thrown away. With a few hundred tokens a
pass that is little beside the matrices of a block.

The pitfall: a mask of one's own works only for models that ask nothing else about order. `takes_trees` says for which
families that was tested; the callers compute rows of equal length for all others.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from transformers import DynamicCache

from course_lib.models.prefix import SharedPrefix, kept, may_share

if TYPE_CHECKING:
    from jaxtyping import Bool, Float
    from torch import Tensor

    from course_lib.models import LocalModel

TESTED = {"llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gpt2", "gpt_neox"}
MASKABLE = {"sdpa", "eager"}
TOKENS_PER_PASS = {"cpu": 256, "cuda": 2048, "mps": 1024}
FEW = 6  # passes; of more, the last one does not count

Row = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Leaves:
    """What one pass has computed.

    Attributes:
        rows: which of the texts, by their number in the order in which they were given.
        logits: at the last positions of each of them, `[row, target, vocab]`.
    """

    rows: list[int]
    logits: Float[Tensor, "row target vocab"]


@dataclass(eq=False)
class Pass:
    """A part of the tree that is read at once, below the first `trunk` tokens of the last path.

    Attributes:
        trunk: tokens of the last path that are kept.
        tokens: the tokens, parents before children.
        parents: where each token's parent stands among them; -1 - depth for the trunk's first `depth` tokens.
        rows: the texts that end here.
        paths: for each of them, where its tokens stand among `tokens`, from the trunk on.
        children: token `t` below parent `p`, by (p, t).
    """

    trunk: int
    tokens: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    paths: list[list[int]] = field(default_factory=list)
    children: dict[tuple[int, int], int] = field(default_factory=dict)

    def grown(self, row: Row, start: int) -> tuple[int, int]:
        """The last token of `row` that is there already, or the trunk, and how many tokens that leaves to be added."""
        place, depth = -1 - start, start
        while depth < len(row) and (place, row[depth]) in self.children:
            place, depth = self.children[place, row[depth]], depth + 1
        return place, len(row) - depth

    def add(self, number: int, row: Row, start: int) -> None:
        """Put a text into the tree, below the first `start` tokens of the trunk."""
        place, path = -1 - start, []
        for token in row[start:]:
            below = self.children.setdefault((place, token), len(self.tokens))
            if below == len(self.tokens):
                self.tokens.append(token)
                self.parents.append(place)
            path.append(below)
            place = below
        self.rows.append(number)
        self.paths.append(path)

    def depths(self) -> list[int]:
        """The position of each token in its text."""
        depths: list[int] = []
        for parent in self.parents:
            depths.append(-1 - parent if parent < 0 else depths[parent] + 1)
        return depths

    def sees(self) -> Bool[Tensor, "token seen"]:
        """Which tokens of the trunk, then of the pass, each token attends to: its ancestors and itself."""
        sees = torch.zeros(len(self.tokens), self.trunk + len(self.tokens), dtype=torch.bool)
        for place, parent in enumerate(self.parents):
            if parent < 0:
                sees[place, : -1 - parent] = True
            else:
                sees[place] = sees[parent]
            sees[place, self.trunk + place] = True
        return sees


def takes_trees(model: LocalModel, longest: int) -> bool:
    """Whether the model reads trees of texts of up to `longest` tokens as it reads the texts.

    Example:
        >>> from course_lib import load_model
        >>> takes_trees(load_model("tiny:0"), 9)
        True
    """
    config = model.text_config
    window = getattr(config, "sliding_window", None)
    sliding = window is not None and "sliding_attention" in (getattr(config, "layer_types", None) or [])
    maskable = getattr(model.model.config, "_attn_implementation", None) in MASKABLE
    whole = not (sliding or config.model_type == "mistral") or window is None or longest <= window
    return config.model_type in TESTED and maskable and whole and may_share(model)


def plan_passes(rows: Sequence[Row], count: int, limit: int) -> Iterator[Pass]:
    """Cut the tree of the texts into passes of about `limit` tokens; a pass holds at least one text.

    Args:
        rows: the texts.
        count: positions at the end of each text that have to be computed, even where an earlier pass knew them:
            a cache holds keys and values but no logits.
        limit: most tokens of a pass.

    Example:
        >>> passes = list(plan_passes([(1, 2, 3), (1, 2, 4), (1, 5, 6)], count=1, limit=4))
        >>> [(part.trunk, part.tokens, part.rows) for part in passes]
        [(0, [1, 2, 3, 4], [0, 1]), (1, [5, 6], [2])]
    """
    order = sorted(range(len(rows)), key=lambda number: rows[number])
    last: Row = ()
    part = Pass(0)
    for number in order:
        row = rows[number]
        start = min(part.trunk, _common(row, last), len(row) - count)
        if part.rows and len(part.tokens) + part.grown(row, start)[1] > limit:
            yield part
            last = rows[part.rows[-1]]
            start = min(_common(row, last), len(row) - count)
            part = Pass(start)
        part.add(number, row, start)
    if part.rows:
        yield part


def even_limit(rows: Sequence[Row], count: int, limit: int) -> int:
    """A limit that makes no more passes than `limit` does, and no small one at the end.

    A pass costs the reading of all weights, whatever it holds, and many comparisons grow with its square: of few passes,
    like ones are fastest.

    Example:
        >>> rows = [(0, 1, token) for token in range(20)]
        >>> [len(part.tokens) for part in plan_passes(rows, 1, 16)], even_limit(rows, 1, 16)
        ([16, 6], 11)
    """
    sizes = [len(part.tokens) for part in plan_passes(rows, count, limit)]
    if not 1 < len(sizes) <= FEW:
        return limit
    least = -(-sum(sizes) // len(sizes))
    for smaller in range(least, limit, max(1, (limit - least) // 4)):
        if sum(1 for _ in plan_passes(rows, count, smaller)) <= len(sizes):
            return smaller
    return limit


def tree_logits(model: LocalModel, rows: Sequence[Row], count: int, limit: int | None = None) -> Iterator[Leaves]:
    """Logits at the last `count` positions of each text, pass by pass.

    Args:
        model: a loaded model for which `takes_trees` holds.
        rows: the token ids of each text; their lengths may differ, none is shorter than `count`.
        count: how many positions, counted from the end.
        limit: most tokens of a pass; 256 on a CPU if None. A few passes are made of like size.

    Yields:
        `Leaves`, in an order of their own; together they hold every text once.
    """
    longest_pass = even_limit(rows, count, limit or TOKENS_PER_PASS.get(model.device.type, 256))
    trunk: SharedPrefix | None = None
    for part in plan_passes(rows, count, longest_pass):
        cache = trunk.lend(part.trunk, 1, grows=True) if trunk is not None and part.trunk else DynamicCache()
        logits = read_pass(model, part, [count] * len(part.rows), cache)
        known = kept(model, cache, part.trunk + len(part.tokens))
        if known is None:
            raise RuntimeError(f"{model.name} keeps no keys and values; takes_trees was not asked.")
        yield Leaves(part.rows, logits.view(len(part.rows), count, -1))
        trunk = _path(known, part, rows[part.rows[-1]])


def read_pass(model: LocalModel, part: Pass, counts: Sequence[int], cache: DynamicCache) -> Float[Tensor, "leaf vocab"]:
    """One forward pass; logits at the last `counts[i]` tokens of path i, path by path."""
    device = model.device
    pairs = zip(part.paths, counts, strict=True)
    wanted = torch.tensor([place for path, count in pairs for place in path[-count:]], device=device)
    hidden = torch.finfo(model.dtype).min
    mask = torch.zeros(len(part.tokens), part.trunk + len(part.tokens), dtype=model.dtype)
    mask.masked_fill_(~part.sees(), hidden)
    options: dict[str, Any] = {}
    if "logits_to_keep" in inspect.signature(model.model.forward).parameters:
        options["logits_to_keep"] = wanted
    with torch.no_grad():
        logits: Tensor = model.model(
            input_ids=torch.tensor([part.tokens], device=device),
            position_ids=torch.tensor([part.depths()], device=device),
            attention_mask=mask[None, None].to(device),
            past_key_values=cache,
            use_cache=True,
            **options,
        ).logits[0]
    return logits if options else logits[wanted]


def _path(known: SharedPrefix, part: Pass, row: Row) -> SharedPrefix:
    """Keys and values of the last text of a pass."""
    path = part.paths[-1]
    places = [*range(len(row) - len(path)), *(part.trunk + place for place in path)]
    index = torch.tensor(places, device=known.layers[0][0].device)
    return SharedPrefix([(keys[:, :, index], values[:, :, index]) for keys, values in known.layers])


def _common(row: Row, other: Row) -> int:
    """How many tokens two texts share at their beginnings."""
    for depth, (mine, theirs) in enumerate(zip(row, other, strict=False)):
        if mine != theirs:
            return depth
    return min(len(row), len(other))
