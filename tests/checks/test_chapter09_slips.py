"""Slips of chapter 9 as a learner would write them, each recognised as the named mistake that it is."""

import numpy as np
import pytest
import torch

from course_lib.checks.registry import exercise
from course_lib.checks.runner import run


def evenness_with_row_zero(attention):
    weights = attention.numpy().astype(float)
    n = weights.shape[-1]
    bits = -(weights * np.log2(np.where(weights > 0, weights, 1))).sum(-1)
    largest = np.log2(np.maximum(np.arange(1, n + 1), 2))  # so that row 0 is not divided by 0
    return (bits / largest).mean(-1)


def evenness_for_the_whole_length(attention):
    rows = -(attention * attention.clamp(min=1e-30).log()).sum(-1)[..., 1:]
    return rows.mean(-1) / np.log(attention.shape[-1])


def looks_at_the_same_token(attention, n):
    previous = [attention[..., q, q - 1] for q in range(2, 2 * n)]
    same = [attention[..., q + n, q] for q in range(n)]
    return torch.stack(previous).mean(0), torch.stack(same).mean(0)


def multiplies_from_the_wrong_side(maps, residual=0.5):
    total = None
    for one in maps:
        layer = (residual * np.eye(len(one)) + (1 - residual) * one.numpy()).astype(float)
        layer /= layer.sum(1, keepdims=True)
        total = layer if total is None else total @ layer
    return total


def one_row_too_many(attention, reference, calibration):
    weights = attention.double()
    n = weights.shape[-1]
    entropy = -(weights * weights.clamp(min=1e-30).log()).sum(-1)
    evenness = (entropy / torch.arange(1, n + 1).clamp(min=2).log()).mean(-1)
    mean, spread = reference.mean(0), reference.std(0).clamp(min=0.001)
    score = ((evenness - mean) / spread).abs().max()
    others = torch.stack([((text - mean) / spread).abs().max() for text in calibration])
    return score, (1 + (others >= score).sum()) / (1 + len(others))


@pytest.mark.parametrize(
    ("id", "slip", "name"),
    [
        ("9.1", evenness_with_row_zero, "row 0 counted as 0"),
        ("9.1", evenness_for_the_whole_length, "whole length"),
        ("9.2", looks_at_the_same_token, "duplicate token"),
        ("9.3", multiplies_from_the_wrong_side, "order of layers"),
        ("9.4", one_row_too_many, "row 0 counts"),
    ],
)
def test_a_slip_is_recognised(id, slip, name):
    verdict = run(exercise(id), slip)
    assert not verdict.passed
    assert verdict.mistake is not None, verdict.message
    assert verdict.mistake.name == name
