"""Exercise 16.1: from scores to block, review and pass. The repair.

The scores lie on both sides of one half, at the ends, exactly on the limits, and one is missing; rules fire on texts that the
classifier finds harmless.
"""

from __future__ import annotations

import random

import numpy as np

from course_lib.checks.exercise import Case, Exercise, Mistake
from course_lib.filtering.decision import decide

Scores = list[float | None]
Flags = list[bool]


def as_published(scores: Scores, flagged: Flags, sure: float) -> list[str]:
    """The confidence is one minus the score, whatever the verdict."""
    made = []
    for score, rule in zip(scores, flagged, strict=True):
        value = score or 0.0
        made.append("block" if rule or (value >= 0.5 and 1 - value >= sure) else "pass")
    return made


def other_confidence(scores: Scores, flagged: Flags, sure: float) -> list[str]:
    """Three actions as they should be, and still one minus the score."""
    made = []
    for score, rule in zip(scores, flagged, strict=True):
        if rule:
            made.append("block")
        elif score is None or 1 - score < sure:
            made.append("review")
        else:
            made.append("block" if score >= 0.5 else "pass")
    return made


def score_is_confidence(scores: Scores, flagged: Flags, sure: float) -> list[str]:
    """The score is the confidence in both classes."""
    made = []
    for score, rule in zip(scores, flagged, strict=True):
        made.append("block" if rule or (score is not None and score >= sure and score >= 0.5) else "review")
    return made


def _with(scores: Scores, flagged: Flags, sure: float, none: str) -> list[str]:
    known = decide(scores, flagged, sure)
    return [none if s is None and not f else k for s, f, k in zip(scores, flagged, known, strict=True)]


def none_passes(scores: Scores, flagged: Flags, sure: float) -> list[str]:
    """A failed classifier means safe."""
    return _with(scores, flagged, sure, "pass")


def none_blocks(scores: Scores, flagged: Flags, sure: float) -> list[str]:
    """A failed classifier means unsafe."""
    return _with(scores, flagged, sure, "block")


def rule_needs_classifier(scores: Scores, flagged: Flags, sure: float) -> list[str]:
    """A rule counts only where the classifier agrees."""
    both = [f and s is not None and s >= 0.5 for s, f in zip(scores, flagged, strict=True)]
    return decide(scores, both, sure)


def no_rules(scores: Scores, flagged: Flags, sure: float) -> list[str]:
    """The rules are forgotten."""
    return decide(scores, [False] * len(scores), sure)


def rule_reviews(scores: Scores, flagged: Flags, sure: float) -> list[str]:
    """A rule sends to a person."""
    known = no_rules(scores, flagged, sure)
    return ["review" if f else k for f, k in zip(flagged, known, strict=True)]


def strictly_surer(scores: Scores, flagged: Flags, sure: float) -> list[str]:
    """Exactly the limit is not sure enough."""
    return decide(scores, flagged, sure + 1e-9)


def unsure_passes(scores: Scores, flagged: Flags, sure: float) -> list[str]:
    """Whoever is unsure lets pass."""
    known = decide(scores, flagged, sure)
    return [k if s is None or k != "review" else "pass" for s, k in zip(scores, known, strict=True)]


def one_sided(scores: Scores, flagged: Flags, sure: float) -> list[str]:
    """Only what looks unsafe can be in doubt."""
    known = decide(scores, flagged, sure)
    return ["pass" if k == "review" and s is not None and s < 0.5 else k for s, k in zip(scores, known, strict=True)]


def half_is_safe(scores: Scores, flagged: Flags, sure: float) -> list[str]:
    """Exactly one half is safe."""
    return decide([s if s is None or s != 0.5 else 0.5 - 1e-12 for s in scores], flagged, sure - 1e-11)


def right_by_limits(scores: Scores, flagged: Flags, sure: float) -> list[str]:
    """Two limits on the score itself."""
    made = []
    for score, rule in zip(scores, flagged, strict=True):
        action = "review"
        if rule or (score is not None and score >= 0.5 and score >= sure):
            action = "block"
        elif score is not None and score < 0.5 and 1 - score >= sure:
            action = "pass"
        made.append(action)
    return made


def right_by_arrays(scores: Scores, flagged: Flags, sure: float) -> list[str]:
    """NumPy, with not-a-number for None."""
    values = np.array([np.nan if score is None else score for score in scores], dtype=float)
    confident = np.maximum(values, 1 - values) >= sure
    verdict = np.where(values >= 0.5, "block", "pass")
    return [
        str(one) for one in np.where(np.array(flagged, dtype=bool), "block", np.where(confident, verdict, "review"))
    ]


VISIBLE = (
    Case("the clearly unsafe", ([0.99, 0.95, 0.9], [False, False, False], 0.8)),
    Case("the clearly safe", ([0.01, 0.1, 0.19], [False, False, False], 0.8)),
    Case("in between", ([0.6, 0.4, 0.75, 0.3], [False, False, False, False], 0.8)),
    Case("a rule fires", ([0.05, 0.5, 0.97, 0.3], [True, True, True, True], 0.8)),
    Case("the classifier failed", ([None, None, 0.9], [False, True, False], 0.8)),
    Case("exactly on the limits", ([0.75, 0.25, 0.5], [False, False, False], 0.75)),
    Case("whoever is always sure", ([0.5, 0.49, 0.51], [False, False, False], 0.5)),
)


def _hidden(seed: int) -> tuple[Case, ...]:
    draw = random.Random(seed)
    scores: Scores = [0.98, 0.02, 0.55, 0.45, None, None, 0.875, 0.125, 0.1, 0.5]
    flags = [False] * 4 + [False, True, False, False, True, False]
    for _ in range(draw.randrange(4, 12)):
        scores.append(round(draw.random(), 3))
        flags.append(draw.random() < 0.3)
    order = draw.sample(range(len(scores)), len(scores))
    mixed = ([scores[i] for i in order], [flags[i] for i in order])
    return (
        Case("a mixture", (*mixed, 0.875)),
        Case("another limit", (*mixed, 0.625)),
        Case("half is enough", ([0.5, 0.5, 0.3, None], [False, True, False, False], 0.5)),
    )


DECIDE = Exercise(
    id="16.1",
    title="Sure of what?",
    points=4,
    difficulty=2,
    minutes=12,
    reference="course_lib.filtering.decision:decide",
    returns=(
        '`"block"`, `"review"` or `"pass"` for each text: block where a rule fired; review where the classifier '
        'failed (`None`) or its '
        "confidence in its own verdict is below `sure`; otherwise what the classifier says (unsafe from 0.5 on)"
    ),
    example=(
        "`decide([0.97, 0.6, 0.1, 0.1], [False, False, False, True], 0.8)` is "
        '`["block", "review", "pass", "block"]`: clearly unsafe, unsure, clearly safe, and a rule fired.'
    ),
    hints=(
        "What does a score of 0.97 say, and how sure is it? What does a score of 0.03 say, and how sure is that?",
        "The confidence is that of the class that was chosen: the score where it says unsafe, one minus the "
        "score where it says safe. "
        "Ask about the rule first, then whether there is a score, then about the confidence.",
        "```python\nif rule:\n    ...\nelif score is None or max(score, ...) < sure:\n    ...\nelse:\n    ... "
        "if score >= 0.5 else ...\n```",
    ),
    why=(
        "This fault does not look like one: borderline texts are stopped, so the filter seems to work. What "
        "passes are the clearest cases."
    ),
    visible=VISIBLE,
    hidden=_hidden,
    mistakes=(
        Mistake("as published", as_published,
            "These are the actions of the published version: a score of 0.99 has a confidence of 0.01 in it, "
            "and the clearest cases pass."),
        Mistake("confidence of the other class", other_confidence,
            "Your confidence is one minus the score for every text. For which of the two verdicts is that the right number?"),
        Mistake("the score is the confidence", score_is_confidence,
            "You take the score for the confidence of both verdicts, so no text is ever clearly safe. Look at the second case."),
        Mistake("failed means safe", none_passes, "You let pass what the classifier could not judge. Nobody has "
        "looked at that text."),
        Mistake("failed means unsafe", none_blocks, "You block what the classifier could not judge. A person should look at it."),
        Mistake("a rule needs the classifier", rule_needs_classifier,
            "You listen to a rule only where the classifier agrees. A rule was written for what the classifier does not see."),
        Mistake("rules forgotten", no_rules, "You do not use `flagged`."),
        Mistake("a rule sends to review", rule_reviews, "You send to review where a rule fired. Look at the "
        "case in which rules fire."),
        Mistake("strictly surer", strictly_surer, "A confidence of exactly `sure` is enough. Look at your comparison."),
        Mistake("unsure passes", unsure_passes, "You let pass where the classifier is unsure. That is what review is for."),
        Mistake("doubt on one side", one_sided,
            "You send to review what is a little unsafe, and let pass what is a little safe. Doubt has two sides here."),
        Mistake("half is safe", half_is_safe, "A score of exactly 0.5 counts as unsafe here. Look at your comparison."),
    ),
    alternatives=(right_by_limits, right_by_arrays),
    tolerance_reason="text only",
)  # fmt: skip
