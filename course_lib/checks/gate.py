"""The three-way gate: the checks are themselves checked.

A check can fail a learner in two ways: it lets a wrong answer through, or it turns a right one down. So for every
exercise, on its visible cases and on hidden cases from several seeds,

1. the untouched stub of the released notebook fails, with the sentence that it is not written yet;
2. the reference and every other right solution pass;
3. every named wrong solution fails *with its own message*.

What the reference gives is computed once a case, and of a wrong solution no more cases than it takes to reject it and to
tell it from the wrong solutions before it: what is behind could not change the finding. Stub, notebook's answer and right
solutions run on every case.

An exercise with fewer than two other right solutions or four named wrong ones does not pass the gate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from course_lib.checks.compare import compare
from course_lib.checks.exercise import Case, Exercise, Mistake
from course_lib.checks.runner import (
    NOT_WRITTEN,
    Outcome,
    agree,
    call,
    is_stub,
    outcomes_of,
    recognise,
    reference_outcomes,
    run,
)

SEEDS = (0, 1, 2)
MIN_ALTERNATIVES = 2
MIN_MISTAKES = 4


@dataclass(frozen=True)
class GateRow:
    """One exercise at the gate; counts are "how many did what they should" of "how many there are"."""

    exercise: str
    title: str
    stub_fails: bool
    reference_passes: bool
    alternatives: int
    alternatives_accepted: int
    mistakes: int
    mistakes_rejected: int
    messages_matched: int
    problems: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether everything is as it should be."""
        return not self.problems


def stub_of(exercise: Exercise) -> Callable[..., Any]:
    """What the untouched notebook defines: a function that is not written yet."""

    def stub(*_: Any) -> None:
        raise NotImplementedError(f"Exercise {exercise.id}")

    return stub


def gate(
    exercise: Exercise,
    *,
    stub: Callable[..., Any] | None = None,
    reference: Callable[..., Any] | None = None,
    seeds: Sequence[int] = SEEDS,
) -> GateRow:
    """Put one exercise through the gate.

    Args:
        exercise: the exercise.
        stub: the function of the untouched notebook; a stand-in when None.
        reference: the function of the solution notebook; the library's when None.
        seeds: seeds of the hidden cases.
    """
    hidden = [exercise.hidden(seed) for seed in seeds]  # drawn once
    cases = (*exercise.visible, *(case for drawn in hidden for case in drawn))
    expected = reference_outcomes(exercise, cases)  # and the reference called on them once
    right = {id(case): outcome for case, outcome in zip(cases, expected, strict=True)}
    verdict = run(exercise, stub or stub_of(exercise))
    stub_fails = not verdict.passed and NOT_WRITTEN in verdict.message
    reference_passes = run(exercise, reference or exercise.reference_function, cases, expected).passed
    refused = [f.__name__ for f in exercise.alternatives if not run(exercise, f, cases, expected).passed]
    shown = expected[: len(exercise.visible)]
    accepted = [m.name for m in exercise.mistakes if passes(exercise, m.function, exercise.visible, shown)]
    accepted += [
        f"{m.name} (hidden cases)"
        for m in exercise.mistakes
        if any(passes(exercise, m.function, drawn, [right[id(case)] for case in drawn]) for drawn in hidden)
    ]
    mismatched = [m.name for m in exercise.mistakes if not gets_its_message(exercise, m, shown)]
    problems = _problems(exercise, stub_fails, reference_passes, refused, accepted, mismatched)
    return GateRow(
        exercise.id,
        exercise.title,
        stub_fails,
        reference_passes,
        len(exercise.alternatives),
        len(exercise.alternatives) - len(refused),
        len(exercise.mistakes),
        len(exercise.mistakes) - len({name.removesuffix(" (hidden cases)") for name in accepted}),
        len(exercise.mistakes) - len(mismatched),
        tuple(problems),
    )


def passes(
    exercise: Exercise, function: Callable[..., Any], cases: Sequence[Case], expected: Sequence[Outcome] | None = None
) -> bool:
    """Whether a wrong solution gets through all the hidden cases; stops at the first that catches it.

    Args:
        exercise: the exercise.
        function: the wrong solution.
        cases: the hidden cases of one seed.
        expected: what the reference gives on them; computed case by case when None.
    """
    for place, case in enumerate(cases):
        left = expected[place] if expected is not None else call(exercise.reference_function, case)
        (right,) = outcomes_of(exercise, function, [case])
        if right.error or right.side_effect or compare(left.value, right.value, rtol=exercise.rtol, atol=exercise.atol):
            return False
    return True


class _AsFarAsAsked:
    """What a wrong solution gives on the visible cases; one that nobody asks for is not computed."""

    def __init__(self, exercise: Exercise, function: Callable[..., Any]) -> None:
        self.exercise, self.function, self.stub_seen = exercise, function, False

    def __iter__(self) -> Iterator[Outcome]:
        for outcome in outcomes_of(self.exercise, self.function, self.exercise.visible):
            self.stub_seen = self.stub_seen or is_stub(outcome.error)
            yield outcome


def gets_its_message(exercise: Exercise, mistake: Mistake, expected: Sequence[Outcome]) -> bool:
    """Whether an answer that makes this mistake is told so.

    It is when its result is wrong on some visible case, when on each case reached it is not taken for a stub, and when no
    mistake that stands before it in the list gives the same results: `recognise`, which does the telling, takes the first
    that does. One case is enough to tell two mistakes apart, and the first cases of an exercise are the cheap ones, so what
    is behind that case is not computed.

    Args:
        exercise: the exercise.
        mistake: one of its named wrong solutions.
        expected: what the reference gives on the visible cases.
    """
    outcomes = _AsFarAsAsked(exercise, mistake.function)
    if all(agree(exercise, ours, right) for ours, right in zip(outcomes, expected, strict=True)):
        return False
    place = next(place for place, other in enumerate(exercise.mistakes) if other is mistake)
    earlier = replace(exercise, mistakes=exercise.mistakes[:place])
    return recognise(earlier, exercise.visible, expected, outcomes) is None and not outcomes.stub_seen


def _problems(
    exercise: Exercise,
    stub_fails: bool,
    reference_passes: bool,
    refused: list[str],
    accepted: list[str],
    mismatched: list[str],
) -> list[str]:
    found = []
    if not stub_fails:
        found.append("the stub does not fail with the sentence that it is not written yet")
    if not reference_passes:
        found.append("the reference fails")
    if len(exercise.alternatives) < MIN_ALTERNATIVES:
        found.append(f"fewer than {MIN_ALTERNATIVES} alternative solutions")
    if len(exercise.mistakes) < MIN_MISTAKES:
        found.append(f"fewer than {MIN_MISTAKES} named wrong solutions")
    found += [f"alternative {name} is refused" for name in refused]
    found += [f"wrong solution “{name}” is accepted" for name in accepted]
    found += [f"wrong solution “{name}” does not get its own message" for name in mismatched]
    return found
