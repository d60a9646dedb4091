"""From a classifier's score to what is done with a text.

A classifier gives one number: how *unsafe* it takes the text to be. Two questions are asked of it. Which class? Unsafe
from 0.5 on. How sure? The **confidence** is the score of the class that was chosen: the score itself where it says
unsafe, and one minus the score where it says safe. So it is never below 0.5, and it is high at both ends.

A published filter takes `1 - score` for the confidence in both cases. Then a score of 0.99 is "unsafe, confidence
0.01", which is too unsure to act on, and the clearest cases pass.
"""

from __future__ import annotations


def decide(scores: list[float | None], flagged: list[bool], sure: float) -> list[str]:
    """What to do with each text: `"block"`, `"review"` or `"pass"`.

    Args:
        scores: how unsafe a classifier takes each text to be, from 0 to 1; None where it failed.
        flagged: whether a rule fired; a rule needs no second opinion.
        sure: the confidence from which the classifier decides alone; below it a person has to look.

    Example:
        >>> decide([0.97, 0.6, 0.1, 0.1], [False, False, False, True], 0.8)
        ['block', 'review', 'pass', 'block']
    """
    decisions = []
    for score, rule in zip(scores, flagged, strict=True):
        if rule:
            decisions.append("block")
        elif score is None or max(score, 1 - score) < sure:
            decisions.append("review")
        else:
            decisions.append("block" if score >= 0.5 else "pass")
    return decisions
