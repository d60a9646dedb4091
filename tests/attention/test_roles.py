"""Head roles: a model whose heads do one job each, exactly; a plain loop; the sink kept out."""

from __future__ import annotations

import pytest
import torch

from course_lib.attention import attention_weights, head_roles, role_scores
from course_lib.attention.roles import ROLES, repeated_tokens
from course_lib.errors import CourseError
from course_lib.models import LocalModel
from tests.attention.handmade import handmade_model

HOMES = {"previous": (0, 0), "duplicate": (0, 1), "induction": (1, 0), "sink": (1, 1)}


@pytest.fixture(scope="module")
def handmade() -> LocalModel:
    return handmade_model()


@pytest.mark.parametrize("role", ROLES)
def test_each_head_written_by_hand_scores_one_in_its_own_role_and_little_in_others(
    handmade: LocalModel, role: str
) -> None:
    scores = head_roles(handmade, n=15, draws=3).draws[role]
    home = torch.zeros(2, 2, dtype=torch.bool)
    home[HOMES[role]] = True
    torch.testing.assert_close(scores[:, home], torch.ones(3, 1), rtol=0, atol=1e-4)
    # What is left: a head that finds nothing in the first copy looks evenly there, and with that at its neighbour, too.
    assert (scores[:, ~home] < 0.12).all()


def test_roles_of_the_handmade_model_are_exact_maps(handmade: LocalModel) -> None:
    n = 6
    weights = attention_weights(handmade, repeated_tokens(handmade, n, seed=5))
    for query in range(n, 2 * n):
        assert weights[0, 0, query].argmax() == query - 1
        assert weights[0, 1, query].argmax() == query - n
        assert weights[1, 0, query].argmax() == query - n + 1
        assert weights[1, 1, query].argmax() == 0


def test_the_scores_are_those_of_a_plain_loop() -> None:
    n = 5
    torch.manual_seed(0)
    attention = torch.rand(2, 3, 2 * n, 2 * n).tril()
    scores = role_scores(attention, n)
    for layer in range(2):
        for head in range(3):
            one = attention[layer, head]
            loops = {
                "previous": [one[q, q - 1] for q in range(2, 2 * n)],
                "duplicate": [one[q, q - n] for q in range(n + 1, 2 * n)],
                "induction": [one[q, q - n + 1] for q in range(n, 2 * n)],
                "sink": [one[q, 0] for q in range(1, 2 * n)],
            }
            for role, weights in loops.items():
                torch.testing.assert_close(scores[role][layer, head], torch.stack(weights).mean())


def test_a_head_that_rests_on_the_first_position_has_no_other_role() -> None:
    sunk = torch.zeros(10, 10)
    sunk[:, 0] = 1
    scores = role_scores(sunk, 5)
    assert scores["sink"] == 1
    assert all(scores[role] == 0 for role in ("previous", "duplicate", "induction"))


def test_draws_differ_and_the_same_seed_gives_the_same_scores(tiny: LocalModel) -> None:
    once, again = (head_roles(tiny, n=8, draws=2, seed=4) for _ in range(2))
    torch.testing.assert_close(once.draws, again.draws)
    assert not torch.equal(once.draws["sink"][0], once.draws["sink"][1])
    shifted = head_roles(tiny, n=8, draws=1, seed=5)
    torch.testing.assert_close(shifted.draws["sink"][0], once.draws["sink"][1])
    assert once.score("sink").shape == (2, 3)


def test_special_tokens_are_not_drawn(tiny: LocalModel) -> None:
    vocabulary = len(tiny.tokenizer)
    drawn = repeated_tokens(tiny, vocabulary - 3, seed=0).tolist()
    assert set(drawn).isdisjoint(tiny.tokenizer.all_special_ids)


def test_the_text_names_the_best_head_with_its_range_and_the_even_score(handmade: LocalModel) -> None:
    roles = head_roles(handmade, n=8, draws=2)
    layer, head, mean, low, high = roles.top("induction", 1)[0]
    assert (layer, head) == (1, 0)
    assert low <= mean <= high
    assert "L1H0" in roles.text()
    assert f"{roles.even['induction']:.3f}" in roles.text()
    assert roles._repr_html_().count("<table") == 4


def test_bad_input_is_explained(tiny: LocalModel) -> None:
    with pytest.raises(CourseError, match="cannot be repeated"):
        head_roles(tiny, n=2)
    with pytest.raises(CourseError, match="0 draws"):
        head_roles(tiny, n=8, draws=0)
    with pytest.raises(CourseError, match="no role 'copy'"):
        head_roles(tiny, n=8, draws=1).score("copy")
    with pytest.raises(CourseError, match="written twice"):
        role_scores(torch.eye(7), 3)
