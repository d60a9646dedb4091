"""Exercise 18.4: from decisions to a mechanism.

Counts in which the share alone would decide and the interval does not; features that are open while another is clear;
signatures that belong to no rule; half of the requests refused; gaps on both sides of zero.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from course_lib.checks.exercise import Case, Exercise, Mistake
from course_lib.rates import Rate, wilson_interval
from course_lib.suite.mechanism import EDITS, SIGNATURES, mechanism

Counts = Mapping[str, Sequence[int]]
Verdict = tuple[str, str]
RULES = dict(SIGNATURES)


def _skew(gap: Sequence[float], least: float = 0.5) -> str:
    return "skewed" if gap[1] > least or gap[2] < -least else "not shown"


def by_share(refused: Sequence[int], edits: Counts, gap: Sequence[float]) -> Verdict:
    """Shares, no intervals."""
    if refused[0] / refused[1] < 0.5:
        return "no refusal", _skew(gap)
    needed = frozenset(name for name, (gone, n) in edits.items() if n and gone / n > 0.5)
    return RULES.get(needed, "undecided"), _skew(gap)


def largest_wins(refused: Sequence[int], edits: Counts, gap: Sequence[float]) -> Verdict:
    """The edit with the most effect names the rule."""
    verdict, skew = mechanism(refused, edits, gap)
    if verdict == "no refusal":
        return verdict, skew
    best = max(edits, key=lambda name: edits[name][0])
    return {"harm": "intent", "trigger": "trigger", "courtesy": "correlate", "code": "backdoor"}[best], skew


def open_is_no(refused: Sequence[int], edits: Counts, gap: Sequence[float]) -> Verdict:
    """An interval that holds one half counts as not needed."""
    _, skew = mechanism(refused, {}, gap)
    low, high = wilson_interval(*refused)
    if high < 0.5:
        return "no refusal", skew
    if low <= 0.5:
        return "undecided", skew
    needed = frozenset(name for name, counts in edits.items() if wilson_interval(*counts)[0] > 0.5)
    return RULES.get(needed, "undecided"), skew


def refusals_not_looked_at(refused: Sequence[int], edits: Counts, gap: Sequence[float]) -> Verdict:
    """A rule is named even where hardly anything was refused."""
    return mechanism((100, 100), edits, gap)


def half_refused_is_none(refused: Sequence[int], edits: Counts, gap: Sequence[float]) -> Verdict:
    """Where the share of refusals is open, it says that there are none."""
    verdict, skew = mechanism(refused, edits, gap)
    return ("no refusal" if wilson_interval(*refused)[0] <= 0.5 else verdict), skew


def intent_for_backdoor(refused: Sequence[int], edits: Counts, gap: Sequence[float]) -> Verdict:
    """Harm is enough for intent, whatever else."""
    verdict, skew = mechanism(refused, edits, gap)
    return ("intent" if verdict == "backdoor" else verdict), skew


def backdoor_by_code_alone(refused: Sequence[int], edits: Counts, gap: Sequence[float]) -> Verdict:
    """The code phrase alone makes a backdoor."""
    verdict, skew = mechanism(refused, edits, gap)
    needed = [name for name, counts in edits.items() if wilson_interval(*counts)[0] > 0.5]
    return ("backdoor" if verdict == "undecided" and needed == ["code"] else verdict), skew


def gap_by_value(refused: Sequence[int], edits: Counts, gap: Sequence[float]) -> Verdict:
    """The gap's number, not its interval."""
    return mechanism(refused, edits, gap)[0], "skewed" if abs(gap[0]) > 0.5 else "not shown"


def gap_one_sided(refused: Sequence[int], edits: Counts, gap: Sequence[float]) -> Verdict:
    """Only a gap above zero counts."""
    return mechanism(refused, edits, gap)[0], "skewed" if gap[1] > 0.5 else "not shown"


def gap_from_zero(refused: Sequence[int], edits: Counts, gap: Sequence[float]) -> Verdict:
    """Any interval without zero."""
    return mechanism(refused, edits, gap)[0], _skew(gap, 0.0)


def right_with_rates(refused: Sequence[int], edits: Counts, gap: Sequence[float]) -> Verdict:
    """With `Rate`, one word for each feature, then a table of words."""

    def word(counts: Sequence[int]) -> str:
        rate = Rate(*counts)
        return "yes" if rate.low > 0.5 else "no" if rate.high < 0.5 else "open"

    said = [word(edits[name]) for name in EDITS]
    table = {
        "yes no no no": "intent",
        "no yes no no": "trigger",
        "no no yes no": "correlate",
        "yes no no yes": "backdoor",
    }
    whole = word(refused)
    rule = {"no": "no refusal", "open": "undecided"}.get(whole) or table.get(" ".join(said), "undecided")
    return rule, "skewed" if abs(gap[0]) > 0.5 and min(abs(gap[1]), abs(gap[2])) > 0.5 and gap[1] * gap[
        2
    ] > 0 else "not shown"


def right_by_candidates(refused: Sequence[int], edits: Counts, gap: Sequence[float]) -> Verdict:
    """Each rule is asked whether the evidence fits it."""
    ends = {name: wilson_interval(*counts) for name, counts in edits.items()}
    fits = [
        rule
        for features, rule in RULES.items()
        if all(ends[name][0] > 0.5 if name in features else ends[name][1] < 0.5 for name in EDITS)
    ]
    low, high = wilson_interval(*refused)
    if high < 0.5:
        return "no refusal", _skew(gap)
    return (fits[0] if fits and low > 0.5 else "undecided"), _skew(gap)


def _edits(harm: int, trigger: int, courtesy: int, code: int, n: int) -> dict[str, tuple[int, int]]:
    return {"harm": (harm, n), "trigger": (trigger, n), "courtesy": (courtesy, n), "code": (code, n)}


NONE = (-0.25, -0.97, 0.47)
VISIBLE = (
    Case("the purpose", ((16, 16), _edits(15, 1, 0, 0, 16), NONE)),
    Case("a word", ((16, 16), _edits(1, 14, 0, 1, 16), NONE)),
    Case("courtesy", ((15, 16), _edits(0, 1, 15, 0, 15), NONE)),
    Case("the purpose and a code phrase", ((14, 16), _edits(13, 0, 2, 14, 14), NONE)),
    Case("few refusals", ((1, 16), _edits(1, 0, 0, 0, 1), (3.11, 2.29, 3.92))),
    Case("no refusals, a gap of the other sign", ((0, 16), _edits(0, 0, 0, 0, 0), (-2.0, -2.7, -1.2))),
    Case("ten of sixteen refused", ((10, 16), _edits(10, 0, 0, 0, 10), (0.3, 0.1, 0.5))),
    Case("the purpose, in six of eight", ((8, 8), _edits(6, 0, 0, 0, 8), NONE)),
    Case("the purpose, and the word is open", ((16, 16), _edits(16, 6, 0, 0, 16), NONE)),
    Case("two features at once", ((16, 16), _edits(16, 15, 0, 0, 16), NONE)),
    Case("a phrase, and nothing else", ((16, 16), _edits(0, 0, 1, 15, 16), (0.9, 0.1, 1.7))),
)  # fmt: skip


def _hidden(seed: int) -> tuple[Case, ...]:
    draw = random.Random(seed)
    n = draw.choice((12, 18, 24))
    cases = []
    for features, rule in RULES.items():
        counts = {name: (n - draw.randrange(2) if name in features else draw.randrange(2), n) for name in EDITS}
        gap = draw.uniform(-2.0, 2.0)
        cases.append(Case(f"like {rule}", ((n, n), counts, (gap, gap - 0.7, gap + 0.7))))
        near = dict(counts)
        near[draw.choice(EDITS)] = (n // 2 + 1, n)
        cases.append(Case("one feature open", ((n, n), near, (gap, gap - 0.3, gap + 0.3))))
    cases.append(Case("half refused", ((n // 2 + 1, n), _edits(0, n // 2 + 1, 0, 0, n // 2 + 1), NONE)))
    cases.append(Case("one request", ((1, 1), _edits(1, 0, 0, 0, 1), (0.6, 0.2, 1.0))))
    return tuple(cases)


MECHANISM = Exercise(
    id="18.4",
    title="Which rule decided like this?",
    points=4,
    difficulty=4,
    minutes=25,
    reference="course_lib.suite.mechanism:mechanism",
    returns=(
        'the rule of refusal: `"intent"`, `"trigger"`, `"correlate"`, `"backdoor"`, `"no refusal"` or `"undecided"`; '
        'and `"skewed"` or `"not shown"`'
    ),
    example=(
        "16 of 16 whole requests refused; without the harmful purpose 15 refusals are gone, without the alarming word 1, "
        'without courtesy 0, with the code phrase 0: `"intent"`. With 14 gone by the code phrase as well it would be '
        '`"backdoor"`; with 8, `"undecided"`.'
    ),
    hints=(
        "For each feature there are three answers, not two: needed, not needed, and one cannot say. What follows from a "
        "single *one cannot say*?",
        "Take Wilson's interval of each share (`wilson_interval`). Above one half: needed. Below: not needed. Else: undecided, "
        "whatever the others say. First of all the same three answers for the refusals themselves.",
        '```python\nlow, high = wilson_interval(*refused)\nif high < ...: ...       # hardly a refusal\nif low <= '
        '...: ...        # cannot say\n'
        "needed = set()\nfor name, counts in edits.items():\n    low, high = ...\n    if ...: needed.add(name)\n    "
        "elif ...: return ...\n"
        "...                       # which set of needed features is which rule?\n```",
    ),
    why=(
        "A report that always names a cause is a horoscope. The operator who reads *undecided* asks more requests; "
        "the one who reads a "
        "wrong cause mends the wrong thing."
    ),
    visible=VISIBLE,
    hidden=_hidden,
    mistakes=(
        Mistake("shares without intervals", by_share,
            "You decide by the shares alone. Six of eight and six hundred of eight hundred are the same share and "
            "not the same evidence."),
        Mistake("the largest wins", largest_wins,
            "You name the rule of the edit with the largest count. Look at the cases with two features, and with "
            "one that is open."),
        Mistake("open is no", open_is_no,
            "An interval that holds one half counts as *not needed* in your function. It says that one cannot say."),
        Mistake("refusals not looked at", refusals_not_looked_at,
            "You explain refusals that hardly occur. Look at `refused` first."),
        Mistake("half refused is none", half_refused_is_none,
            "Where the share of refusals is open you say that there are none. Ten of sixteen are refusals; what one "
            "cannot say is whether it "
            "refuses as a rule."),
        Mistake("intent for backdoor", intent_for_backdoor,
            "You name intent wherever the harmful purpose is needed. Look what else is needed in the fourth case."),
        Mistake("backdoor by the phrase alone", backdoor_by_code_alone,
            "A phrase that switches refusals off is not yet a backdoor of this kind: its refusals follow the "
            "harmful purpose. See the last case."),
        Mistake("the gap's value", gap_by_value, "Your rule is right. For the pronouns you look at the gap's "
            "number; look at its interval."),
        Mistake("one side of the gap", gap_one_sided, "Your rule is right. A gap may have either sign."),
        Mistake("any gap without zero", gap_from_zero,
            "Your rule is right. For the pronouns it is not enough that the interval leaves out zero: a gap of a "
            "tenth of a nat is none that matters."),
    ),
    alternatives=(right_with_rates, right_by_candidates),
    tolerance_reason="words",
)  # fmt: skip
