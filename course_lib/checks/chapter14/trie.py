"""Exercise 14.4: a vocabulary as a trie."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from course_lib.checks.exercise import Case, Exercise, Mistake
from course_lib.guardrails.words import plain_spacing

Node = dict[str, Any]


def _build(
    pieces: Sequence[str], letters_of: Any, everywhere: bool = False, keep: str = "all", empty: bool = False
) -> Node:
    root: Node = {"ids": [], "next": {}}
    for token, piece in enumerate(pieces):
        node = root
        if not piece and not empty:
            continue
        for letter in letters_of(piece):
            node = node["next"].setdefault(letter, {"ids": [], "next": {}})
            if everywhere:
                node["ids"].append(token)
        if not everywhere:
            node["ids"] = (
                [token] if keep == "last" else node["ids"] or [token] if keep == "first" else [*node["ids"], token]
            )
    return root


def _letters(piece: str) -> list[str]:
    return [plain_spacing(letter) for letter in piece.casefold()]


def own_case(pieces: Sequence[str]) -> Node:
    """Case is kept."""
    return _build(pieces, lambda piece: [" " if plain_spacing(letter) == " " else letter for letter in piece])


def own_spacing(pieces: Sequence[str]) -> Node:
    """Each sign of a gap is kept."""
    return _build(pieces, lambda piece: list(piece.casefold()))


def runs_collapsed(pieces: Sequence[str]) -> Node:
    """A run of spaces becomes one."""
    return _build(pieces, lambda piece: list(plain_spacing(piece)))


def stripped(pieces: Sequence[str]) -> Node:
    """Leading spaces are cut off."""
    return _build([piece.strip() for piece in pieces], _letters)


def at_every_node(pieces: Sequence[str]) -> Node:
    """Each node on the path gets the id."""
    return _build(pieces, _letters, everywhere=True)


def last_wins(pieces: Sequence[str]) -> Node:
    """One id for each node, the last."""
    return _build(pieces, _letters, keep="last")


def first_wins(pieces: Sequence[str]) -> Node:
    """One id for each node, the first."""
    return _build(pieces, _letters, keep="first")


def empties_filed(pieces: Sequence[str]) -> Node:
    """Tokens without text stand at the root."""
    return _build(pieces, _letters, empty=True)


def counted_without_empties(pieces: Sequence[str]) -> Node:
    """Ids are counted over tokens with text."""
    return _build([piece for piece in pieces if piece], _letters)


def backwards(pieces: Sequence[str]) -> Node:
    """From the last letter to the first."""
    return _build(pieces, lambda piece: _letters(piece)[::-1])


def by_prefixes(pieces: Sequence[str]) -> Node:
    """Recursion over what is left of each piece."""

    def below(rows: list[tuple[int, str]]) -> Node:
        firsts = list(dict.fromkeys(rest[0] for _, rest in rows if rest))
        return {
            "ids": [token for token, rest in rows if not rest],
            "next": {
                first: below([(token, rest[1:]) for token, rest in rows if rest[:1] == first]) for first in firsts
            },
        }

    folded = [(token, "".join(_letters(piece))) for token, piece in enumerate(pieces) if piece]
    return below(folded)


def by_table(pieces: Sequence[str]) -> Node:
    """All prefixes in one table, then linked."""
    texts = {token: "".join(map(plain_spacing, piece.casefold())) for token, piece in enumerate(pieces) if piece != ""}
    nodes: dict[str, Node] = {"": {"ids": [], "next": {}}}
    for text in texts.values():
        for end in range(1, len(text) + 1):
            nodes.setdefault(text[:end], {"ids": [], "next": {}})
    for prefix, node in nodes.items():
        if prefix:
            nodes[prefix[:-1]]["next"][prefix[-1]] = node
    for token, text in texts.items():
        nodes[text]["ids"].append(token)
    return nodes[""]


PIECES = (
    "he",
    "her",
    " her",
    "Her",
    "heron",
    " Heron",
    "-her",
    "\nher",
    "  her",
    "s",
    "S",
    "on",
    "",
    "er",
    "h",
    "  ",
    " - ",
)


def _case(name: str, seed: int, size: int) -> Case:
    """Some pieces of every kind, and an empty one in the middle."""
    draw = random.Random(seed)
    letters = draw.sample("abdefgklmnoprst", 3)
    made = []
    for _ in range(size):
        piece = "".join(draw.choice(letters) for _ in range(draw.randrange(1, 4)))
        made.append(draw.choice(("", " ", "-", "\n", "  ", "_")) + draw.choice((piece, piece.title(), piece.upper())))
    made += [letters[0], letters[0].upper(), f" {letters[0]}{letters[1]}", f"-{letters[0]}{letters[1]}", "  "]
    draw.shuffle(made)
    made.insert(len(made) // 2, "")
    return Case(name, (made,))


def _hidden(seed: int) -> tuple[Case, ...]:
    return (_case("a vocabulary", 3000 + 10 * seed, 12), _case("another", 3001 + 10 * seed, 20))


TOKEN_TRIE = Exercise(
    id="14.4",
    title="A vocabulary as a trie",
    points=3,
    difficulty=3,
    minutes=20,
    reference="course_lib.guardrails.trie:token_trie",
    returns=(
        'the root. A node is `{"ids": [...], "next": {letter: node}}`: the ids, in order, of the tokens whose letters '
        "end there, and the "
        'nodes one letter further. Letters are in folded case; each space, hyphen or underscore is one `" "`. A token without '
        "text is not filed"
    ),
    example=(
        '`token_trie(["a", "A", "-b", ""])` has ids 0 and 1 at the node `a`, and id 2 at the node `b` below the node `" "`.'
    ),
    hints=(
        "Where does a token's id stand: at each node that its letters pass, or where they end?",
        "Begin at the root for each token, and go down letter by letter, making the node where there is none. "
        "`setdefault` does both. "
        "`plain_spacing` of a single letter is what that letter is filed as; of a whole piece it would merge two "
        "spaces "
        "into one.",
        "```python\nfor number, text in enumerate(...):\n    here = root\n    for sign in text.casefold():\n"
        '        here = here["next"].setdefault(..., {"ids": [], "next": {}})\n    ...\n```',
    ),
    why=(
        "A processor runs at every step for every row. One that reads the whole vocabulary each time costs more "
        "than the model; "
        "one that walks down a few letters costs next to nothing."
    ),
    visible=(
        Case("the worked example", (["a", "A", "-b", ""],)),
        Case("pieces of one word", (list(PIECES),)),
        _case("a drawn vocabulary", 144, 10),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake("case", own_case, "`Her` and `her` lie on different paths in your trie."),
        Mistake(
            "spacing",
            own_spacing,
            "`-her` and ` her` lie on different paths in your trie: a gap is a gap, whatever its sign.",
        ),
        Mistake(
            "runs of spaces",
            runs_collapsed,
            "Two spaces have become one in your trie. A run may go on in the next token, so each sign keeps its "
            "own node here.",
        ),
        Mistake("stripped", stripped, "You cut the spaces off. A space is what says that a new word begins."),
        Mistake(
            "at every node",
            at_every_node,
            "You file a token at every node that it passes. It belongs where its letters end.",
        ),
        Mistake("the last one", last_wins, "Where several tokens end at one node, only the last is left in your trie."),
        Mistake(
            "the first one", first_wins, "Where several tokens end at one node, only the first is left in your trie."
        ),
        Mistake("empty ones", empties_filed, "Tokens without text stand at your root: they would end everywhere."),
        Mistake(
            "other ids",
            counted_without_empties,
            "Your ids are counted without the tokens that have no text. A token's id is its place in the whole list.",
        ),
        Mistake("backwards", backwards, "Your paths run from the last letter to the first."),
    ),
    alternatives=(by_prefixes, by_table),
    tolerance_reason="whole numbers and letters",
)
