"""Exercise 16.3: the skeleton of a text, with the way back to the original.

The tables of the cases are short, and each entry is there for one mistake: a prototype of two letters, one
that decomposes again, one that is itself a key, a letter that only appears when an accented one is decomposed, marks in
the wrong order, invisible characters.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from unicodedata import combining, normalize

from course_lib.checks.exercise import Case, Exercise, Mistake
from course_lib.filtering.confusables import skeleton

Table = Mapping[str, str]
Result = tuple[str, list[int]]


def _plainly(
    text: str, prototypes: Table, ignorable: Collection[str], *, first: str | None = "NFD", second: str | None = "NFD"
) -> Result:
    """Character by character, without the order of marks."""
    letters = [(p, i) for i, c in enumerate(text) for p in (normalize(first, c) if first else c)]  # type: ignore[arg-type]
    letters = [(p, i) for p, i in letters if p not in ignorable]
    letters = [(q, i) for p, i in letters for q in prototypes.get(p, p)]
    letters = [(q, i) for p, i in letters for q in (normalize(second, p) if second else p)]  # type: ignore[arg-type]
    return _ordered(letters)


def _ordered(letters: list[tuple[str, int]]) -> Result:
    made = list(letters)
    for end in range(1, len(made)):  # insertion sort within each run of marks
        at = end
        while at and 0 < combining(made[at][0]) < combining(made[at - 1][0]):
            made[at - 1], made[at] = made[at], made[at - 1]
            at -= 1
    return "".join(c for c, _ in made), [i for _, i in made]


def not_decomposed(text: str, prototypes: Table, ignorable: Collection[str]) -> Result:
    """The table is asked about composed characters."""
    return _plainly(text, prototypes, ignorable, first=None)


def not_decomposed_again(text: str, prototypes: Table, ignorable: Collection[str]) -> Result:
    """What the table gives is left as it is."""
    return _plainly(text, prototypes, ignorable, second=None)


def compatibility(text: str, prototypes: Table, ignorable: Collection[str]) -> Result:
    """NFKD in place of NFD."""
    return _plainly(text, prototypes, ignorable, first="NFKD", second="NFKD")


def unordered(text: str, prototypes: Table, ignorable: Collection[str]) -> Result:
    """Marks stay in the order in which they were typed."""
    pairs = [(p, i) for i, c in enumerate(text) for p in normalize("NFD", c) if p not in ignorable]
    pairs = [(q, i) for p, i in pairs for q in normalize("NFD", prototypes.get(p, p))]
    return "".join(c for c, _ in pairs), [i for _, i in pairs]


def invisible_kept(text: str, prototypes: Table, ignorable: Collection[str]) -> Result:
    """Ignorable characters stay."""
    return skeleton(text, prototypes, "")


def own_places(text: str, prototypes: Table, ignorable: Collection[str]) -> Result:
    """Places in the skeleton itself."""
    made, _ = skeleton(text, prototypes, ignorable)
    return made, list(range(len(made)))


def decomposed_places(text: str, prototypes: Table, ignorable: Collection[str]) -> Result:
    """Places in the decomposed text."""
    return skeleton(normalize("NFD", text), prototypes, ignorable)


def places_after_removal(text: str, prototypes: Table, ignorable: Collection[str]) -> Result:
    """Places in the text from which the invisible was removed."""
    return skeleton("".join(c for c in text if c not in ignorable), prototypes, "")


def first_letter(text: str, prototypes: Table, ignorable: Collection[str]) -> Result:
    """Only the first letter of a prototype."""
    return skeleton(text, {c: p[:1] for c, p in prototypes.items()}, ignorable)


def again_and_again(text: str, prototypes: Table, ignorable: Collection[str]) -> Result:
    """The table is applied until nothing changes."""
    table = dict(prototypes)
    for _ in range(4):
        table = {c: "".join(prototypes.get(x, x) for x in p) for c, p in table.items()}
    return skeleton(text, table, ignorable)


def small_letters(text: str, prototypes: Table, ignorable: Collection[str]) -> Result:
    """Case is folded too."""
    made, places = skeleton(text, prototypes, ignorable)
    return made.lower(), places


def marks_dropped(text: str, prototypes: Table, ignorable: Collection[str]) -> Result:
    """Accents are thrown away."""
    made, places = skeleton(text, prototypes, ignorable)
    kept = [k for k, c in enumerate(made) if not combining(c)]
    return "".join(made[k] for k in kept), [places[k] for k in kept]


def right_by_steps(text: str, prototypes: Table, ignorable: Collection[str]) -> Result:
    """Insertion sort for the marks, in both steps."""
    first, places = _ordered([(p, i) for i, c in enumerate(text) for p in normalize("NFD", c)])
    mapped = [
        (q, i)
        for p, i in zip(first, places, strict=True)
        if p not in set(ignorable)
        for q in normalize("NFD", prototypes.get(p, p))
    ]
    return _ordered(mapped)


def right_by_runs(text: str, prototypes: Table, ignorable: Collection[str]) -> Result:
    """A letter with its marks at a time."""

    def order(letters: list[tuple[str, int]]) -> list[tuple[str, int]]:
        made: list[tuple[str, int]] = []
        run: list[tuple[str, int]] = []
        for one in letters:
            if combining(one[0]) == 0:
                made, run = [*made, *sorted(run, key=lambda x: combining(x[0])), one], []
            else:
                run.append(one)
        return [*made, *sorted(run, key=lambda x: combining(x[0]))]

    parts = order([(p, i) for i, c in enumerate(text) for p in list(normalize("NFD", c))])
    looked = [(normalize("NFD", prototypes.get(p, p)), i) for p, i in parts if p not in ignorable]
    final = order([(q, i) for p, i in looked for q in p])
    return "".join([c for c, _ in final]), [i for _, i in final]


SMALL = {"а": "a", "е": "e", "о": "o", "р": "p", "ѕ": "s", "m": "rn", "0": "O", "1": "l", "ɑ": "a"}
UNSEEN = "\u200b\u2060\u034f"
VISIBLE = (
    Case("Cyrillic among Latin", ("pаypаl", SMALL, UNSEEN)),
    Case("an invisible character", ("pay\u200b\u2060pal", SMALL, UNSEEN)),
    Case("one becomes two", ("modem 10", SMALL, UNSEEN)),
    Case("an accent", ("caf\u00e9 b\u0430r", SMALL, UNSEEN)),
    Case("inside an accented letter", ("h\u04d3t", {"\u0430": "a"}, UNSEEN)),  # Cyrillic а with diaeresis, composed
    Case("a prototype with an accent", ("p\u0259n", {"\u0259": "\u00e9"}, UNSEEN)),
    Case("marks in another order", ("a\u0301\u0323b", SMALL, UNSEEN)),
    Case("a table with a chain", ("xyz", {"x": "y", "y": "z"}, UNSEEN)),
    Case("capitals, and a ligature", ("Ho\u017f \ufb01", {"\u017f": "f"}, UNSEEN)),
)


def _hidden(seed: int) -> tuple[Case, ...]:
    draw = random.Random(seed)
    table = {**SMALL, "x": "y", "y": "z", "\u0259": "\u00e9", "\u0456": "i"}
    letters = [
        "m",
        "а",
        "0",
        "x",
        "\u00e9",
        "\u04d3",
        "\u0259",
        "a\u0301\u0323",
        "\u200b",
        "Q",
        "\ufb01",
        "р",
        "\u2060",
    ]
    draw.shuffle(letters)
    word = "".join(draw.choices("abcdт", k=draw.randrange(2, 7)))
    return (
        Case("everything at once", (word + "".join(letters), table, UNSEEN)),
        Case("only what is not seen", ("\u200b\u2060", table, UNSEEN)),
        Case("a mark behind the invisible", ("e\u0301\u200b\u0323" + word, table, UNSEEN)),
    )


SKELETON = Exercise(
    id="16.3",
    title="The skeleton, and the way back",
    points=6,
    difficulty=4,
    minutes=30,
    reference="course_lib.filtering.confusables:skeleton",
    returns="the skeleton of `text`, and for each of its characters the place in `text` that it comes from",
    example=(
        '`skeleton("p\\u0430\\u200by", {"\\u0430": "a"}, "\\u200b")` is `("pay", [0, 1, 3])`: the second letter '
        'was Cyrillic, and the third '
        "character is invisible."
    ),
    hints=(
        "`normalize` does not tell you where its characters come from. So do not give it the whole text: carry "
        "pairs of a character and its place "
        "through every step.",
        "Decompose, leave out, look up, decompose again. Decomposing one character at a time lacks only one "
        "thing: marks on one letter have to be sorted "
        "by `combining(mark)`, with their places, and equal ones keep their order. A character with `combining` "
        "0 begins a new group.",
        "```python\ndef decomposed(letters):\n"
        '    parts = [(part, place) for letter, place in letters for part in normalize("NFD", letter)]\n'
        "    group = accumulate(combining(part) == 0 for part, _ in parts)\n"
        "    ...  # sort by (group, combining), then drop the group again\n```",
    ),
    why=(
        "A normalised copy is easy to make, and most filters make one. What they cannot do then is to redact: "
        "they know that something is in the text, and not where."
    ),
    visible=VISIBLE,
    hidden=_hidden,
    mistakes=(
        Mistake("not decomposed", not_decomposed,
            "You look characters up before they are decomposed. Look at the case with a look-alike inside an accented letter."),
        Mistake("not decomposed again", not_decomposed_again,
            "What the table gives you can be a composed character. The last step is missing: look at the "
            "prototype with an accent."),
        Mistake("compatibility form", compatibility,
            "You use the compatibility form. It takes ligatures apart; the standard asks for the canonical one."),
        Mistake("marks unordered", unordered,
            "Your letters are right, and the marks stand in the order in which they were typed. Decomposition also sorts them."),
        Mistake("invisible kept", invisible_kept, "The characters of `ignorable` are still in your skeleton."),
        Mistake("places in the skeleton", own_places,
            "Your places are those in the skeleton itself. Asked for is where each character stood in `text`."),
        Mistake("places after decomposition", decomposed_places,
            "Your places are those in the decomposed text. It is longer than `text` where there is an accent."),
        Mistake("places after removal", places_after_removal,
            "Your places are those in the text without its invisible characters. Count in `text` itself."),
        Mistake("first letter only", first_letter, "A prototype can have several letters; you keep the first."),
        Mistake("again and again", again_and_again,
            "You look up what the table gave you once more. The standard looks every character up once."),
        Mistake("small letters", small_letters, "You fold capitals. The skeleton keeps them; look at the last visible case."),
        Mistake("marks dropped", marks_dropped, "Your accents are gone. The skeleton keeps them, behind their letter."),
    ),
    alternatives=(right_by_steps, right_by_runs),
    tolerance_reason="text and whole numbers",
    also_withheld=("course_lib.filtering.confusables:standard_skeleton",),
)  # fmt: skip
