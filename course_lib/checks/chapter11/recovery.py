"""Exercise 11.1: recovery, the scale on which patched runs are compared.

The cases hold recoveries below 0 and above 1, a pair whose clean difference is the smaller one, logits that are raised by a
constant, and patched runs with one and with two leading axes.
"""

from __future__ import annotations

import torch
from torch import Tensor

from course_lib.checks.exercise import Case, Exercise, Mistake


def _difference(logits: Tensor, right: int, wrong: int) -> Tensor:
    return logits[..., right] - logits[..., wrong]


def not_normalised(patched: Tensor, clean: Tensor, corrupted: Tensor, right: int, wrong: int) -> Tensor:
    """The change in logits, not divided by anything."""
    return _difference(patched, right, wrong) - _difference(corrupted, right, wrong)


def share_of_clean(patched: Tensor, clean: Tensor, corrupted: Tensor, right: int, wrong: int) -> Tensor:
    """The patched difference as a share of the clean one."""
    return _difference(patched, right, wrong) / _difference(clean, right, wrong)


def change_over_clean(patched: Tensor, clean: Tensor, corrupted: Tensor, right: int, wrong: int) -> Tensor:
    """The right numerator over the clean difference alone."""
    return not_normalised(patched, clean, corrupted, right, wrong) / _difference(clean, right, wrong)


def from_the_clean_end(patched: Tensor, clean: Tensor, corrupted: Tensor, right: int, wrong: int) -> Tensor:
    """1 where the run is as corrupted: clean and corrupted exchanged."""
    return right_answer(patched, corrupted, clean, right, wrong)


def clipped(patched: Tensor, clean: Tensor, corrupted: Tensor, right: int, wrong: int) -> Tensor:
    """Cut off below 0 and above 1."""
    return right_answer(patched, clean, corrupted, right, wrong).clamp(0, 1)


def right_token_only(patched: Tensor, clean: Tensor, corrupted: Tensor, right: int, wrong: int) -> Tensor:
    """Looks at one logit in place of the difference."""
    return (patched[..., right] - corrupted[right]) / (clean[right] - corrupted[right])


def of_probabilities(patched: Tensor, clean: Tensor, corrupted: Tensor, right: int, wrong: int) -> Tensor:
    """A softmax first."""
    return right_answer(patched.softmax(-1), clean.softmax(-1), corrupted.softmax(-1), right, wrong)


def absolute_gap(patched: Tensor, clean: Tensor, corrupted: Tensor, right: int, wrong: int) -> Tensor:
    """Divides by the size of the gap and loses its sign."""
    gap = _difference(clean, right, wrong) - _difference(corrupted, right, wrong)
    return not_normalised(patched, clean, corrupted, right, wrong) / gap.abs()


def right_answer(patched: Tensor, clean: Tensor, corrupted: Tensor, right: int, wrong: int) -> Tensor:
    """The definition, in double precision."""
    ends = [_difference(run.double(), right, wrong) for run in (corrupted, clean)]
    return (_difference(patched.double(), right, wrong) - ends[0]) / (ends[1] - ends[0])


def by_log_probabilities(patched: Tensor, clean: Tensor, corrupted: Tensor, right: int, wrong: int) -> Tensor:
    """Log probabilities first: within a row they differ from logits by a constant, which drops out."""
    return right_answer(patched.log_softmax(-1), clean.log_softmax(-1), corrupted.log_softmax(-1), right, wrong)


def by_loop(patched: Tensor, clean: Tensor, corrupted: Tensor, right: int, wrong: int) -> Tensor:
    """One place at a time, with plain numbers."""
    low, high = (float(run[right]) - float(run[wrong]) for run in (corrupted, clean))
    rows = patched.reshape(-1, patched.shape[-1])
    values = [((float(row[right]) - float(row[wrong])) - low) / (high - low) for row in rows]
    return torch.tensor(values).reshape(patched.shape[:-1])


def _case(name: str, seed: int, *places: int, flipped: bool = False) -> Case:
    generator = torch.Generator().manual_seed(seed)
    clean, corrupted = 2 * torch.randn(2, 12, generator=generator)
    right, wrong = torch.randperm(12, generator=generator)[:2].tolist()
    clean[right] += 3.0
    corrupted[wrong] += 4.0
    if flipped:
        right, wrong = wrong, right
    steps = 2 * torch.rand(*places, 1, generator=generator) - 0.5
    patched = corrupted + steps * (clean - corrupted) + 0.5 * torch.randn(*places, 12, generator=generator)
    raised = patched + 5 * torch.randn(*places, 1, generator=generator)
    return Case(name, (raised, clean, corrupted, right, wrong))


def _hidden(seed: int) -> tuple[Case, ...]:
    return (
        _case("eight places", 40 + 7 * seed, 8),
        _case("a map of 3 layers and 4 positions", 41 + 7 * seed, 3, 4),
        _case("the clean difference is the smaller one", 42 + 7 * seed, 6, flipped=True),
    )


RECOVERY = Exercise(
    id="11.1",
    title="How much of the answer came back?",
    points=2,
    difficulty=1,
    minutes=8,
    reference="course_lib.patching:recovery",
    returns="a tensor with one number for each patched run: 0 as the corrupted run, 1 as the clean one",
    example=(
        "The logit difference is 6 in the clean run, −4 in the corrupted one and 1 in a patched one. The patch has moved it "
        "by 5 of the 10 logits that lie between: recovery 1/2. A patched run with −6 has a recovery of −1/5."
    ),
    hints=(
        "Make each run one number first. Which two runs mark the ends of the scale, and which of them is 0?",
        "The number of a run is the logit of `right` minus the logit of `wrong`. Then: how far is the patched run from the "
        "corrupted one, and how far is the clean run from the corrupted one? Leave what lies outside 0 and 1 as it is.",
        "```python\nhere = patched[..., right] - patched[..., wrong]\nhigh = ...   # the same for the clean run\nlow = ...\n"
        "return (here - ...) / (... - ...)\n```",
    ),
    why=(
        "Every map of this kind is on this scale. Whoever reads one on their own model has to know what its 0 and its 1 "
        "are, and that 0.5 can mean two things."
    ),
    visible=(
        _case("five places", 1, 5),
        _case("a map of 2 layers and 3 positions", 2, 2, 3),
        _case("the clean difference is the smaller one", 3, 6, flipped=True),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "not normalised",
            not_normalised,
            "Your numbers are in logits: they say how far the patch moved the difference, not which part of the way from "
            "corrupted to clean that is.",
        ),
        Mistake(
            "share of the clean difference",
            share_of_clean,
            "You took the patched difference as a share of the clean one. On that scale the corrupted run is not at 0.",
        ),
        Mistake(
            "divided by the clean difference",
            change_over_clean,
            "Your numerator is right. You divide it by the clean difference alone; what there was to recover is a distance "
            "between two runs.",
        ),
        Mistake(
            "ends exchanged",
            from_the_clean_end,
            "Your scale runs the wrong way: a run that is as corrupted gets 1. Look at what is subtracted from what.",
        ),
        Mistake(
            "clipped",
            clipped,
            "You cut off what lies below 0 or above 1. A patch that makes it worse, or overshoots, is a finding.",
        ),
        Mistake(
            "one logit",
            right_token_only,
            "You look at the right token's logit alone. A logit has no zero; the wrong token belongs to the measure.",
        ),
        Mistake(
            "probabilities",
            of_probabilities,
            "You turned logits into probabilities first. Those are flat where the model is sure, and hide what happens "
            "there; stay with logits.",
        ),
        Mistake(
            "sign of the gap lost",
            absolute_gap,
            "You divide by the size of the gap. Where the clean difference is the smaller of the two the sign has to stay.",
        ),
    ),
    alternatives=(right_answer, by_log_probabilities, by_loop),
    rtol=1e-3,
    atol=1e-4,
    tolerance_reason="logits of about 10 in float32, divided by a difference of about 5",
)
