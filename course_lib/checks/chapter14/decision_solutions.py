"""Exercise 14.1: wrong solutions, one slip each, and other right ones."""

from __future__ import annotations

import re
from collections.abc import Sequence

from course_lib.guardrails.words import GAP, plain_spacing

Answer = tuple[str, float]


def _decide(harm: float, listed: bool, review_at: float, block_at: float) -> Answer:
    if harm >= block_at:
        return "BLOCK", harm
    return ("REVIEW" if listed or harm >= review_at else "ALLOW"), harm


def _harm(label: str, confidence: float) -> float:
    return confidence if label == "harmful" else 1 - confidence


def _listed(prompt: str, phrases: Sequence[str]) -> bool:
    text = plain_spacing(prompt)
    return any(re.search(rf"\b{re.escape(phrase)}\b", text) for phrase in phrases)


def as_published(
    prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float
) -> Answer:
    """All faults at once: letters block, and the confidence of whatever label comes back."""
    if any(phrase in prompt.lower() for phrase in phrases):
        return "BLOCK", 1.0
    return ("BLOCK" if label == "harmful" and confidence >= block_at else "ALLOW"), confidence


def confidence_is_harm(
    prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float
) -> Answer:
    """Reads the confidence of either label as harm."""
    return _decide(confidence, _listed(prompt, phrases), review_at, block_at)


def inverted(
    prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float
) -> Answer:
    """Turns the wrong label round."""
    return _decide(1 - _harm(label, confidence), _listed(prompt, phrases), review_at, block_at)


def harmless_is_zero(
    prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float
) -> Answer:
    """Takes a harmless label for certainty."""
    harm = confidence if label == "harmful" else 0.0
    return _decide(harm, _listed(prompt, phrases), review_at, block_at)


def substring(
    prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float
) -> Answer:
    """Finds phrases inside words."""
    text = plain_spacing(prompt)
    return _decide(_harm(label, confidence), any(phrase in text for phrase in phrases), review_at, block_at)


def begins_with(
    prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float
) -> Answer:
    """Minds the beginning of the word and not its end."""
    text = plain_spacing(prompt)
    found = any(re.search(rf"\b{re.escape(phrase)}", text) for phrase in phrases)
    return _decide(_harm(label, confidence), found, review_at, block_at)


def own_case(
    prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float
) -> Answer:
    """Does not fold the case."""
    text = GAP.sub(" ", prompt)
    found = any(re.search(rf"\b{re.escape(phrase)}\b", text) for phrase in phrases)
    return _decide(_harm(label, confidence), found, review_at, block_at)


def own_spacing(
    prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float
) -> Answer:
    """Does not mend the spacing."""
    found = any(re.search(rf"\b{re.escape(phrase)}\b", prompt.casefold()) for phrase in phrases)
    return _decide(_harm(label, confidence), found, review_at, block_at)


def single_words(
    prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float
) -> Answer:
    """One word of a phrase is enough."""
    words = {word for phrase in phrases for word in phrase.split()}
    found = bool(words & set(re.findall(r"\w+", plain_spacing(prompt))))
    return _decide(_harm(label, confidence), found, review_at, block_at)


def list_blocks(
    prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float
) -> Answer:
    """The list blocks."""
    decision, harm = _decide(_harm(label, confidence), False, review_at, block_at)
    return ("BLOCK" if _listed(prompt, phrases) else decision), harm


def list_softens(
    prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float
) -> Answer:
    """The list comes first, so that it saves a prompt from being blocked."""
    decision, harm = _decide(_harm(label, confidence), False, review_at, block_at)
    return ("REVIEW" if _listed(prompt, phrases) else decision), harm


def no_list(
    prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float
) -> Answer:
    """Forgets the list."""
    return _decide(_harm(label, confidence), False, review_at, block_at)


def strictly_above(
    prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float
) -> Answer:
    """At the threshold nothing happens yet."""
    harm = _harm(label, confidence)
    if harm > block_at:
        return "BLOCK", harm
    return ("REVIEW" if _listed(prompt, phrases) or harm > review_at else "ALLOW"), harm


def confidence_back(
    prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float
) -> Answer:
    """Decides rightly and returns the confidence."""
    decision, _ = _decide(_harm(label, confidence), _listed(prompt, phrases), review_at, block_at)
    return decision, confidence


def by_levels(
    prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float
) -> list[object]:
    """The larger of two levels; a list."""
    harm = {"harmful": confidence, "harmless": 1.0 - confidence}[label]
    by_score = int(harm >= review_at) + int(harm >= block_at)
    text = f" {re.sub(r'[^a-z0-9]+', ' ', prompt.lower())} "
    by_list = int(any(f" {phrase} " in text for phrase in phrases))
    return [("ALLOW", "REVIEW", "BLOCK")[max(by_score, by_list)], harm]


def by_regex(
    prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float
) -> Answer:
    """One pattern for the list, gaps in it."""
    harm = 1 - confidence
    if label != "harmless":
        harm = confidence
    one = "|".join(r"[\s_-]+".join(map(re.escape, phrase.split())) for phrase in phrases)
    listed = re.search(rf"(?<![a-z0-9])(?:{one})(?![a-z0-9])", prompt, re.IGNORECASE)
    if harm < review_at and not listed:
        return "ALLOW", harm
    return "BLOCK" if harm >= block_at else "REVIEW", harm
