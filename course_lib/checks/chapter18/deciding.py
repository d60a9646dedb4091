"""Exercise 18.2: from intervals and limits to an exit code.

Ends exactly on a limit, measures that are missing altogether and measures that are None, smallest and largest allowed
values, strict and lenient; values on one side of a limit whose interval reaches to the other.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

from course_lib.checks.exercise import Case, Exercise, Mistake
from course_lib.rates import wilson_interval
from course_lib.suite.gate import decide

Measured = Mapping[str, Sequence[float] | None]
Verdict = tuple[int, dict[str, str]]


def _with(
    rule: Callable[[float, float, float, float, bool, bool], bool],
    missing: str = "unknown",
    code: Callable[[list[str]], int] | None = None,
) -> Callable[[Measured, Mapping[str, float], bool], Verdict]:
    """A gate from `rule(value, low, high, bound, is_max, strict)`, which says whether a limit is exceeded."""

    def gate(measured: Measured, limits: Mapping[str, float], strict: bool) -> Verdict:
        said = {}
        for limit, bound in limits.items():
            found = measured.get(limit[4:])
            if found is None:
                said[limit] = missing
            else:
                value, low, high = found
                bad = rule(value, low, high, bound, limit.startswith("max_"), strict)
                said[limit] = "exceeded" if bad else "kept"
        words = list(said.values())
        usual = 1 if "exceeded" in words else 2 if "unknown" in words else 0
        return (usual if code is None else code(words)), said

    return gate


def _right(value: float, low: float, high: float, bound: float, is_max: bool, strict: bool) -> bool:
    if is_max:
        return (high if strict else low) > bound
    return (low if strict else high) < bound


point = _with(lambda value, low, high, bound, is_max, strict: value > bound if is_max else value < bound)
swapped = _with(lambda v, low, high, bound, is_max, strict: _right(v, low, high, bound, is_max, not strict))
always_strict = _with(lambda v, low, high, bound, is_max, strict: _right(v, low, high, bound, is_max, True))
never_strict = _with(lambda v, low, high, bound, is_max, strict: _right(v, low, high, bound, is_max, False))
missing_is_kept = _with(_right, missing="kept")
missing_is_exceeded = _with(_right, missing="exceeded")
unknown_first = _with(_right, code=lambda words: 2 if "unknown" in words else 1 if "exceeded" in words else 0)
unknown_passes = _with(_right, code=lambda words: int("exceeded" in words))
all_are_max = _with(lambda v, low, high, bound, is_max, strict: _right(v, low, high, bound, True, strict))
same_end_for_min = _with(
    lambda v, low, high, bound, is_max, strict: (
        ((high if strict else low) > bound) if is_max else ((high if strict else low) < bound)
    )
)
on_the_limit = _with(
    lambda v, low, high, bound, is_max, strict: (
        ((high if strict else low) >= bound) if is_max else ((low if strict else high) <= bound)
    )
)


def stops_at_the_first(measured: Measured, limits: Mapping[str, float], strict: bool) -> Verdict:
    """Ends at the first limit that is exceeded."""
    code, said = decide(measured, limits, strict)
    seen: dict[str, str] = {}
    for name, verdict in said.items():
        seen[name] = verdict
        if verdict == "exceeded":
            break
    return code, seen


def right_plain(measured: Measured, limits: Mapping[str, float], strict: bool) -> Verdict:
    """Four comparisons written out."""
    said: dict[str, str] = {}
    for limit in limits:
        side, name = limit.split("_", 1)
        if name not in measured or measured[name] is None:
            said[limit] = "unknown"
            continue
        _, low, high = measured[name]  # type: ignore[misc]
        if side == "max":
            bad = high > limits[limit] if strict else low > limits[limit]
        else:
            bad = low < limits[limit] if strict else high < limits[limit]
        said[limit] = "exceeded" if bad else "kept"
    if "exceeded" in said.values():
        return 1, said
    return (2 if "unknown" in said.values() else 0), said


right_by_rule = _with(_right)


def _rate(successes: int, n: int) -> list[float]:
    low, high = wilson_interval(successes, n)
    return [successes / n, low, high]


MEASURED = {
    "compliance": _rate(9, 12),
    "over_refusal": _rate(2, 40),
    "accuracy": _rate(33, 60),
    "jailbreak": None,
    "leak": _rate(1, 8),
    "pronoun_gap": [3.11, 2.29, 3.92],
}
VISIBLE = (
    Case("clearly above and clearly within", (MEASURED, {"max_compliance": 0.2, "max_over_refusal": 0.3}, False)),
    Case(
        "above by the number, not by the interval",
        (MEASURED, {"max_leak": 0.1, "max_over_refusal": 0.04, "max_accuracy": 0.6}, False),
    ),
    Case("the same, strict", (MEASURED, {"max_leak": 0.1, "max_over_refusal": 0.3}, True)),
    Case("a smallest allowed value", (MEASURED, {"min_accuracy": 0.6, "min_compliance": 0.2}, False)),
    Case("the same, strict", (MEASURED, {"min_accuracy": 0.6, "min_compliance": 0.2}, True)),
    Case("one could not be measured", (MEASURED, {"max_jailbreak": 0.5, "max_over_refusal": 0.3}, False)),
    Case("one was not asked for", (MEASURED, {"max_toxicity": 0.1}, True)),
    Case(
        "unknown and exceeded",
        (MEASURED, {"max_jailbreak": 0.5, "max_compliance": 0.2, "max_over_refusal": 0.3}, False),
    ),
    Case(
        "an end on the limit", ({"a": [0.5, 0.25, 0.75], "b": [0.5, 0.25, 0.75]}, {"max_a": 0.25, "min_b": 0.75}, False)
    ),
    Case(
        "an end on the limit, strict",
        ({"a": [0.5, 0.25, 0.75], "b": [0.5, 0.25, 0.75]}, {"max_a": 0.75, "min_b": 0.25}, True),
    ),
    Case("no limits", (MEASURED, {}, False)),
)


def _hidden(seed: int) -> tuple[Case, ...]:
    draw = random.Random(seed)
    cases = []
    for strict in (False, True):
        measured: dict[str, Sequence[float] | None] = {
            f"m{place}": _rate(draw.randrange(1, 20), 20) for place in range(5)
        }
        limits = {f"{draw.choice(('max', 'min'))}_m{place}": draw.choice((0.2, 0.4, 0.6, 0.8)) for place in range(5)}
        cases.append(Case(f"five limits, {'strict' if strict else 'lenient'}", (measured, limits, strict)))
        cases.append(Case("one of them missing", ({**measured, "m2": None}, limits, strict)))
    low, high = wilson_interval(draw.randrange(3, 9), 12)
    cases.append(Case("only unknown ones", ({"m": None}, {"max_m": 0.5, "min_k": 0.1}, False)))
    cases.append(Case("both sides", ({"m": [0.5, low, high]}, {"max_m": low, "min_m": high}, False)))
    return tuple(cases)


DECIDE = Exercise(
    id="18.2",
    title="May it go on?",
    points=3,
    difficulty=3,
    minutes=20,
    reference="course_lib.suite.gate:decide",
    returns='the exit code, 0, 1 or 2, and for each limit `"kept"`, `"exceeded"` or `"unknown"`',
    example=(
        '`decide({"leak": [0.125, 0.02, 0.47]}, {"max_leak": 0.1}, strict=False)` is `(0, {"max_leak": "kept"})`: '
        'one leak in eight '
        "does not contradict a true rate of 0.1. With `strict=True` it is `(1, {\"max_leak\": \"exceeded\"})`: it "
        "does not support it either."
    ),
    hints=(
        "Draw an interval and a limit on a line. Which end has to be beyond the limit before the *whole* interval "
        "is? And which one "
        "has to be within before the whole interval is?",
        "For a largest value: lenient looks at the lower end, strict at the upper one. For a smallest value "
        "everything is mirrored. "
        "What is missing is neither kept nor exceeded, and it decides the exit code only where nothing is exceeded.",
        '```python\nfor limit, bound in limits.items():\n    kind, _, name = limit.partition("_")\n    interval = '
        'measured.get(name)\n'
        '    if interval is None: ...\n    _, low, high = interval\n    if kind == "max":\n        bad = (... if '
        'strict else ...) > bound\n    else:\n'
        "        bad = (... if strict else ...) < bound\n```",
    ),
    why=(
        "This is the line of code at which somebody's deployment stops or goes on. A gate that lets through what "
        "was not measured is "
        "worse than none, because people rely on it."
    ),
    visible=VISIBLE,
    hidden=_hidden,
    mistakes=(
        Mistake("the number, not the interval", point,
            "You compare the number itself. One of eight and a hundred of eight hundred are not the same evidence: "
            "compare an end of "
            "the interval."),
        Mistake("strict and lenient swapped", swapped,
            "Your two readings are swapped: lenient asks whether the whole interval lies beyond the limit, strict whether all of "
            "it lies within."),
        Mistake("always strict", always_strict, "`strict` changes nothing in your gate: you always look at the far end."),
        Mistake("never strict", never_strict, "`strict` changes nothing in your gate: you always look at the near end."),
        Mistake("missing is kept", missing_is_kept,
            "What could not be measured passes your gate. The part that crashed may be the one that would have found the fault."),
        Mistake("missing is exceeded", missing_is_exceeded,
            "You report what could not be measured as exceeded. Nobody knows that: it has a verdict and an exit "
            "code of its own."),
        Mistake("unknown before exceeded", unknown_first,
            "Your verdicts are right; the exit code is not where both kinds occur. What is known to be exceeded goes first."),
        Mistake("unknown passes", unknown_passes,
            "Your verdicts are right, and the exit code is 0 although something could not be measured."),
        Mistake("every limit is a largest value", all_are_max,
            "You read every limit as a largest value. `min_` is a smallest one: there a value below it is bad."),
        Mistake("not mirrored", same_end_for_min,
            "For smallest values you look at the same end as for largest ones. Mirror it: there the *upper* end is "
            "the near one."),
        Mistake("on the limit", on_the_limit, "An end that lies exactly on the limit is within. Look at your comparison."),
        Mistake("stops at the first", stops_at_the_first,
            "You stop at the first limit that is exceeded. Who reads the report wants to know all of them."),
    ),
    alternatives=(right_plain, right_by_rule),
    tolerance_reason="whole numbers and words; ends are compared exactly",
)  # fmt: skip
