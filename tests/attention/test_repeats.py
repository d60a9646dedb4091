"""The scores that exercise 9.2 asks for are those of the library's diagonals."""

import torch

from course_lib.attention import attention_weights, repeat_scores, role_scores
from course_lib.attention.roles import repeated_tokens


def test_the_plain_scores_agree_with_the_diagonals(tiny):
    maps = attention_weights(tiny, repeated_tokens(tiny, 7, seed=0))
    previous, induction = repeat_scores(maps, 7)
    other = role_scores(maps, 7)
    torch.testing.assert_close(previous, other["previous"])
    torch.testing.assert_close(induction, other["induction"])


def test_a_perfect_induction_head_scores_one():
    n, place = 5, torch.arange(10)
    key = torch.where(place >= n, place - n + 1, 0)
    previous, induction = repeat_scores(torch.eye(10)[key], n)
    assert (float(previous), float(induction)) == (0.0, 1.0)
