"""What does a reader call position 7?

A model reads pieces: `interpretability` is `inter`, `pret`, `ability`, and a chat begins with `<|im_start|>`. People
ask about words. Two small steps lie between. Showing a piece readably: no leading space, special tokens in brackets of
their own, a line break as an arrow. And putting the pieces of a word together, with the attention that goes with them:

* the weight *on* a word is the **sum** over its pieces: a word of three pieces is looked at by three shares;
* the weight *from* a word is the **mean** over its pieces: each piece spends one whole unit of attention.

With sum and mean that way round, each row of the merged matrix still sums to 1. The other way round it does not, and
long words look important because they are long. Clark et al. (2019), "What Does BERT Look At?", section 4.1, convert
token attention to word attention with the same rule.

The pitfall: position 0. Most models park unused attention there (the attention sink: Xiao et al. 2023). If the first
word has several pieces, merging mixes the sink into it; so `course_lib.attention.without_sink` is applied to pieces,
before any merging.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from course_lib.errors import CourseError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel


def readable(token: str, special: bool = False) -> str:
    """A token as people read it.

    Example:
        >>> readable(" France"), readable("<|im_start|>", special=True), readable("\\n"), readable(" ")
        ('France', '⟨im_start⟩', '↵', '␣')
    """
    if special:
        return f"⟨{token.strip('<|>[]')}⟩"
    return token.strip(" ").replace("\n", "↵").replace("\t", "⇥") or "␣"


def shorten(word: str, width: int) -> str:
    """`word`, cut to `width` characters with an ellipsis where it is longer."""
    return word if len(word) <= width else word[: width - 1] + "…"


def word_pieces(tokens: Sequence[str], special: Sequence[bool]) -> list[list[int]]:
    """Which positions belong to one word.

    A piece continues a word when a letter or digit meets a letter or digit, with no space between; when either is part
    of a character that the tokenizer cut in two (which decodes as the replacement character); or when the piece before
    is a lone space, which many tokenizers put in front of digits.

    Example:
        >>> word_pieces([" inter", "pret", "able", ",", " yes"], [False] * 5)
        [[0, 1, 2], [3], [4]]
    """
    words: list[list[int]] = []
    for position, token in enumerate(tokens):
        previous = tokens[position - 1] if position else ""
        joins = position > 0 and not special[position] and not special[position - 1] and _meets(previous, token)
        if joins:
            words[-1].append(position)
        else:
            words.append([position])
    return words


def token_ids(model: LocalModel, text_or_ids: str | Sequence[int]) -> Int[Tensor, " position"]:
    """Token ids of a text, or the ids themselves as a tensor.

    Raises:
        CourseError: when there is no token at all.
    """
    ids = model.encode(text_or_ids) if isinstance(text_or_ids, str) else torch.as_tensor(text_or_ids)
    if ids.numel() == 0:
        raise CourseError("The text is empty, so there is no attention to show.", "Give at least one word.")
    return ids.to(model.device)


def _meets(previous: str, token: str) -> bool:
    """Whether nothing separates these two pieces."""
    left, right = previous[-1:], token[:1]
    if previous == " " or "\ufffd" in (left, right):
        return not right.isspace()
    return left.isalnum() and right.isalnum()


def words_of(model: LocalModel, input_ids: Sequence[int], merge: bool = True) -> tuple[list[str], list[list[int]]]:
    """The words of a token sequence and the positions of each; single tokens when `merge` is false."""
    ids = [int(i) for i in input_ids]
    special_ids = set(model.tokenizer.all_special_ids)
    special = [i in special_ids for i in ids]
    pieces = word_pieces(model.tokens(ids), special) if merge else [[p] for p in range(len(ids))]
    texts = [str(model.tokenizer.decode([ids[p] for p in word])) for word in pieces]
    return [readable(text, special[word[0]]) for text, word in zip(texts, pieces, strict=True)], pieces


def merge_pieces(
    attention: Float[Tensor, "*batch query key"], pieces: Sequence[Sequence[int]]
) -> Float[Tensor, "*batch word word"]:
    """Attention between words: summed over the pieces of the key word, averaged over the pieces of the query word.

    Example:
        >>> rows = torch.tensor([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.2, 0.3, 0.5]])
        >>> merge_pieces(rows, [[0], [1, 2]])
        tensor([[1.0000, 0.0000],
                [0.3500, 0.6500]])
    """
    member = attention.new_zeros(len(pieces), attention.shape[-1])
    for word, positions in enumerate(pieces):
        member[word, list(positions)] = 1.0
    return member / member.sum(-1, keepdim=True) @ attention @ member.T
