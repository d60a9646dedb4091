"""From pieces to words: nothing lost, nothing mixed, each row still one unit of attention."""

from __future__ import annotations

import pytest
import torch

from course_lib import CourseError, load_model
from course_lib.widgets.words import merge_pieces, readable, token_ids, word_pieces, words_of


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        ([" in", "ter", "pret"], [[0, 1, 2]]),
        (["store", ",", " John"], [[0], [1], [2]]),
        ([" 2", "0", "2", "4", "?"], [[0, 1, 2, 3], [4]]),  # digits are often tokens of their own
        (["in", " ", "2", "0"], [[0], [1, 2, 3]]),
        (["user", "\n", "Hi"], [[0], [1], [2]]),
        ([" \ufffd", "\ufffd", "!"], [[0, 1, 2]]),  # one character cut in two; what follows cannot be told apart
        (["naïve", "té"], [[0, 1]]),
    ],
)
def test_pieces_join_where_nothing_separates_them(tokens: list[str], words: list[list[int]]) -> None:
    assert word_pieces(tokens, [False] * len(tokens)) == words


def test_a_special_token_never_joins_its_neighbours() -> None:
    assert word_pieces(["a", "start", "b"], [False, True, False]) == [[0], [1], [2]]


def test_words_of_a_chat_name_the_special_tokens_and_keep_every_position() -> None:
    model = load_model("tiny:0")
    ids = model.encode(model.chat("Explain interpretability")).tolist()

    words, pieces = words_of(model, ids)

    assert words[0] == "⟨im_start⟩"
    assert "interpretability" in words
    assert [position for word in pieces for position in word] == list(range(len(ids)))


def test_without_merging_there_is_one_word_per_token() -> None:
    model = load_model("tiny:0")
    ids = model.encode("interpretability").tolist()
    assert len(ids) > 1
    assert len(words_of(model, ids, merge=False)[0]) == len(ids)


def test_merging_sums_over_keys_and_averages_over_queries() -> None:
    # Unequal pieces and rows, so that sum and mean exchanged, or rows and columns, give other numbers.
    attention = torch.tensor([[1.0, 0.0, 0.0, 0.0], [0.6, 0.4, 0.0, 0.0], [0.5, 0.2, 0.3, 0.0], [0.1, 0.2, 0.3, 0.4]])

    merged = merge_pieces(attention, [[0], [1, 2, 3]])

    torch.testing.assert_close(merged, torch.tensor([[1.0, 0.0], [0.4, 0.6]]))


def test_merging_keeps_rows_that_sum_to_one_for_every_layer_and_head() -> None:
    attention = torch.rand(3, 2, 7, 7, generator=torch.Generator().manual_seed(0)).tril()
    attention /= attention.sum(-1, keepdim=True)

    merged = merge_pieces(attention, [[0], [1, 2], [3], [4, 5, 6]])

    assert merged.shape == (3, 2, 4, 4)
    torch.testing.assert_close(merged.sum(-1), torch.ones(3, 2, 4))


def test_readable_keeps_something_to_see_of_every_token() -> None:
    assert [readable(t) for t in ("  two", "\n\n", " ", "\t")] == ["two", "↵↵", "␣", "⇥"]


def test_an_empty_text_is_refused() -> None:
    with pytest.raises(CourseError, match="empty"):
        token_ids(load_model("tiny:0"), "")
