"""Every method on a circuit that is known by construction (see `induction.py`)."""

from __future__ import annotations

import pytest
import torch

from course_lib.models import LocalModel
from course_lib.patching import attribution_patching, direct_logit_attribution, logit_lens, patching_map
from tests.patching.induction import CLEAN, CORRUPTED, A, B, E, induction_model

QUESTION = (CLEAN, CORRUPTED, (B, E))
CLOSE = {"rtol": 0.0, "atol": 1e-4}  # float32 norms


@pytest.fixture(scope="module")
def model() -> LocalModel:
    return induction_model()


def test_the_model_does_induction(model: LocalModel) -> None:
    assert model.logits(CLEAN)[-1].argmax() == B
    assert model.logits(CORRUPTED)[-1].argmax() == E


@pytest.mark.parametrize("batch_tokens", [1, 1024])
def test_the_circuits_two_heads_recover_everything_and_the_others_nothing(model: LocalModel, batch_tokens: int) -> None:
    found = patching_map(model, *QUESTION, "heads", batch_tokens=batch_tokens)
    torch.testing.assert_close(found.recovery, torch.tensor([[1.0, 0.0], [1.0, 0.0]]), **CLOSE)


def test_each_head_works_at_its_own_positions(model: LocalModel) -> None:
    """The first writes at B and at E, where "before" differs and is looked up; the second at the end, and only there."""
    lookup = patching_map(model, *QUESTION, "heads", positions=[2, 4])
    end = patching_map(model, *QUESTION, "heads", positions=[5])
    torch.testing.assert_close(lookup.recovery, torch.tensor([[1.0, 0.0], [0.0, 0.0]]), **CLOSE)
    torch.testing.assert_close(end.recovery, torch.tensor([[0.0, 0.0], [1.0, 0.0]]), **CLOSE)


def test_the_stream_moves_from_the_differing_words_to_those_behind_them(model: LocalModel) -> None:
    """One word exchanged: A stands before both B and E, or before neither. Either way the two are even: one half."""
    found = patching_map(model, *QUESTION)
    expected = torch.tensor([[0.0, 0.5, 0.0, 0.5, 0.0, 0.0], [0.0, 0.0, 0.5, 0.0, 0.5, 0.0]])
    torch.testing.assert_close(found.recovery, expected, **CLOSE)


def test_mlps_of_zeros_carry_nothing(model: LocalModel) -> None:
    assert patching_map(model, *QUESTION, "mlp").recovery.eq(0).all()


def test_attribution_patching_misses_the_head_behind_a_saturated_softmax(model: LocalModel) -> None:
    """Its known failure (Kramár et al. 2024): the pattern decides everything, and a softmax at 0 or 1 has no slope.

    What is left of the first head is an artefact of the norm. Exchanging "before" leaves the vector as long as it was, but
    to first order it gets shorter, so that the wrong answer's value seems to grow: less than nothing instead of 1.
    """
    found = attribution_patching(model, *QUESTION, "heads").recovery
    assert -0.5 < float(found[0, 0]) < -0.4
    assert 0.9 < float(found[1, 0]) < 1.0
    assert found[:, 1].eq(0).all()


def test_the_induction_head_writes_the_whole_logit_difference(model: LocalModel) -> None:
    parts = direct_logit_attribution(model, CLEAN, B, E)
    torch.testing.assert_close(parts.heads, torch.tensor([[0.0, 0.0], [0.0, parts.logit]]).flip(1), **CLOSE)
    assert max(abs(parts.embedding), abs(parts.constant), float(parts.mlps.abs().max())) < 1e-4


def test_the_lens_sees_the_answer_only_behind_the_last_layer(model: LocalModel) -> None:
    lens = logit_lens(model, CLEAN, [B, A])
    assert lens.first_top() is not None
    assert lens.top_tokens[-1] == f"w{B}"
    assert float(lens.log_probs[-1, 0]) > float(lens.log_probs[1, 0]) + 0.5
