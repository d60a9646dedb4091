"""The probe of exercise 8.4: held out, standardised with the training rows, one number per layer."""

from __future__ import annotations

import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from course_lib.probing import probe_accuracy


def two_clouds(n: int, gap: float, width: int = 5, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Labels 0, 1, 0, 1, … and points that differ by `gap` in their first number."""
    torch.manual_seed(seed)
    labels = torch.arange(n) % 2
    points = torch.randn(n, width)
    points[:, 0] += gap * (labels - 0.5)
    return points, labels


def test_a_blind_layer_is_at_chance_and_a_telling_one_is_right() -> None:
    telling, labels = two_clouds(200, gap=12.0)
    blind = torch.ones(200, 5)
    order = torch.randperm(200, generator=torch.Generator().manual_seed(1))
    train, test = order[:120], order[120:]
    accuracy = probe_accuracy(torch.stack([blind, telling, blind]), labels, train, test)
    share = max((labels[test] == 0).float().mean(), (labels[test] == 1).float().mean())
    assert accuracy[1] == 1.0
    assert accuracy.shape == (3,)
    assert min(abs(accuracy[0] - share), abs(accuracy[0] - (1 - share))) < 1e-6, (
        "a probe that sees nothing gives every row the same answer"
    )


def test_noise_that_the_training_rows_fit_almost_perfectly_is_worth_nothing() -> None:
    torch.manual_seed(3)
    noise, labels = torch.randn(1, 400, 300), torch.randint(0, 2, (400,))
    train, test = torch.arange(100), torch.arange(100, 400)
    probe = LogisticRegression(C=0.01, max_iter=1000).fit(noise[0, train], labels[train])
    assert probe.score(noise[0, train], labels[train]) > 0.95, "otherwise the next line would show nothing"
    # 300 held-out coin flips: a standard deviation of 0.029, three of them on each side.
    assert abs(probe_accuracy(noise, labels, train, test).item() - 0.5) < 0.087


def test_mean_and_spread_come_from_the_training_rows_only() -> None:
    """The telling number is 1,000 times larger in the test rows; a scale that has seen them shrinks it to nothing."""
    points, labels = two_clouds(60, gap=0.0)
    train, test = torch.arange(30), torch.arange(30, 60)
    points[:, 0] = 2.0 * labels - 1
    points[test, 0] *= 1000
    scaled = StandardScaler().fit_transform(points.numpy())
    leaky = LogisticRegression(C=0.01, max_iter=1000).fit(scaled[train], labels[train])
    assert leaky.score(scaled[test], labels[test]) < 0.9, "otherwise the next line would show nothing"
    assert probe_accuracy(points[None], labels, train, test).item() == 1.0


def test_indices_need_not_be_sorted_and_cover_only_what_they_name() -> None:
    points, labels = two_clouds(80, gap=10.0)
    train = torch.randperm(40, generator=torch.Generator().manual_seed(2))
    flipped = labels.clone()
    flipped[60:] = 1 - flipped[60:]  # wrong on purpose, and in neither index
    accuracy = probe_accuracy(points[None], flipped, train, torch.tensor([59, 41, 47, 40]))
    assert accuracy.tolist() == [1.0]
