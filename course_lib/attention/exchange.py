"""Give a head another attention pattern and see whether the answer changes.

A head does two things: its *pattern* says from which positions it takes, its *values* say what it takes from there. A map
shows the pattern only. If the pattern explains the answer, the answer should change when the head looks elsewhere, with
its values and everything else left as they are. That is the experiment behind *Attention is not Explanation* (Jain and
Wallace 2019, arXiv:1902.10186), here for a single head: its weights are exchanged for an even row, or for its own weights
in another order, and the model runs on.

Where the exchange is made: a head's output at a position is the sum of its values there, weighted by the pattern, and it
enters the output projection in the head's own columns. So the values are recorded where they are made (`v_proj`), mixed by
the other pattern, and written into those columns. With the head's own weights nothing changes; the tests hold that.

Two pitfalls. A pattern that no run would produce is off the model's beaten track, as zeros are in an ablation; compare
several. And an exchange that changes nothing says that *this* head's looking is not needed *here*: others may do the same
job. It does not say that attention is idle, and exchanging all heads at once shows as much.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import torch

from course_lib.attribution.inputs import as_ids
from course_lib.errors import CourseError
from course_lib.models.prefix import last_logits
from course_lib.patching.head_effects import HeadEffects
from course_lib.patching.hooks import input_edited
from course_lib.patching.structure import Structure, check_number, find_structure

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor, nn

    from course_lib.models import LocalModel


def even_pattern(n_positions: int) -> Float[Tensor, "query key"]:
    """Every query looks alike at all keys that it sees.

    Example:
        >>> even_pattern(2)
        tensor([[1.0000, 0.0000],
                [0.5000, 0.5000]])
    """
    return torch.ones(n_positions, n_positions).tril() / torch.arange(1, n_positions + 1)[:, None]


def reordered_pattern(attention: Float[Tensor, "*map query key"], seed: int = 0) -> Float[Tensor, "*map query key"]:
    """The same weights in each row, handed to the visible keys in a random order; every row of every map its own.

    Example:
        >>> reordered_pattern(torch.tensor([[1.0, 0.0], [0.0, 1.0]])).sum(dim=-1)
        tensor([1., 1.])
    """
    generator = torch.Generator().manual_seed(seed)
    future = torch.ones(attention.shape[-2:], dtype=torch.bool).triu(diagonal=1)
    order = torch.rand(attention.shape, generator=generator).masked_fill(future, torch.inf).argsort(dim=-1)
    return attention.gather(-1, order)


@contextmanager
def exchanged_attention(
    model: LocalModel, patterns: Mapping[tuple[int, int], Float[Tensor, "query key"]]
) -> Iterator[LocalModel]:
    """Inside the block each head in `patterns` mixes its values by the given weights in place of its own.

    Args:
        model: a loaded model.
        patterns: for (layer, head) the weights of every query, for texts of just that length.

    Raises:
        CourseError: a layer or head that does not exist, or a family whose values are not found.

    Example:
        >>> from course_lib import load_model
        >>> model = load_model("tiny:0")
        >>> with exchanged_attention(model, {(1, 2): even_pattern(3)}):
        ...     rows = model.logits(model.encode("The model reads"))
        >>> rows.shape
        torch.Size([3, 420])
    """
    structure = find_structure(model)
    by_layer: dict[int, dict[int, Float[Tensor, "query key"]]] = {}
    for (layer, head), pattern in patterns.items():
        check_number("layer", layer, len(structure.blocks))
        check_number("head", head, structure.n_heads)
        by_layer.setdefault(layer, {})[head] = pattern
    with ExitStack() as stack:
        for layer, of_heads in by_layer.items():
            stack.enter_context(_mixed_anew(structure, layer, [(slice(None), h, p) for h, p in of_heads.items()]))
        yield model


@torch.no_grad()
def exchange_effects(
    model: LocalModel,
    text: str | Int[Tensor, " position"],
    target: str,
    contrast: str,
    patterns: Float[Tensor, "layer head query key"],
) -> HeadEffects:
    """What log p(target) - log p(contrast) loses when one head after the other gets another pattern.

    Args:
        model: a loaded model.
        text: a text, or its token ids.
        target: a text of one token, with its leading space.
        contrast: another one.
        patterns: the pattern that each head gets in turn; one head at a time.

    Returns:
        A `HeadEffects`; positive where the head's own looking speaks for the target.

    Raises:
        CourseError: as `exchanged_attention`, or when the patterns do not fit model and text.

    Example:
        >>> from course_lib import load_model
        >>> model = load_model("tiny:0")
        >>> patterns = even_pattern(3).expand(2, 3, 3, 3)
        >>> exchange_effects(model, "The model reads", " to", " John", patterns).effects.shape
        torch.Size([2, 3])
    """
    ids, structure = as_ids(model, text, "text"), find_structure(model)
    expected = (len(structure.blocks), structure.n_heads, len(ids), len(ids))
    if tuple(patterns.shape) != expected:
        raise CourseError(f"Patterns of shape {list(patterns.shape)} do not fit.", f"Give {list(expected)}.")
    answers = [model.single_token(target), model.single_token(contrast)]

    def measured(rows: Int[Tensor, "batch position"]) -> Float[Tensor, " batch"]:
        right, wrong = last_logits(model, rows, 1)[:, -1, answers].float().cpu().T
        return right - wrong  # within one row a difference of logits is one of log probabilities

    clean = measured(ids[None])
    batch = ids.repeat(structure.n_heads, 1)  # in row h of the batch head h is exchanged, and no other
    effects = []
    for layer in range(len(structure.blocks)):
        rows = [(slice(h, h + 1), h, patterns[layer, h]) for h in range(structure.n_heads)]
        with _mixed_anew(structure, layer, rows):
            effects.append(clean - measured(batch))
    return HeadEffects(
        effects=torch.stack(effects),
        layers=tuple(range(len(structure.blocks))),
        tokens=tuple(model.tokens(ids)),
        measure=f"log p({target!r}) - log p({contrast!r})",
        clean=float(clean),
        settings={"mode": "another pattern", "ids": ids.tolist(), "model": model.name},
    )


@contextmanager
def _mixed_anew(
    structure: Structure, layer: int, rows: list[tuple[slice, int, Float[Tensor, "query key"]]]
) -> Iterator[None]:
    """In these rows of the batch, the head's columns are its values mixed by the pattern."""
    block, width = structure.blocks[layer], structure.head_width
    seen: dict[str, Any] = {}

    def note(_: nn.Module, __: Any, output: Tensor) -> None:
        seen["values"] = output if maker[0] == "v_proj" else output.chunk(3, dim=-1)[2]

    def mixed(value: Float[Tensor, "batch position column"]) -> Float[Tensor, "batch position column"]:
        value, values = value.clone(), seen["values"].unflatten(-1, (-1, width))  # [batch, position, key head, width]
        shared = structure.n_heads // values.shape[2]  # query heads that share a key and value head
        for batch, head, pattern in rows:
            columns = slice(head * width, (head + 1) * width)
            value[batch, :, columns] = pattern.to(values) @ values[batch, :, head // shared]
        return value

    maker = _value_maker(block.attention)
    with ExitStack() as stack:
        stack.callback(maker[1].register_forward_hook(note).remove)
        stack.enter_context(input_edited(block.attention_output, mixed))
        yield


def _value_maker(attention: nn.Module) -> tuple[str, nn.Module]:
    """The module whose output holds the values, and its name."""
    parts = dict(attention.named_children())
    for name in ("v_proj", "c_attn"):
        if name in parts:
            return name, parts[name]
    raise CourseError(
        f"The values of a {type(attention).__name__} are not where this course looks for them.",
        "Use a model of the Llama, Qwen, Gemma or GPT-2 family.",
    )
