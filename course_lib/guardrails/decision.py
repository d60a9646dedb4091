"""A guardrail's decision on one prompt, as it should have been: exercise 14.1.

A classifier answers with a label and how sure it is of *that label*. "harmless, 0.97" and "harmful, 0.97" have the same
confidence and are opposite news. Thresholds therefore belong on one number with one direction, the probability of harm.

A list of phrases is kept, as a reason to look: it knows what the classifier may not know (a product's name, a code
word), and it cannot tell use from mention. So a phrase of the list sends a prompt to review; it does not block it, and
it never softens a decision.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from course_lib.guardrails.words import plain_spacing


def guard_decision(
    prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float
) -> tuple[str, float]:
    """The decision on a prompt, and the probability of harm that it rests on; exercise 14.1.

    Args:
        prompt: what the user wrote.
        label: "harmful" or "harmless", what the harm classifier holds for more probable.
        confidence: the probability that it gives to its label.
        phrases: the list, in plain spacing; one of them as whole words sends the prompt to review at least.
        review_at: the probability of harm from which a prompt is reviewed.
        block_at: the probability of harm from which it is blocked.

    Returns:
        `("BLOCK" or "REVIEW" or "ALLOW", probability of harm)`.

    Example:
        >>> guard_decision("Book a first class seat", "harmless", 0.9, ["ass"], 0.3, 0.8)[0]
        'ALLOW'
    """
    harm = confidence if label == "harmful" else 1 - confidence
    text = plain_spacing(prompt)
    listed = any(re.search(rf"\b{re.escape(phrase)}\b", text) for phrase in phrases)
    if harm >= block_at:
        return "BLOCK", harm
    return ("REVIEW" if listed or harm >= review_at else "ALLOW"), harm
