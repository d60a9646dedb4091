"""The effect of every head on one answer, for all layers.

One head at a time this costs a forward pass for each of them, 270 on the default model. Two observations make it
cheaper without changing a number: below the ablated layer nothing differs, so that part is computed once and not for
every head; and from the ablated layer upwards all heads of a layer fit into one batch. So the text runs up to the
output projection of the layer, is copied there once for every head, each copy with its head replaced, and the copies
run on as a batch.

The pitfall is the target. A head that makes any name likely makes the right name likely too, and log p(target) credits
it; the difference to a `contrast` token does not. Wang et al. (2022) measure the difference between two names for this
reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import torch

from course_lib.errors import CourseError
from course_lib.patching.head_effects import HeadEffects
from course_lib.patching.hooks import input_edited
from course_lib.patching.stand_ins import Mode, Reference, fitted, reference_ids, stand_ins
from course_lib.patching.structure import Structure, check_number, find_structure

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel

TOKENS_PER_BATCH = 1024
Progress = Callable[[int, int], None]


def ablation_effects(
    model: LocalModel,
    text: str | Int[Tensor, " position"],
    target: str | int,
    *,
    mode: Mode = "zero",
    contrast: str | int | None = None,
    reference: Reference | None = None,
    layers: Sequence[int] | None = None,
    batch_tokens: int = TOKENS_PER_BATCH,
    progress: Progress | None = None,
) -> HeadEffects:
    """What each head's ablation takes from the log probability of `target` behind `text`.

    Args:
        model: a loaded model.
        text: a text, or its token ids.
        target: a text of one token, with its leading space, or a token id.
        mode: "zero" (as in `head_ablation_effect`), "mean" or "resample", see `course_lib.patching.ablation`; the result
            says which.
        contrast: when given, log p(target) − log p(contrast) is measured in place of log p(target).
        reference: where "mean" and "resample" take their values from; a single text of the same length for "resample".
        layers: which layers; all of them if None.
        batch_tokens: most tokens in one forward pass. Changes time and memory, not the result.
        progress: called with (layers done, layers in all).

    Returns:
        A `HeadEffects`, a row for each layer; positive where the head speaks for the target.

    Raises:
        CourseError: a layer that does not exist, a target that is not one token, or what `ablate` raises.

    Example:
        >>> from course_lib import load_model
        >>> effects = ablation_effects(load_model("tiny:0"), "Mary gave the book to", " John")
        >>> effects.effects.shape
        torch.Size([2, 3])
    """
    ids = model.encode(text) if isinstance(text, str) else torch.as_tensor(text, device=model.device)
    structure = find_structure(model)
    chosen = tuple(range(model.n_layers) if layers is None else layers)
    for layer in chosen:
        check_number("layer", layer, model.n_layers)
    names = [target] if contrast is None else [target, contrast]
    answers = [_one_token(model, name) for name in names]
    values = stand_ins(model, structure, [("heads", layer) for layer in chosen], mode, reference)

    clean = _measure(model, ids, answers)
    effects = torch.zeros(len(chosen), structure.n_heads)
    for row, layer in enumerate(chosen):
        for heads in _batches(structure.n_heads, max(1, batch_tokens // len(ids))):
            with input_edited(
                structure.blocks[layer].attention_output, _fan_out(structure, heads, values["heads", layer])
            ):
                effects[row, heads.start : heads.stop] = (clean - _measure(model, ids, answers)).cpu()
        if progress is not None:
            progress(row + 1, len(chosen))
    return HeadEffects(
        effects=effects,
        layers=chosen,
        tokens=tuple(model.tokens(ids)),
        measure=" − ".join(f"log p({token!r})" for token in model.tokens(answers)),
        clean=float(clean),
        settings={
            "mode": mode,
            "model": model.name,
            "dtype": str(model.dtype).removeprefix("torch."),
            "input_ids": ids.tolist(),
            "answer_ids": answers,
            "reference_ids": [] if reference is None else [t.tolist() for t in reference_ids(model, reference)],
        },
    )


def _fan_out(structure: Structure, heads: range, stand_in: Tensor) -> Callable[[Tensor], Tensor]:
    """A function that copies one text's heads once for each of `heads`, with that head replaced in its copy."""

    def edit(value: Float[Tensor, "1 position width"]) -> Float[Tensor, "head position width"]:
        copies = value.repeat(len(heads), 1, 1)
        replacement = fitted(stand_in, value)[0]
        for copy, head in zip(copies, heads, strict=True):
            columns = structure.head_columns(head)
            copy[:, columns] = replacement[:, columns]
        return copies

    return edit


def _measure(model: LocalModel, ids: Int[Tensor, " position"], answers: list[int]) -> Float[Tensor, " batch"]:
    """log p of the first answer at the last position, minus that of the second if there is one."""
    with torch.no_grad():
        logits = model.model(input_ids=ids[None], use_cache=False, logits_to_keep=1).logits[:, -1].float()
    log_probs = logits.log_softmax(dim=-1)[:, answers]
    return log_probs[:, 0] - log_probs[:, 1] if len(answers) == 2 else log_probs[:, 0]


def _batches(count: int, size: int) -> Iterator[range]:
    """0, 1, … `count` - 1 in ranges of at most `size`.

    Example:
        >>> list(_batches(5, 2))
        [range(0, 2), range(2, 4), range(4, 5)]
    """
    for start in range(0, count, size):
        yield range(start, min(count, start + size))


def _one_token(model: LocalModel, text: str | int) -> int:
    """The id of a text that is one token."""
    ids = model.encode(text).tolist() if isinstance(text, str) else [int(text)]
    if len(ids) != 1:
        raise CourseError(
            f"{text!r} is {len(ids)} tokens: {model.tokens(ids)}.",
            "Choose a word that is one token, with its leading space.",
        )
    return int(ids[0])
