"""Exercise 15.4: a batch of preference pairs with its masks.

Prompts and answers have different lengths, both kinds of answer are cut in some pair, and the end token occurs inside a
prompt (templates have it there), so that masks made from `ids != end` show.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from course_lib.checks.exercise import Case, Exercise, Mistake

Ids = Sequence[Sequence[int]]
Cut = Sequence[tuple[bool, bool]]
Batch = tuple[Tensor, Tensor, Tensor]


def _rows(prompts: Ids, chosen: Ids, rejected: Ids, cut: Cut, end: int, ends: Callable[[bool], bool]) -> list[Any]:
    rows = []
    for side, answers in enumerate((chosen, rejected)):
        for prompt, answer, was_cut in zip(prompts, answers, cut, strict=True):
            rows.append((list(prompt), [*answer, end] if ends(was_cut[side]) else list(answer)))
    return rows


def _filled(rows: list[Any], end: int, left: bool = False) -> Batch:
    side = "left" if left else "right"
    parts = (
        [torch.tensor(p + a) for p, a in rows],
        [torch.ones(len(p) + len(a), dtype=torch.long) for p, a in rows],
        [torch.tensor([0] * len(p) + [1] * len(a)) for p, a in rows],
    )
    values = (end, 0, 0)
    ids, attention, completion = (
        pad_sequence(part, batch_first=True, padding_value=value, padding_side=side)
        for part, value in zip(parts, values, strict=True)
    )
    return ids, attention, completion


def always_ends(prompts: Ids, chosen: Ids, rejected: Ids, cut: Cut, end: int) -> Batch:
    """An end token behind every answer."""
    return _filled(_rows(prompts, chosen, rejected, cut, end, lambda was: True), end)


def never_ends(prompts: Ids, chosen: Ids, rejected: Ids, cut: Cut, end: int) -> Batch:
    """No end token at all."""
    return _filled(_rows(prompts, chosen, rejected, cut, end, lambda was: False), end)


def ends_the_cut_ones(prompts: Ids, chosen: Ids, rejected: Ids, cut: Cut, end: int) -> Batch:
    """The wrong ones end."""
    return _filled(_rows(prompts, chosen, rejected, cut, end, lambda was: was), end)


def end_not_counted(prompts: Ids, chosen: Ids, rejected: Ids, cut: Cut, end: int) -> Batch:
    """The completion mask from `ids != end`."""
    ids, attention, completion = right_by_padding(prompts, chosen, rejected, cut, end)
    return ids, attention, completion * (ids != end)


def end_not_seen(prompts: Ids, chosen: Ids, rejected: Ids, cut: Cut, end: int) -> Batch:
    """The attention mask from `ids != end`."""
    ids, _, completion = right_by_padding(prompts, chosen, rejected, cut, end)
    return ids, (ids != end).long(), completion


def prompt_counted(prompts: Ids, chosen: Ids, rejected: Ids, cut: Cut, end: int) -> Batch:
    """The prompt belongs to the completion."""
    ids, attention, _ = right_by_padding(prompts, chosen, rejected, cut, end)
    return ids, attention, attention.clone()


def filling_counted(prompts: Ids, chosen: Ids, rejected: Ids, cut: Cut, end: int) -> Batch:
    """Everything behind the prompt is completion."""
    ids, attention, completion = right_by_padding(prompts, chosen, rejected, cut, end)
    return ids, attention, completion + (1 - attention)


def interleaved(prompts: Ids, chosen: Ids, rejected: Ids, cut: Cut, end: int) -> Batch:
    """Chosen and rejected in turn."""
    ids, attention, completion = right_by_padding(prompts, chosen, rejected, cut, end)
    order = torch.arange(len(ids)).reshape(2, -1).T.flatten()
    return ids[order], attention[order], completion[order]


def filled_on_the_left(prompts: Ids, chosen: Ids, rejected: Ids, cut: Cut, end: int) -> Batch:
    """Filling in front."""
    return _filled(_rows(prompts, chosen, rejected, cut, end, lambda was: not was), end, left=True)


def rejected_first(prompts: Ids, chosen: Ids, rejected: Ids, cut: Cut, end: int) -> Batch:
    """The halves exchanged."""
    return right_by_padding(prompts, rejected, chosen, [(b, a) for a, b in cut], end)


def right_by_padding(prompts: Ids, chosen: Ids, rejected: Ids, cut: Cut, end: int) -> Batch:
    """With PyTorch's `pad_sequence`."""
    return _filled(_rows(prompts, chosen, rejected, cut, end, lambda was: not was), end)


def right_by_tensor(prompts: Ids, chosen: Ids, rejected: Ids, cut: Cut, end: int) -> tuple[Any, ...]:
    """Into tensors that are there already; other number types."""
    rows = _rows(prompts, chosen, rejected, cut, end, lambda was: not was)
    shape = (len(rows), max(len(p) + len(a) for p, a in rows))
    ids, attention, completion = torch.full(shape, end), torch.zeros(shape, dtype=torch.bool), torch.zeros(shape)
    for row, (p, a) in enumerate(rows):
        ids[row, : len(p) + len(a)] = torch.tensor(p + a)
        attention[row, : len(p) + len(a)] = True
        completion[row, len(p) : len(p) + len(a)] = 1
    return ids, attention, completion


def _case(seed: int, pairs: int, end: int, name: str) -> Case:
    generator = torch.Generator().manual_seed(seed)

    def some(least: int, most: int) -> list[int]:
        length = int(torch.randint(least, most, (1,), generator=generator))
        return [int(x) for x in torch.randint(10, 90, (length,), generator=generator)]

    prompts = [[*some(1, 3), end, *some(1, 4)] for _ in range(pairs)]
    chosen, rejected = ([some(1, 6) for _ in range(pairs)] for _ in range(2))
    cut = [((k % 3) == 1, (k % 3) != 1) for k in range(pairs)]
    return Case(name, (prompts, chosen, rejected, cut, end))


def _hidden(seed: int) -> tuple[Case, ...]:
    return (
        _case(seed, 4, 2, "four pairs"),
        _case(seed + 1, 3, 0, "the end token is 0"),
        Case("one pair, nothing cut", ([[5, 6 + seed % 3]], [[7]], [[8, 9, 10]], [(False, False)], 3)),
    )


PREFERENCE_BATCH = Exercise(
    id="15.4",
    title="A batch of pairs",
    points=4,
    difficulty=3,
    minutes=25,
    reference="course_lib.constitution.batch:preference_batch",
    returns=(
        "three integer tensors `[2 * pair, position]`: token ids, attention mask and completion mask; first all rows "
        "with the chosen answers, "
        "then all rows with the rejected ones; filled on the right with `end`"
    ),
    example=(
        "`preference_batch([[5, 6]], [[7]], [[8, 9]], [(False, True)], end=2)` has the ids `[[5, 6, 7, 2], [5, 6, 8, "
        "9]]`: the chosen answer "
        "ends, the rejected one was cut. The completion mask is `[[0, 0, 1, 1], [0, 0, 1, 1]]`: the end token counts."
    ),
    hints=(
        "Build each row as a list first, together with its completion mask; look at the lengths only at the very end.",
        "A row is the prompt, the answer, and the end token where the answer was not cut. Its completion mask is 0 "
        "for the prompt and 1 for the "
        "rest. The filling has 0 in both masks.",
        "```python\nfor side, answers in enumerate((chosen, rejected)):\n    for prompt, answer, was_cut in "
        "zip(prompts, answers, cut):\n"
        "        said = [*answer] if was_cut[side] else ...\n        rows.append(([*prompt, *said], [0] * ... + [1] * ...))\n"
        "longest = max(...)\n```",
    ),
    why=(
        "The library does this for you, out of sight. When a model trained at home stops too early, or never stops, "
        "this is the first place to look."
    ),
    visible=(_case(71, 3, 2, "three pairs"), _case(72, 2, 1, "two pairs")),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "always an end",
            always_ends,
            "Cut answers have an end token too. They did not end there: a model trained on this stops early.",
        ),
        Mistake("never an end", never_ends, "No answer ends. When to stop is part of an answer that was not cut."),
        Mistake(
            "the wrong ones end",
            ends_the_cut_ones,
            "The cut answers end, and the others do not: look at the meaning of `cut`.",
        ),
        Mistake(
            "end not counted",
            end_not_counted,
            "The end token of an answer is missing in the completion mask. Did you make the mask from `ids != end`? "
            "The filling is the same token.",
        ),
        Mistake(
            "end not seen",
            end_not_seen,
            "The attention mask is 0 at real end tokens, those in the template too. Make it from the lengths, not from the ids.",
        ),
        Mistake("prompt counted", prompt_counted, "The completion mask counts the prompt. It was given, not chosen."),
        Mistake("filling counted", filling_counted, "The completion mask counts the filling behind the answer."),
        Mistake(
            "in turn",
            interleaved,
            "Your rows are in another order: chosen and rejected in turn. All chosen ones come first, so that the "
            "batch can be cut into halves.",
        ),
        Mistake(
            "filled on the left",
            filled_on_the_left,
            "The filling stands in front. Here nothing is generated: fill on the right.",
        ),
        Mistake("rejected first", rejected_first, "The rejected answers come first. The loss would be turned round."),
    ),
    alternatives=(right_by_padding, right_by_tensor),
    tolerance_reason="whole numbers",
)
