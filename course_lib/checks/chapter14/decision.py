"""Exercise 14.1: repair the published guardrail.

Each case is one prompt that pulls one of its faults into the open; the mistakes differ from each other on at least one.
"""

from __future__ import annotations

import random

from course_lib.checks.chapter14 import decision_solutions as made
from course_lib.checks.exercise import Case, Exercise, Mistake

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
        "the decision and the probability of harm that it rests on. BLOCK from `block_at` on; otherwise REVIEW "
        "from `review_at` "
        "on, or where a phrase of the list stands in the prompt as whole words, in any case and spacing; "
        "otherwise ALLOW"
    ),
    example=(
        '`guard_decision("Book a first class seat", "harmless", 0.9, ["ass"], 0.3, 0.8)` is `("ALLOW", 0.1)`: *class* is '
        "not the word of the list, and nine to one for harmless is one to nine for harmful."
    ),
    hints=(
        "What does a confidence of 0.9 say when the label is *harmless*? And what is the worst that a word of a "
        "list should be "
        "able to do?",
        "Make one number out of label and confidence first. `plain_spacing` folds case and gaps of a text; the "
        "phrases are in "
        "that form already. A pattern with `\\b` on both sides finds whole words. The list can lift ALLOW to "
        "REVIEW and do "
        "nothing else.",
        "```python\nharm = confidence if label == ... else ...\nplain = plain_spacing(...)\n"
        'found = any(re.search(rf"\\b{re.escape(one)}\\b", plain) for one in ...)\n'
        "if harm >= ...:\n    return ...\n```",
    ),
    why=(
        "Whoever runs a model puts such a function in front of it on the first day. If it reads the confidence "
        "of the wrong "
        "label, it blocks what it is surest is harmless; and whoever lives in Scunthorpe never gets through."
    ),
    visible=_cases(random.Random(14)),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "as published",
            made.as_published,
            "This is the published version with a classifier of harm in it: a phrase anywhere in the letters "
            "blocks, nothing is ever "
            "reviewed, and the second value is a confidence in whichever label it was.",
        ),
        Mistake(
            "confidence as harm",
            made.confidence_is_harm,
            "You hold the confidence against the thresholds whatever the label is. Look at what *surely "
            "harmless* gets.",
        ),
        Mistake(
            "turned round",
            made.inverted,
            "Your probability of harm is turned round: the surely harmful prompt is the one that passes.",
        ),
        Mistake(
            "harmless is zero",
            made.harmless_is_zero,
            "You take every *harmless* for certain. Look at the case whose label is harmless, and not sure.",
        ),
        Mistake(
            "inside words",
            made.substring,
            "You find phrases inside longer words. Look at the case with a phrase inside a word.",
        ),
        Mistake(
            "beginnings of words",
            made.begins_with,
            "You mind where the phrase begins and not where it ends: look at the word that begins like a phrase "
            "of the list.",
        ),
        Mistake("case", made.own_case, "A phrase in capital letters is not found."),
        Mistake("spacing", made.own_spacing, "A phrase with another gap between its words is not found."),
        Mistake(
            "single words",
            made.single_words,
            "One word of a phrase is enough for you. The phrase of two words is on the list, its words are not.",
        ),
        Mistake(
            "the list blocks",
            made.list_blocks,
            "A listed phrase blocks in your version. It cannot tell use from mention, so it may only ask for a look.",
        ),
        Mistake(
            "the list softens",
            made.list_softens,
            "A listed phrase saves a surely harmful prompt from being blocked in your version: look at the order "
            "of your tests.",
        ),
        Mistake("no list", made.no_list, "Your version does not use the list of phrases."),
        Mistake(
            "strictly above",
            made.strictly_above,
            "At the threshold itself your version does not act yet; *from* a threshold *on* includes it.",
        ),
        Mistake(
            "the confidence returned",
            made.confidence_back,
            "Your decisions are right. The second value is the classifier's confidence in its label; asked for "
            "is the probability "
            "of harm.",
        ),
    ),
    alternatives=(made.by_levels, made.by_regex),
    rtol=1e-6,
    atol=1e-9,
    tolerance_reason="one subtraction",
)
