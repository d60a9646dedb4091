"""Questions that no model can have seen: invented places, invented facts, in an order drawn at random.

A test for contamination needs text on which the right answer is known to be *no*. Old text will not do (who knows what
was in the training data?), and text that somebody else wrote recently may be a copy. These items are made here, from
syllables and a seed: no place of these names exists, and the facts about them are drawn.

Each seed gives another set, so whoever suspects that a later model was trained on this very course takes another seed.
"""

from __future__ import annotations

import random

STARTS = (
    "Tar",
    "Bel",
    "Mor",
    "Ken",
    "Sal",
    "Dro",
    "Vin",
    "Hul",
    "Pra",
    "Ost",
    "Lim",
    "Gar",
    "Ned",
    "Fal",
    "Rus",
    "Wen",
)
MIDDLES = ("no", "ve", "li", "ra", "mi", "so", "da", "ku")
ENDS = ("vel", "stad", "mere", "burg", "tin", "wick", "dale", "holm", "rova", "tham")
COLOURS = ("green", "red", "blue", "white", "black", "yellow", "grey", "brown")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
CARGO = ("clay", "timber", "ice", "sand", "reeds", "gravel", "leaves", "peat")
BIRDS = ("a heron", "an owl", "a raven", "a swan", "a falcon", "a crane", "a stork", "a wren")
FACTS = (
    ("In which year was the bridge of {place} opened?", lambda draw: str(draw.randrange(1780, 1990))),
    ("How many steps lead up to the tower of {place}?", lambda draw: str(draw.randrange(31, 480))),
    ("Which colour is the door of the town hall of {place}?", lambda draw: draw.choice(COLOURS)),
    ("On which day is the market of {place}?", lambda draw: draw.choice(DAYS)),
    ("What does the river at {place} carry in spring?", lambda draw: draw.choice(CARGO)),
    ("Which bird is on the coat of arms of {place}?", lambda draw: draw.choice(BIRDS)),
)


def fresh_items(count: int, seed: int) -> list[str]:
    """Invented questions with their invented answers, all different, in random order.

    Args:
        count: how many, at most 1000.
        seed: another seed, another set.

    Example:
        >>> fresh_items(2, 1) == fresh_items(2, 1), len(set(fresh_items(500, 2)))
        (True, 500)
    """
    draw = random.Random(seed)
    names = [a + b + c for a in STARTS for b in MIDDLES for c in ENDS]
    items = []
    for place in draw.sample(names, count):
        question, answer = draw.choice(FACTS)
        items.append(f"Question: {question.format(place=place)}\nAnswer: {answer(draw)}")
    return items
