"""Refinement: a path with a jump adds up with the steps where the jump is, and says what it spent."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from course_lib.attribution.quadrature import quadrature
from course_lib.attribution.refinement import refine


class Jump:
    """A path of one position whose score is a smooth rise and a jump of 1 near the baseline."""

    def __init__(self, targets: int = 1, steepness: float = 400.0) -> None:
        self.targets, self.steepness, self.looked = targets, steepness, 0

    def values(self, alphas: list[float]) -> torch.Tensor:
        places = torch.tensor(alphas, dtype=torch.float64)[:, None].expand(-1, self.targets)
        return places.sin() + torch.sigmoid(self.steepness * (places - 0.03))

    def part_scores(self, parts: list[tuple[float, float]], steps: int, progress: Any = None) -> torch.Tensor:
        places, weights = quadrature("gauss_legendre", steps)
        self.looked += steps * len(parts)
        found = []
        for a, b in parts:
            alphas = a + (b - a) * places
            jump = torch.sigmoid(self.steepness * (alphas - 0.03))
            slope = alphas.cos() + self.steepness * jump * (1 - jump)
            found.append(((b - a) * weights * slope).sum().expand(self.targets, 1))
        return torch.stack(found)

    def change(self) -> torch.Tensor:
        start, end = self.values([0.0, 1.0])
        return end - start


def test_a_jump_is_found_with_fewer_steps_than_everywhere() -> None:
    path: Any = Jump()
    scores, spent = refine(path, 32, 1000, torch.tensor([1e-4]))
    assert scores is not None
    assert float((scores.sum(1) - path.change()).abs()) < 1e-4
    assert spent == path.looked < 200
    everywhere = path.part_scores([(0.0, 1.0)], spent)[0].sum(1)
    assert float((everywhere - path.change()).abs()) > 1e-3


def test_every_target_has_to_add_up() -> None:
    path: Any = Jump(targets=2)
    scores, _ = refine(path, 32, 1000, torch.tensor([10.0, 1e-4]))
    assert scores is not None
    assert scores.shape == (2, 1)
    assert float((scores.sum(1) - path.change()).abs().max()) < 1e-4


@pytest.mark.parametrize("budget", [32, 47, 48, 90])
def test_the_budget_is_kept(budget: int) -> None:
    path: Any = Jump(steepness=1e6)
    scores, spent = refine(path, 32, budget, torch.tensor([1e-9]))
    assert scores is not None
    assert 0 < spent == path.looked <= budget
    assert refine(path, 32, 31, torch.tensor([1e-9])) == (None, 0)


def test_a_smooth_path_is_left_after_the_first_round() -> None:
    path: Any = Jump(steepness=0.0)
    assert refine(path, 16, 1000, torch.tensor([1e-3]))[1] == 16
