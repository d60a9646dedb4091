"""Exercise 10.4: the deletion curve of a list of scores.

The usual slip is one of indices: tokens are deleted from a list that has already become shorter, with positions that belong
to the whole one. The scores of the cases are drawn so that their order, the order of their magnitudes and the order of the
text all differ, and the first token's score is the highest, so that deleting it shows.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import torch

from course_lib.checks.exercise import Case, Exercise, Mistake, ModelHandle

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor

    from course_lib.models import LocalModel


def _log_prob(model: LocalModel, ids: Tensor, target_id: int) -> Tensor:
    return model.logits(ids)[-1].float().log_softmax(-1)[target_id]


def _order(scores: Tensor) -> list[int]:
    """Positions by falling score, the first left out."""
    return (scores[1:].argsort(descending=True) + 1).tolist()


def _without(ids: Tensor, gone: Iterable[int]) -> Tensor:
    missing = set(gone)
    return ids[[place for place in range(len(ids)) if place not in missing]]


def _along(model: LocalModel, ids: Tensor, target_id: int, order: list[int]) -> Tensor:
    curve = [_log_prob(model, _without(ids, order[:count]), target_id) for count in range(len(order) + 1)]
    return torch.stack(curve)


# --- wrong solutions -------------------------------------------------------------------------------------------------


def old_positions(model: LocalModel, input_ids: Tensor, target_id: int, scores: Tensor) -> Tensor:
    """Deletes from the shortened list at the position in the whole one; beyond its end, the last token goes."""
    left, curve = input_ids, [_log_prob(model, input_ids, target_id)]
    for place in _order(scores):
        place = min(place, len(left) - 1)
        left = torch.cat([left[:place], left[place + 1 :]])
        curve.append(_log_prob(model, left, target_id))
    return torch.stack(curve)


def lowest_first(model: LocalModel, input_ids: Tensor, target_id: int, scores: Tensor) -> Tensor:
    """Sorts upwards."""
    return _along(model, input_ids, target_id, _order(-scores))


def by_magnitude(model: LocalModel, input_ids: Tensor, target_id: int, scores: Tensor) -> Tensor:
    """Sorts by absolute value."""
    return _along(model, input_ids, target_id, _order(scores.abs()))


def in_text_order(model: LocalModel, input_ids: Tensor, target_id: int, scores: Tensor) -> Tensor:
    """Takes the tokens from the left."""
    return _along(model, input_ids, target_id, list(range(1, len(input_ids))))


def one_at_a_time(model: LocalModel, input_ids: Tensor, target_id: int, scores: Tensor) -> Tensor:
    """Puts each token back before the next is deleted."""
    alone = [_log_prob(model, _without(input_ids, [place]), target_id) for place in _order(scores)]
    return torch.stack([_log_prob(model, input_ids, target_id), *alone])


def replaced(model: LocalModel, input_ids: Tensor, target_id: int, scores: Tensor) -> Tensor:
    """Puts token 0 in their place."""
    ids, curve = input_ids.clone(), [_log_prob(model, input_ids, target_id)]
    for place in _order(scores):
        ids[place] = 0
        curve.append(_log_prob(model, ids, target_id))
    return torch.stack(curve)


def first_goes_too(model: LocalModel, input_ids: Tensor, target_id: int, scores: Tensor) -> Tensor:
    """Does not hold the first token; the last one to go stays in its place."""
    order = scores.argsort(descending=True).tolist()
    return _along(model, input_ids, target_id, order[:-1])


def inserted(model: LocalModel, input_ids: Tensor, target_id: int, scores: Tensor) -> Tensor:
    """The insertion curve: keeps the highest ones."""
    order, n = _order(scores), len(input_ids)
    return torch.stack([_log_prob(model, _without(input_ids, order[count:]), target_id) for count in range(n)])


def without_the_start(model: LocalModel, input_ids: Tensor, target_id: int, scores: Tensor) -> Tensor:
    """Leaves the complete prompt out."""
    return _along(model, input_ids, target_id, _order(scores))[1:]


def raw_logits(model: LocalModel, input_ids: Tensor, target_id: int, scores: Tensor) -> Tensor:
    """Reads logits."""
    order = _order(scores)
    rows = [model.logits(_without(input_ids, order[:count]))[-1, target_id] for count in range(len(order) + 1)]
    return torch.stack(rows)


def probabilities(model: LocalModel, input_ids: Tensor, target_id: int, scores: Tensor) -> Tensor:
    """Reads probabilities."""
    return _along(model, input_ids, target_id, _order(scores)).exp()


# --- other right solutions -------------------------------------------------------------------------------------------


def by_list(model: LocalModel, input_ids: Tensor, target_id: int, scores: Tensor) -> list[float]:
    """Keeps pairs of position and token, and removes from that list; plain numbers."""
    left = list(enumerate(input_ids.tolist()))
    curve = []
    while left:
        ids = torch.tensor([token for _, token in left])
        curve.append(float(model.logits(ids)[-1].double().log_softmax(-1)[target_id]))
        if len(left) == 1:
            break
        left.remove(max(left[1:], key=lambda pair: float(scores[pair[0]])))
    return curve


def by_threshold(model: LocalModel, input_ids: Tensor, target_id: int, scores: Tensor) -> Tensor:
    """Keeps what is below the k-th highest score, in double precision."""
    limits = [float("inf"), *scores[1:].double().sort(descending=True).values.tolist()]
    curve = []
    for limit in limits:
        keep = scores.double() < limit
        keep[0] = True
        curve.append(model.logits(input_ids[keep])[-1].double().log_softmax(-1)[target_id])
    return torch.stack(curve)


# --- the exercise ----------------------------------------------------------------------------------------------------


def _case(seed: int, length: int) -> Case:
    """Scores with no two alike: magnitudes 1, 2, …, shuffled, every second one negative, the first the highest."""
    numbers = random.Random(seed)
    ids = torch.tensor([numbers.randrange(5, 200) for _ in range(length)])
    sizes = numbers.sample(range(1, length), length - 1)
    scores = torch.tensor([float(length), *(float(size if size % 2 else -size) for size in sizes)])
    if sizes == sorted(sizes):
        scores[1:] = scores[1:].flip(0)
    name = f"random model, {length} tokens"
    return Case(name, (ModelHandle(f"tiny:{seed % 7}"), ids, numbers.randrange(5, 200), scores))


def _hidden(seed: int) -> tuple[Case, ...]:
    numbers = random.Random(seed)
    return tuple(_case(numbers.randrange(10**6), numbers.randrange(4, 10)) for _ in range(4))


def _france() -> Case:
    prompt, scores = torch.tensor([504, 3575, 282, 4649, 314]), torch.tensor([0.5, 2.0, -3.0, 4.0, 1.0])
    return Case("default model: “The capital of France is” → “ Paris”", (ModelHandle(), prompt, 7042, scores))


DELETION_SCORES = Exercise(
    id="10.4",
    title="A deletion curve",
    points=3,
    difficulty=3,
    minutes=15,
    reference="course_lib.attribution:deletion_scores",
    also_withheld=("course_lib.attribution:deletion_curve",),
    returns=(
        "a tensor `[step]`, as long as the prompt: the log probability of `target_id` after 0, 1, 2, … deletions, the token with "
        "the highest score first; the first token of the prompt always stays"
    ),
    example=(
        "For `The| capital| of| France| is` with the scores `[0.5, 2, -3, 4, 1]` the five texts are `The capital of France is`, "
        "`The capital of is`, `The of is`, `The of` and `The`."
    ),
    hints=(
        "Write the five texts of the example down, and under each the positions that are gone, counted in the whole prompt.",
        "Sort the positions from 1 on by their score, once. For every step build the text anew from the *whole* prompt, without "
        "the first so many positions of that order.",
        "```python\nplaces = ...                  # from 1 on, the highest score first\nfor gone in range(...):\n"
        "    stays = torch.ones_like(input_ids, dtype=torch.bool)\n    stays[...] = False\n"
        "    ...                       # log probability of target_id after input_ids[stays]\n```",
    ),
    why=(
        "A coloured text looks convincing whatever made it. A deletion curve puts it to the test: take away what is said to "
        "matter, and watch whether it mattered."
    ),
    visible=(_case(1, 6), _case(2, 9), _france()),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "old positions",
            old_positions,
            "You delete from the text that has already become shorter, at positions that belong to the whole one. After the "
            "first deletion everything behind the gap has moved.",
        ),
        Mistake("lowest first", lowest_first, "You begin with the lowest score. In which direction does your sort go?"),
        Mistake(
            "by magnitude",
            by_magnitude,
            "You sort by magnitude. A token with a large negative score speaks against the target: it should go last, not first.",
        ),
        Mistake("text order", in_text_order, "You delete from left to right; the scores are not used."),
        Mistake(
            "one at a time",
            one_at_a_time,
            "You put each token back before you delete the next. In a deletion curve they stay away.",
        ),
        Mistake(
            "replaced",
            replaced,
            "You put token 0 in the place of the tokens. The text is to close up instead; that gives other numbers.",
        ),
        Mistake(
            "first token deleted",
            first_goes_too,
            "You delete the first token as well; here it stays, whatever its score is.",
        ),
        Mistake(
            "insertion",
            inserted,
            "This is the insertion curve: it begins with next to nothing and adds the tokens with the highest scores.",
        ),
        Mistake(
            "no start", without_the_start, "Your curve begins after the first deletion; step 0 is the complete prompt."
        ),
        Mistake("raw logits", raw_logits, "You read raw logits. Texts of different length cannot be compared by them."),
        Mistake("probabilities", probabilities, "You read probabilities; the exercise asks for log probabilities."),
    ),
    alternatives=(by_list, by_threshold),
    rtol=1e-3,
    atol=1e-3,
    tolerance_reason="float32 log probabilities of about 10; double precision differs by up to 1e-5",
)
