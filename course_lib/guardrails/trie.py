"""A vocabulary as a trie: which token ids begin with these letters?

A vocabulary of 49,152 tokens is a list in an order that means nothing. To learn which of them go on with *eron* one would
read them all, at every step. A *trie* (Fredkin 1960) files each token under its letters: from the root one edge for each
letter, and the ids at the node where their letters end. What begins alike shares its path, so four steps lead to the one
node below which everything stands that begins with *eron*.

The letters are filed in folded case, and spaces, hyphens and underscores as one sign, so that ` Heron`, `heron` and `HERON`
lie on two paths and not on six.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from course_lib.guardrails.words import plain_spacing

Node = dict[str, Any]


def token_trie(pieces: Sequence[str]) -> Node:
    """File every token of a vocabulary under its letters; exercise 14.4.

    Args:
        pieces: the text of each token, by id; "" for a token without text, which is not filed.

    Returns:
        The root. A node is `{"ids": the ids whose letters end here, in order, "next": {letter: node}}`. Letters are in
        folded case; a space, hyphen or underscore is `" "`.

    Example:
        >>> root = token_trie(["a", "A", "-b", ""])
        >>> root["next"]["a"]["ids"], root["next"][" "]["next"]["b"]["ids"]
        ([0, 1], [2])
    """
    root: Node = {"ids": [], "next": {}}
    for token, piece in enumerate(pieces):
        node = root
        for letter in piece.casefold():
            node = node["next"].setdefault(plain_spacing(letter), {"ids": [], "next": {}})
        if piece:
            node["ids"].append(token)
    return root


def all_below(node: Node) -> Iterator[int]:
    """Every id at this node and below it.

    Example:
        >>> sorted(all_below(token_trie(["ab", "a", "b"])["next"]["a"]))
        [0, 1]
    """
    todo = [node]
    while todo:
        here = todo.pop()
        yield from here["ids"]
        todo += here["next"].values()


def ends_of(node: Node, rest: str, gap_open: bool = False) -> Iterator[Node]:
    """The nodes that are reached along `rest`, where each space stands for one or more.

    Args:
        node: where to begin.
        rest: the letters to go, in plain spacing.
        gap_open: whether a gap precedes them, so that more of it may follow.

    Example:
        >>> root = token_trie(["a b", "a  b", "ab"])
        >>> sorted(token for end in ends_of(root, "a b") for token in end["ids"])
        [0, 1]
    """
    todo = [(node, 0)]
    while todo:
        here, place = todo.pop()
        if place == len(rest):
            yield here
        elif rest[place] in here["next"]:
            todo.append((here["next"][rest[place]], place + 1))
        in_gap = rest[place - 1] == " " if 0 < place < len(rest) else gap_open and place == 0 < len(rest)
        if in_gap and " " in here["next"]:
            todo.append((here["next"][" "], place))
