"""Batches: every row once, within the budget; filling on the side that was asked for."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from course_lib.batches import length_sorted_batches, pad_rows


@given(lengths=st.lists(st.integers(1, 50), max_size=40), budget=st.integers(1, 200))
def test_every_row_once_and_no_batch_above_the_budget(lengths: list[int], budget: int) -> None:
    batches = length_sorted_batches(lengths, budget)
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[row] for row in batch) <= budget


def test_a_batch_is_filled_up_before_the_next_begins() -> None:
    assert length_sorted_batches([3, 3, 3, 3, 3], budget=9) == [[0, 1, 2], [3, 4]]


def test_filling_on_the_right_and_on_the_left() -> None:
    rows = [torch.tensor([7, 8, 9]), torch.tensor([5])]
    ids, mask = pad_rows(rows, filling=2, side="right")
    assert ids.tolist() == [[7, 8, 9], [5, 2, 2]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]
    ids, mask = pad_rows(rows, filling=2, side="left")
    assert ids.tolist() == [[7, 8, 9], [2, 2, 5]]
    assert mask.tolist() == [[1, 1, 1], [0, 0, 1]]
