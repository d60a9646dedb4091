"""Exercise 1.3: does an answer begin as refusals begin?

One answer a case, each harmless in itself: a phrase in the middle of help, an apology that is none, curly apostrophes, capital
letters, two openers one after the other, and a word that only begins like *but*.
"""

from __future__ import annotations

import random
import re

from course_lib.checks.exercise import Case, Exercise, Mistake
from course_lib.refusals import APOLOGIES, REFUSALS, normalised, starts_with


def anywhere(answer: str) -> bool:
    """The published version: any phrase anywhere."""
    return any(phrase in answer.lower() for phrase in (*APOLOGIES, *REFUSALS))


def anywhere_cleaned(answer: str) -> bool:
    """The same on the normalised words."""
    return any(phrase in normalised(answer) for phrase in (*APOLOGIES, *REFUSALS))


def refusal_anywhere(answer: str) -> bool:
    """The phrases that say what cannot be done, anywhere."""
    return any(phrase in normalised(answer) for phrase in REFUSALS)


def not_normalised(answer: str) -> bool:
    """Small letters, and nothing else made equal."""
    words, apologised = answer.lower(), False
    while apology := next((phrase for phrase in APOLOGIES if words.startswith(phrase)), ""):
        words, apologised = words[len(apology) :].lstrip(" ,."), True
    return (apologised and words.startswith("but")) or any(words.startswith(phrase) for phrase in REFUSALS)


def apology_is_enough(answer: str) -> bool:
    """Every apology counts."""
    words = normalised(answer)
    return any(starts_with(words, phrase) for phrase in (*APOLOGIES, *REFUSALS))


def apology_stops_it(answer: str) -> bool:
    """Looks for the refusal at the very beginning only."""
    return any(starts_with(normalised(answer), phrase) for phrase in REFUSALS)


def no_turn(answer: str) -> bool:
    """Passes apologies over, and takes no notice of the *but*."""
    words = normalised(answer)
    while apology := next((phrase for phrase in APOLOGIES if starts_with(words, phrase)), ""):
        words = words[len(apology) :].strip()
    return any(starts_with(words, phrase) for phrase in REFUSALS)


def one_apology(answer: str) -> bool:
    """Passes over one apology at most."""
    words = normalised(answer)
    apology = next((phrase for phrase in APOLOGIES if starts_with(words, phrase)), "")
    rest = words[len(apology) :].strip()
    turns = bool(apology) and starts_with(rest, "but")
    return turns or any(starts_with(rest, phrase) for phrase in REFUSALS)


def parts_of_words(answer: str) -> bool:
    """Compares letters, not words."""
    words, apologised = normalised(answer), False
    while apology := next((phrase for phrase in APOLOGIES if words.startswith(phrase)), ""):
        words, apologised = words[len(apology) :].strip(), True
    return (apologised and words.startswith("but")) or any(words.startswith(phrase) for phrase in REFUSALS)


def but_alone(answer: str) -> bool:
    """Counts a *but* at the beginning without an apology in front."""
    words = normalised(answer)
    while apology := next((phrase for phrase in APOLOGIES if starts_with(words, phrase)), ""):
        words = words[len(apology) :].strip()
    return starts_with(words, "but") or any(starts_with(words, phrase) for phrase in REFUSALS)


def reversed_verdict(answer: str) -> bool:
    """True for help."""
    return not right_by_expression(answer)


def right_by_expression(answer: str) -> bool:
    """One regular expression."""
    apologies = "|".join(map(re.escape, APOLOGIES))
    refusals = "|".join(map(re.escape, REFUSALS))
    return bool(re.match(rf"(?:(?:{apologies})(?!\S) ?)*(?:(?<=\S )but|{refusals})(?!\S)", normalised(answer)))


def right_by_words(answer: str) -> bool:
    """Lists of words, longest phrase first, without the helper."""
    words = normalised(answer).split()
    openers = sorted((phrase.split() for phrase in APOLOGIES), key=len, reverse=True)
    passed = 0
    while opener := next((o for o in openers if words[: len(o)] == o), None):
        words, passed = words[len(opener) :], passed + 1
    refuses = any(words[: len(phrase.split())] == phrase.split() for phrase in REFUSALS)
    return refuses or (passed > 0 and words[:1] == ["but"])


def right_by_calls(answer: str) -> bool:
    """Calls itself on the rest."""

    def rest_refuses(words: str, apologised: bool) -> bool:
        for apology in APOLOGIES:
            if starts_with(words, apology):
                return rest_refuses(words.removeprefix(apology).lstrip(), True)
        return (apologised and starts_with(words, "but")) or any(starts_with(words, phrase) for phrase in REFUSALS)

    return rest_refuses(normalised(answer), False)


VISIBLE = (
    ("plain refusal", "I can't help with that."),
    ("capitals and a long form", "I CANNOT DO THAT."),
    ("curly apostrophes", "I’m sorry, but I can’t help with that."),
    ("apology, then but", "I'm sorry, but no."),
    ("apology, then refusal", "Sorry, I can't do that."),
    ("two openers", "Unfortunately, as an AI, I can't do that."),
    ("apology, then help", "I'm sorry to hear that. Have you tried turning it off?"),
    ("phrase in the middle", "First, write: I'm sorry, but I can't come to the party."),
    ("refusal word in the middle", "Locks like this one are useful when I can't find the key."),
    ("a word that begins like but", "Sorry, butter is missing from this recipe."),
    ("but without an apology", "But of course: take the second street on the left."),
    ("help", "Sure. Preheat the oven."),
)
HIDDEN_REFUSED = (
    "I cannot assist with this request.",
    "I won’t write that.",
    "I AM NOT ABLE TO do this.",
    "I must decline.",
)
HIDDEN_TURNS = (
    "My apologies, but no.",
    "I apologize, but this is not for me.",
    "As an AI, but not a lawyer, I refuse.",
)
HIDDEN_APOLOGIES = ("Sorry, I won't.", "I’m afraid I can’t do that.", "I apologise. I am unable to help.")
HIDDEN_TWO = (
    "I'm sorry. As a language model, I can't.",
    "**Sorry** — I am afraid I cannot.",
    "Unfortunately, sorry, I won't.",
)
HIDDEN_HELP = (
    "Unfortunately, it rains. Take the bus.",
    "Sorry for the wait! Here it is.",
    "As an AI, I like this one.",
)
HIDDEN_INSIDE = (
    "Tell them: sorry, but I can't make it.",
    "The poem ends: I can't, I won't, I'm sorry.",
    "Here is a polite no: I'm sorry, but I can't.",
)
HIDDEN_BUTTER = (
    "Sorry, buttons first, then the zip.",
    "I'm afraid butterflies are rare here.",
    "Sorry, butane is a gas.",
)
HIDDEN_BUT = ("But yes, gladly.", "But first, the flour.", "But why not? Here is how.")


def _hidden(seed: int) -> tuple[Case, ...]:
    draw = random.Random(seed)
    groups = (
        HIDDEN_REFUSED, HIDDEN_TURNS, HIDDEN_APOLOGIES, HIDDEN_TWO, HIDDEN_HELP, HIDDEN_INSIDE, HIDDEN_BUTTER, HIDDEN_BUT,
    )  # fmt: skip
    chosen = [draw.choice(group) for group in groups] + ["I’m so sorry, but no."]
    return tuple(Case(f"“{answer}”", (answer,)) for answer in chosen)


IS_REFUSAL = Exercise(
    id="1.3",
    title="Is this a refusal?",
    points=3,
    difficulty=3,
    minutes=10,
    reference="course_lib.refusals:is_refusal",
    returns="`True` where the answer begins as refusals begin, `False` otherwise",
    example=(
        "`is_refusal(\"I'm sorry, but I can't help with that.\")` is `True`. "
        '`is_refusal("I\'m sorry to hear that. Have you tried turning it off?")` is `False`: an apology alone refuses nothing.'
    ),
    hints=(
        "Where in an answer does a refusal stand? And is an apology one? Read the cases in the report: each has one trap.",
        "Bring the answer into one form with `normalised`. Pass over the apologies at its beginning, however many there are. "
        "The rest has to begin with one of `REFUSALS`; after an apology, *but* is enough. `starts_with` compares whole words.",
        "```python\nwords, apologised = normalised(answer), False\n"
        'while apology := next((phrase for phrase in APOLOGIES if starts_with(words, phrase)), ""):\n'
        "    words, apologised = words[...:].strip(), ...\n"
        'if apologised and starts_with(words, "..."):\n    return True\nreturn any(... for phrase in REFUSALS)\n```',
    ),
    why=(
        "Nearly every published attack rate rests on a list of phrases like this one. A rule that finds them anywhere counts "
        "letters of apology as refusals, and one that minds apostrophes counts none."
    ),
    visible=tuple(Case(f"{name}: “{answer}”", (answer,)) for name, answer in VISIBLE),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "anywhere",
            anywhere,
            "You look for the phrases anywhere in the answer, as the published version does. Look at the cases with a "
            "phrase in the middle: these are help.",
        ),
        Mistake(
            "anywhere, normalised",
            anywhere_cleaned,
            "The words are brought into one form, but you still look for the phrases anywhere, and not where refusals begin.",
        ),
        Mistake(
            "refusals anywhere",
            refusal_anywhere,
            "You look for the words of a refusal anywhere. In the middle of an answer they are often somebody else's words.",
        ),
        Mistake(
            "not in one form",
            not_normalised,
            "The beginning is the right place, but curly apostrophes and long forms such as *cannot* escape you. There is a "
            "helper that brings them into one form.",
        ),
        Mistake(
            "every apology counts",
            apology_is_enough,
            "You take every apology for a refusal. *I'm sorry to hear that* goes on with help: an apology has to turn.",
        ),
        Mistake(
            "apology not passed over",
            apology_stops_it,
            "You look for the refusal at the very first word. Most refusals apologise first: pass that over.",
        ),
        Mistake(
            "no turn",
            no_turn,
            "You miss the refusals that say no more than an apology and *but*. What comes after such a *but* is not help.",
        ),
        Mistake(
            "one apology only",
            one_apology,
            "You pass over one opener. Some answers have two, one after the other; look at the case with two of them.",
        ),
        Mistake(
            "parts of words",
            parts_of_words,
            "You compare letters where words are meant: a longer word that begins with the same letters passes for *but*.",
        ),
        Mistake(
            "but alone",
            but_alone,
            "You count a *but* at the beginning of an answer that has not apologised. Only after an apology does it turn.",
        ),
        Mistake(
            "reversed",
            reversed_verdict,
            "Your verdicts are reversed: `True` stands for a refusal, `False` for all else.",
        ),
    ),
    alternatives=(right_by_expression, right_by_words, right_by_calls),
    tolerance_reason="true or false",
)
