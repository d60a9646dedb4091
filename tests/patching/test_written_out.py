"""The functions that chapter 11 derives agree with the fast ones, and say what their docstrings say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from course_lib.models import LocalModel, load_model
from course_lib.patching import (
    Direction,
    Point,
    ablation_effects,
    attribution_patching,
    attribution_patching_row,
    head_resample_effect,
    patch_one_position,
    patching_map,
    project_out,
    read_points,
    recovery,
    take_out,
)

CLEAN = torch.tensor([3, 1, 4, 1, 5, 9, 2])
CORRUPTED = torch.tensor([3, 1, 7, 1, 5, 9, 2])
RIGHT, WRONG = 8, 30


@pytest.fixture(scope="module")
def model() -> LocalModel:
    return load_model("tiny:1")


@pytest.fixture(autouse=True)
def _no_hook_is_left(model: LocalModel) -> Iterator[None]:
    """As many hooks after a test as before it; transformers may keep some of its own on a model that others use too."""
    before = hooks_on(model)
    yield
    assert hooks_on(model) == before


def hooks_on(model: LocalModel) -> int:
    return sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in model.model.modules())


def test_recovery_is_zero_and_one_at_the_ends_and_is_not_clipped() -> None:
    clean, corrupted = torch.tensor([4.0, 1.0, 0.0]), torch.tensor([1.0, 3.0, 9.0])
    beyond = clean + (clean - corrupted)
    rows = torch.stack([corrupted, clean, beyond, clean + 100])
    torch.testing.assert_close(recovery(rows, clean, corrupted, 0, 1), torch.tensor([0.0, 1.0, 2.0, 1.0]))


def test_one_patch_is_one_cell_of_the_map(model: LocalModel) -> None:
    found = patching_map(model, CLEAN, CORRUPTED, (RIGHT, WRONG))
    ends = model.logits(CLEAN)[-1], model.logits(CORRUPTED)[-1]
    for layer in range(model.n_layers):
        rows = [patch_one_position(model, CLEAN, CORRUPTED, layer, place) for place in range(len(CLEAN))]
        torch.testing.assert_close(
            recovery(torch.stack(rows), *ends, RIGHT, WRONG), found.recovery[layer], atol=1e-3, rtol=1e-3
        )


def test_the_written_out_heads_are_the_librarys(model: LocalModel) -> None:
    fast = ablation_effects(model, CLEAN, RIGHT, contrast=WRONG, mode="resample", reference=CORRUPTED)
    for layer in range(model.n_layers):
        ours = head_resample_effect(model, CLEAN, CORRUPTED, layer, RIGHT, WRONG)
        torch.testing.assert_close(ours, fast.effects[layer], atol=1e-4, rtol=1e-3)


def test_the_written_out_row_is_the_librarys(model: LocalModel) -> None:
    fast = attribution_patching(model, CLEAN, CORRUPTED, (RIGHT, WRONG))
    for layer in range(model.n_layers):
        ours = attribution_patching_row(model, CLEAN, CORRUPTED, layer, RIGHT, WRONG)
        assert not ours.requires_grad
        torch.testing.assert_close(ours, fast.recovery[layer], atol=1e-3, rtol=1e-3)


def test_a_hook_is_removed_after_an_error(model: LocalModel) -> None:
    with pytest.raises(IndexError):
        patch_one_position(model, CLEAN, CORRUPTED, 0, 99)


def test_taken_out_of_the_table_as_out_of_the_model(model: LocalModel) -> None:
    point = Point("residual_before", 0)
    states = read_points(model, CLEAN, [point])[point]
    others = read_points(model, CORRUPTED, [point])[point]
    direction = Direction(states[2:4].mean(0) - others[2:5].mean(0), 0, "difference of means")
    left = take_out(states, states[2:4], others[2:5])
    assert float((left @ direction.vector).abs().max()) < 1e-5 * direction.norm * float(states.norm(dim=-1).max())
    with project_out(model, direction, layers=[0]):
        seen = read_points(model, CLEAN, [point])[point]
    torch.testing.assert_close(left, seen, atol=1e-5, rtol=1e-4)
