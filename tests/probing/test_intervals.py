"""The bootstrap over pairs, against closed forms."""

from __future__ import annotations

import pytest
import torch

from course_lib.probing.intervals import pair_bootstrap, pair_numbers
from course_lib.rates import Rate


def test_pairs_are_numbered_by_first_appearance() -> None:
    assert pair_numbers(["b", "a", "b", "c"]).tolist() == [0, 1, 0, 2]


def test_a_tensor_of_pairs_means_its_numbers() -> None:
    """The elements of a tensor are tensors, each a key of its own: counted so, pairs would fall apart unseen."""
    assert pair_numbers(torch.tensor([4, 4, 7, 7])).tolist() == [0, 0, 1, 1]


def test_twins_that_agree_are_one_trial() -> None:
    """Both right or both wrong: the interval is that of pairs, 1.41 times as wide as that of examples."""
    right = (torch.arange(200) % 2 == 0).repeat_interleave(2)[None]  # 200 pairs, half of them right
    low, high = pair_bootstrap(right, [i // 2 for i in range(400)])
    expected = 1.96 * (0.25 / 200) ** 0.5
    assert (high - low).item() / 2 == pytest.approx(expected, rel=0.1)  # 2,000 draws hold the ends to a few percent


def test_twins_of_which_exactly_one_is_right_leave_no_uncertainty() -> None:
    right = (torch.arange(400) % 2 == 0)[None]
    low, high = pair_bootstrap(right, [i // 2 for i in range(400)])
    assert (low.item(), high.item()) == (0.5, 0.5)


def test_independent_examples_get_the_binomial_interval() -> None:
    torch.manual_seed(0)
    right = (torch.rand(1, 500) < 0.7).bool()
    low, high = pair_bootstrap(right, range(500))
    rate = Rate(int(right.sum()), 500)
    assert low.item() == pytest.approx(rate.low, abs=0.01)
    assert high.item() == pytest.approx(rate.high, abs=0.01)


def test_all_right_is_not_certainty() -> None:
    low, high = pair_bootstrap(torch.ones(1, 40).bool(), [i // 2 for i in range(40)])
    assert low.item() == pytest.approx(Rate(20, 20).low)
    assert high == 1
    low, high = pair_bootstrap(torch.zeros(1, 40).bool(), [i // 2 for i in range(40)])
    assert low == 0
    assert high.item() == pytest.approx(Rate(0, 20).high)


def test_layers_are_kept_apart_and_the_seed_decides() -> None:
    torch.manual_seed(1)
    right = torch.rand(3, 60) < torch.tensor([[0.5], [0.7], [0.9]])
    pairs = [i // 2 for i in range(60)]
    low, _ = pair_bootstrap(right, pairs, seed=5)
    assert low.shape == (3,)
    torch.testing.assert_close(low, pair_bootstrap(right, pairs, seed=5)[0], rtol=0, atol=0)
    torch.testing.assert_close(low[1:2], pair_bootstrap(right[1:2], pairs, seed=5)[0])
