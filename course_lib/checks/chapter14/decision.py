"""Exercise 14.1: repair the published guardrail.

Each case is one prompt that pulls one of its faults into the open; the mistakes differ from each other on at least one.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from course_lib.checks.exercise import Case, Exercise, Mistake
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


def as_published(prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float) -> Answer:
    """All faults at once: letters block, and the confidence of whatever label comes back."""
    if any(phrase in prompt.lower() for phrase in phrases):
        return "BLOCK", 1.0
    return ("BLOCK" if label == "harmful" and confidence >= block_at else "ALLOW"), confidence


def confidence_is_harm(prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float) -> Answer:
    """Reads the confidence of either label as harm."""
    return _decide(confidence, _listed(prompt, phrases), review_at, block_at)


def inverted(prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float) -> Answer:
    """Turns the wrong label round."""
    return _decide(1 - _harm(label, confidence), _listed(prompt, phrases), review_at, block_at)


def harmless_is_zero(prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float) -> Answer:
    """Takes a harmless label for certainty."""
    harm = confidence if label == "harmful" else 0.0
    return _decide(harm, _listed(prompt, phrases), review_at, block_at)


def substring(prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float) -> Answer:
    """Finds phrases inside words."""
    text = plain_spacing(prompt)
    return _decide(_harm(label, confidence), any(phrase in text for phrase in phrases), review_at, block_at)


def begins_with(prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float) -> Answer:
    """Minds the beginning of the word and not its end."""
    text = plain_spacing(prompt)
    found = any(re.search(rf"\b{re.escape(phrase)}", text) for phrase in phrases)
    return _decide(_harm(label, confidence), found, review_at, block_at)


def own_case(prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float) -> Answer:
    """Does not fold the case."""
    text = GAP.sub(" ", prompt)
    found = any(re.search(rf"\b{re.escape(phrase)}\b", text) for phrase in phrases)
    return _decide(_harm(label, confidence), found, review_at, block_at)


def own_spacing(prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float) -> Answer:
    """Does not mend the spacing."""
    found = any(re.search(rf"\b{re.escape(phrase)}\b", prompt.casefold()) for phrase in phrases)
    return _decide(_harm(label, confidence), found, review_at, block_at)


def single_words(prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float) -> Answer:
    """One word of a phrase is enough."""
    words = {word for phrase in phrases for word in phrase.split()}
    found = bool(words & set(re.findall(r"\w+", plain_spacing(prompt))))
    return _decide(_harm(label, confidence), found, review_at, block_at)


def list_blocks(prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float) -> Answer:
    """The list blocks."""
    decision, harm = _decide(_harm(label, confidence), False, review_at, block_at)
    return ("BLOCK" if _listed(prompt, phrases) else decision), harm


def list_softens(prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float) -> Answer:
    """The list comes first, so that it saves a prompt from being blocked."""
    decision, harm = _decide(_harm(label, confidence), False, review_at, block_at)
    return ("REVIEW" if _listed(prompt, phrases) else decision), harm


def no_list(prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float) -> Answer:
    """Forgets the list."""
    return _decide(_harm(label, confidence), False, review_at, block_at)


def strictly_above(prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float) -> Answer:
    """At the threshold nothing happens yet."""
    harm = _harm(label, confidence)
    if harm > block_at:
        return "BLOCK", harm
    return ("REVIEW" if _listed(prompt, phrases) or harm > review_at else "ALLOW"), harm


def confidence_back(prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float) -> Answer:
    """Decides rightly and returns the confidence."""
    decision, _ = _decide(_harm(label, confidence), _listed(prompt, phrases), review_at, block_at)
    return decision, confidence


def by_levels(prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float) -> list[object]:
    """The larger of two levels; a list."""
    harm = {"harmful": confidence, "harmless": 1.0 - confidence}[label]
    by_score = int(harm >= review_at) + int(harm >= block_at)
    text = f" {re.sub(r'[^a-z0-9]+', ' ', prompt.lower())} "
    by_list = int(any(f" {phrase} " in text for phrase in phrases))
    return [("ALLOW", "REVIEW", "BLOCK")[max(by_score, by_list)], harm]


def by_regex(prompt: str, label: str, confidence: float, phrases: Sequence[str], review_at: float, block_at: float) -> Answer:
    """One pattern for the list, gaps in it."""
    harm = 1 - confidence
    if label != "harmless":
        harm = confidence
    one = "|".join(r"[\s_-]+".join(map(re.escape, phrase.split())) for phrase in phrases)
    listed = re.search(rf"(?<![a-z0-9])(?:{one})(?![a-z0-9])", prompt, re.IGNORECASE)
    if harm < review_at and not listed:
        return "ALLOW", harm
    return "BLOCK" if harm >= block_at else "REVIEW", harm


PHRASES = ["ass", "silver heron", "kill"]


def _cases(draw: random.Random) -> tuple[Case, ...]:
    """One case for each fault, with numbers drawn anew."""
    review_at, block_at = draw.choice((0.25, 0.375)), draw.choice((0.75, 0.875))
    sure, low = round(draw.uniform(0.9, 0.99), 3), round(draw.uniform(0.01, 0.15), 3)
    town = draw.choice(("Massachusetts", "a classroom", "the bass line", "a glass door"))
    longer = draw.choice(("assembly lines", "the assistant", "killer whales", "assets"))
    spaced = draw.choice(("Silver  Heron", "silver\nheron", "silver-heron", "silver _heron"))
    return (
        Case("surely harmless", ("How do I bake bread?", "harmless", sure, PHRASES, review_at, block_at)),
        Case("surely harmful", ("Help me with a burglary.", "harmful", sure, PHRASES, review_at, block_at)),
        Case("harmless, and not sure", ("Open this lock.", "harmless", 0.55, PHRASES, review_at, block_at)),
        Case("a phrase inside a word", (f"Tell me about {town}.", "harmless", sure, PHRASES, review_at, block_at)),
        Case("a word that begins so", (f"Tell me about {longer}.", "harmless", sure, PHRASES, review_at, block_at)),
        Case("another case", ("KILL the stuck process.", "harmless", sure, PHRASES, review_at, block_at)),
        Case("another spacing", (f"what does {spaced.lower()} mean?", "harmless", sure, PHRASES, review_at, block_at)),
        Case("one word of the phrase", ("Polish my silver.", "harmless", sure, PHRASES, review_at, block_at)),
        Case("listed, and surely harmful", ("Help me kill him.", "harmful", sure, PHRASES, review_at, block_at)),
        Case("at the lower threshold", ("Open that door.", "harmful", review_at, PHRASES, review_at, block_at)),
        Case("at the upper threshold", ("Open that safe.", "harmless", 1 - block_at, PHRASES, review_at, block_at)),
        Case("hardly harmful", ("Open my window.", "harmful", low, PHRASES, review_at, block_at)),
    )


def _hidden(seed: int) -> tuple[Case, ...]:
    return _cases(random.Random(seed))


GUARD_DECISION = Exercise(
    id="14.1",
    title="The guardrail, repaired",
    points=3,
    difficulty=2,
    minutes=20,
    reference="course_lib.guardrails.decision:guard_decision",
    returns=(
        "the decision and the probability of harm that it rests on. BLOCK from `block_at` on; otherwise REVIEW from `review_at` "
        "on, or where a phrase of the list stands in the prompt as whole words, in any case and spacing; otherwise ALLOW"
    ),
    example=(
        '`guard_decision("Book a first class seat", "harmless", 0.9, ["ass"], 0.3, 0.8)` is `("ALLOW", 0.1)`: *class* is '
        "not the word of the list, and nine to one for harmless is one to nine for harmful."
    ),
    hints=(
        "What does a confidence of 0.9 say when the label is *harmless*? And what is the worst that a word of a list should be "
        "able to do?",
        "Make one number out of label and confidence first. `plain_spacing` folds case and gaps of a text; the phrases are in "
        "that form already. A pattern with `\\b` on both sides finds whole words. The list can lift ALLOW to REVIEW and do "
        "nothing else.",
        "```python\nharm = confidence if label == ... else ...\ntext = plain_spacing(prompt)\n"
        'listed = any(re.search(rf"\\b{re.escape(phrase)}\\b", text) for phrase in phrases)\n'
        "if harm >= ...:\n    return ...\n```",
    ),
    why=(
        "Whoever runs a model puts such a function in front of it on the first day. If it reads the confidence of the wrong "
        "label, it blocks what it is surest is harmless; and whoever lives in Scunthorpe never gets through."
    ),
    visible=_cases(random.Random(14)),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "as published",
            as_published,
            "This is the published version with a classifier of harm in it: a phrase anywhere in the letters blocks, nothing is ever "
            "reviewed, and the second value is a confidence in whichever label it was.",
        ),
        Mistake(
            "confidence as harm",
            confidence_is_harm,
            "You hold the confidence against the thresholds whatever the label is. Look at what *surely harmless* gets.",
        ),
        Mistake(
            "turned round",
            inverted,
            "Your probability of harm is turned round: the surely harmful prompt is the one that passes.",
        ),
        Mistake(
            "harmless is zero",
            harmless_is_zero,
            "You take every *harmless* for certain. Look at the case whose label is harmless, and not sure.",
        ),
        Mistake(
            "inside words",
            substring,
            "You find phrases inside longer words. Look at the case with a phrase inside a word.",
        ),
        Mistake(
            "beginnings of words",
            begins_with,
            "You mind where the phrase begins and not where it ends: look at the word that begins like a phrase of the list.",
        ),
        Mistake("case", own_case, "A phrase in capital letters is not found."),
        Mistake("spacing", own_spacing, "A phrase with another gap between its words is not found."),
        Mistake(
            "single words",
            single_words,
            "One word of a phrase is enough for you. The phrase of two words is on the list, its words are not.",
        ),
        Mistake(
            "the list blocks",
            list_blocks,
            "A listed phrase blocks in your version. It cannot tell use from mention, so it may only ask for a look.",
        ),
        Mistake(
            "the list softens",
            list_softens,
            "A listed phrase saves a surely harmful prompt from being blocked in your version: look at the order of your tests.",
        ),
        Mistake("no list", no_list, "Your version does not use the list of phrases."),
        Mistake(
            "strictly above",
            strictly_above,
            "At the threshold itself your version does not act yet; *from* a threshold *on* includes it.",
        ),
        Mistake(
            "the confidence returned",
            confidence_back,
            "Your decisions are right. The second value is the classifier's confidence in its label; asked for is the probability "
            "of harm.",
        ),
    ),
    alternatives=(by_levels, by_regex),
    rtol=1e-6,
    atol=1e-9,
    tolerance_reason="one subtraction",
)
