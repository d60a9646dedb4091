"""What was to be reached, and whether it was.

The goals were set before anything was measured. A goal that was not measured is no goal that was met.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from course_lib.benchmarks.completeness import Completeness
from course_lib.benchmarks.integrated import INTEGRATED
from course_lib.benchmarks.patching import EXACT, HEADS, MAP
from course_lib.benchmarks.removal import REPLACEMENT
from course_lib.benchmarks.shapley import EXACT as SHAPLEY_EXACT
from course_lib.benchmarks.shapley import SAMPLED as SHAPLEY_SAMPLED
from course_lib.benchmarks.states import STATES
from course_lib.benchmarks.timing import Timing, agreement, find, ratio
from course_lib.benchmarks.ways import CAPTUM, LOOP, OURS, TUNED


@dataclass(frozen=True)
class Goal:
    """A goal and what was reached.

    Attributes:
        what: the goal in words.
        reached: the number in words.
        met: whether it was met; None where there was no number to be met.
    """

    what: str
    reached: str
    met: bool | None


SPEED: tuple[tuple[str, str, tuple[int, ...], float], ...] = (
    (REPLACEMENT.name, CAPTUM, (32,), 4.0),
    (REPLACEMENT.name, CAPTUM, (128,), 3.0),
    (INTEGRATED.name, TUNED, (), 1.0),
    (SHAPLEY_SAMPLED.name, CAPTUM, (), 5.0),
    (SHAPLEY_EXACT.name, CAPTUM, (), 5.0),
    (STATES.name, LOOP, (), 6.0),
    (MAP.name, LOOP, (), 3.0),
)
"""Comparison, against which way, at which lengths (all that were measured, if none is named), how many times as fast."""


def goals(timings: Sequence[Timing], completeness: Completeness | None = None) -> list[Goal]:
    """Every goal of which something was measured."""
    found = []
    for name, way, lengths, wanted in SPEED:
        measured = sorted({timing.length for timing in timings if timing.comparison == name})
        for length in (length for length in measured if not lengths or length in lengths):
            reached = ratio(timings, name, length, way)
            found += [] if reached is None else [_speed(name, length, way, wanted, reached)]
    found += _memory(timings)
    if completeness is not None:
        worst = max(completeness.errors)
        what = f"integrated gradients: error of completeness under 1 % on {len(completeness.errors)} prompts"
        found.append(Goal(what, f"{completeness.good}, largest {worst:.1%}", worst < 0.01))
    return found + _correlation(timings)


def _speed(name: str, length: int, way: str, wanted: float, reached: float) -> Goal:
    place = f" at {length} tokens" if length else ""
    what = f"{name}{place}: " + ("faster than" if wanted == 1 else f"{wanted:g} times as fast as") + f" {way}"
    return Goal(what, f"{reached:.2f} times", reached > wanted if wanted == 1 else reached >= wanted)


def _memory(timings: Sequence[Timing]) -> list[Goal]:
    """Integrated gradients are to need less memory than the best setting of Captum."""
    found = []
    for length in sorted({timing.length for timing in timings if timing.comparison == INTEGRATED.name}):
        ours, theirs = (find(timings, INTEGRATED.name, length, way) for way in (OURS, TUNED))
        if ours and theirs and ours.bytes is not None and theirs.bytes is not None:
            what = f"{INTEGRATED.name} at {length} tokens: less memory than {TUNED}"
            reached = f"{ours.bytes / 1e6:.0f} MB against {theirs.bytes / 1e6:.0f} MB"
            found.append(Goal(what, reached, ours.bytes < theirs.bytes))
    return found


def _correlation(timings: Sequence[Timing]) -> list[Goal]:
    """What attribution patching is worth, to be printed and not to be met."""
    found = []
    for length in sorted({timing.length for timing in timings if timing.comparison == HEADS.name}):
        ours, exact = (find(timings, HEADS.name, length, way) for way in (OURS, EXACT))
        like = agreement(ours, exact) if ours and exact else {}
        if like and exact:
            what = f"{HEADS.name} at {length} tokens: one backward pass in place of {len(exact.values)} forward passes"
            reached = f"Pearson {like['pearson']:.2f}, Spearman {like['spearman']:.2f} with the exact map"
            found.append(Goal(what, reached, None))
    return found
