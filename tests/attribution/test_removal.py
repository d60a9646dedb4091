"""The definition of removal attribution, held against hand-made expectations."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from course_lib.attribution import token_attribution
from course_lib.errors import CourseError
from course_lib.models import LocalModel

Tiny = Callable[..., LocalModel]


def test_one_score_for_every_target_and_prompt_token(tiny: Tiny) -> None:
    scores = token_attribution(tiny(), torch.tensor([3, 1, 4, 1, 5]), torch.tensor([9, 2]))
    assert scores.shape == (2, 5)
    assert scores.dtype == torch.float32


def log_probs(model: LocalModel, ids: list[int]) -> Tensor:
    return model.logits(torch.tensor(ids)).log_softmax(-1)


def test_scores_are_complete_minus_shortened_and_read_at_the_place_that_moved(tiny: Tiny) -> None:
    model, prompt, target = tiny(1), [3, 1, 4, 1, 5], [9, 2]
    scores = token_attribution(model, torch.tensor(prompt), torch.tensor(target))
    complete = log_probs(model, [3, 1, 4, 1, 5, 9])
    shortened = log_probs(model, [3, 1, 1, 5, 9])  # position 2, the 4, is gone
    by_hand = torch.stack([complete[4, 9] - shortened[3, 9], complete[5, 2] - shortened[4, 2]])
    torch.testing.assert_close(scores[:, 2], by_hand, rtol=0, atol=1e-5)  # float32 sums in another order


def test_the_unaligned_position_would_give_other_numbers(tiny: Tiny) -> None:
    """The published mistake must be visible on this input, or the test above would prove nothing."""
    complete, shortened = log_probs(tiny(1), [3, 1, 4, 1, 5, 9]), log_probs(tiny(1), [3, 1, 1, 5, 9])
    aligned, unaligned = complete[4, 9] - shortened[3, 9], complete[4, 9] - shortened[4, 9]
    assert abs(float(aligned - unaligned)) > 0.1


class Counter:
    """A model whose logit for token v is how often v has come so far: what speaks for what is known."""

    def logits(self, input_ids: Tensor) -> Tensor:
        return torch.nn.functional.one_hot(input_ids, 10).cumsum(0).double()


def test_adding_the_same_number_to_every_logit_of_a_row_changes_no_score() -> None:
    class Shifted(Counter):
        def logits(self, input_ids: Tensor) -> Tensor:
            return super().logits(input_ids) + 100 * len(input_ids)

    prompt, target = torch.tensor([7, 2, 7, 5]), torch.tensor([7, 5, 1])
    plain, shifted = (token_attribution(model(), prompt, target) for model in (Counter, Shifted))  # type: ignore[arg-type]
    torch.testing.assert_close(plain, shifted, rtol=0, atol=1e-3)  # float32 beside 700


def test_in_a_model_that_counts_each_token_speaks_for_itself_alone() -> None:
    prompt, target = torch.tensor([7, 2, 7, 5]), torch.tensor([7, 5, 1])
    scores = token_attribution(Counter(), prompt, target)  # type: ignore[arg-type]
    assert (scores > 0).tolist() == [
        [True, False, True, False],
        [False, False, False, True],
        [False, False, False, False],
    ]
    assert scores.dtype == torch.float32


@pytest.mark.parametrize("length", [0, 1])
def test_a_prompt_that_would_become_empty_is_refused(tiny: Tiny, length: int) -> None:
    with pytest.raises(CourseError, match="at least two"):
        token_attribution(tiny(), torch.zeros(length, dtype=torch.long), torch.tensor([1, 2]))


def test_two_tokens_are_enough(tiny: Tiny) -> None:
    assert token_attribution(tiny(), torch.tensor([3, 1]), torch.tensor([4])).isfinite().all()


def test_the_solution_that_learners_read_is_short() -> None:
    source = inspect.getsource(token_attribution)
    code = source.split('"""')[2].strip().splitlines()
    assert len(code) <= 16
