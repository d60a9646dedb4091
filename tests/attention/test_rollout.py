"""Attention rollout: three tokens and two layers by hand, a plain loop, and what the sink does to it."""

from __future__ import annotations

import pytest
import torch

from course_lib.attention import attention_rollout, attention_weights, rolled_out, uniform_sink_mass, without_sink
from course_lib.errors import CourseError
from course_lib.models import LocalModel

TEXT = "The model reads the question and writes"


def test_three_tokens_and_two_layers_by_hand() -> None:
    first = torch.tensor([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.0, 0.5, 0.5]])
    second = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.5, 0.0, 0.5]])
    # Half of each row is the residual: A1 = [1 0 0 | .25 .75 0 | 0 .25 .75], A2 = [1 0 0 | 0 1 0 | .25 0 .75].
    # The last row of A2 A1: .25 [1 0 0] + .75 [0 .25 .75].
    expected = torch.tensor([[1.0, 0.0, 0.0], [0.25, 0.75, 0.0], [0.25, 0.1875, 0.5625]])
    torch.testing.assert_close(rolled_out([first, second]), expected)
    # The order matters: A1 A2 has .25 [0 1 0] + .75 [.25 0 .75] there.
    torch.testing.assert_close(rolled_out([second, first])[2], torch.tensor([0.1875, 0.25, 0.5625]))


@pytest.mark.parametrize("sink", ["kept", "removed"])
@pytest.mark.parametrize("residual", [0.5, 0.2])
def test_a_plain_loop_over_positions(tiny: LocalModel, sink: str, residual: float) -> None:
    weights = attention_weights(tiny, tiny.encode(TEXT))
    maps = (without_sink(weights) if sink == "removed" else weights).mean(dim=1)
    n = maps.shape[-1]
    rollout = [[float(q == k) for k in range(n)] for q in range(n)]
    for layer in maps.tolist():
        mixed = [[residual * (q == k) + (1 - residual) * layer[q][k] for k in range(n)] for q in range(n)]
        mixed = [[value / sum(row) for value in row] for row in mixed]
        rollout = [[sum(mixed[q][j] * rollout[j][k] for j in range(n)) for k in range(n)] for q in range(n)]
    found = attention_rollout(tiny, TEXT, residual=residual, sink=sink)  # type: ignore[arg-type]
    torch.testing.assert_close(found.rollout, torch.tensor(rollout), rtol=1e-4, atol=1e-6)


def test_rows_are_distributions_and_see_nothing_of_the_future(tiny: LocalModel) -> None:
    for sink in ("kept", "removed"):
        rollout = attention_rollout(tiny, TEXT, sink=sink).rollout  # type: ignore[arg-type]
        torch.testing.assert_close(rollout.sum(-1), torch.ones(len(rollout)))
        assert (rollout.triu(1) == 0).all()


def test_a_constant_sink_grows_with_depth_as_the_formula_says() -> None:
    n, share, depth = 6, 0.5, 30
    attention = share * torch.eye(n)
    attention[:, 0] += 1 - share
    attention[0] = torch.eye(n)[0]
    rollout = rolled_out([attention] * depth)
    assert rollout[1:, 0].tolist() == pytest.approx([1 - (1 - share / 2) ** depth] * (n - 1), rel=1e-4)
    removed = rolled_out([without_sink(attention)] * depth)
    assert (removed[1:, 0] == 0).all()


def test_the_share_of_the_sink_is_told(tiny: LocalModel) -> None:
    kept, removed = attention_rollout(tiny, TEXT), attention_rollout(tiny, TEXT, sink="removed")
    assert kept.sink_share == pytest.approx(kept.rollout[1:, 0].mean().item())
    assert removed.sink_share == 0
    assert 0 < uniform_sink_mass(len(kept.tokens)) < 1
    assert f"{kept.sink_share:.3f}" in kept.text()
    assert "<script" not in attention_rollout(tiny, "<script> x")._repr_html_()


def test_bad_input_is_explained(tiny: LocalModel) -> None:
    with pytest.raises(CourseError, match="no share"):
        attention_rollout(tiny, TEXT, residual=1.0)
    with pytest.raises(CourseError, match="nothing left"):
        attention_rollout(tiny, TEXT, residual=0, sink="removed")
    with pytest.raises(CourseError, match="no layer"):
        rolled_out([])
    with pytest.raises(CourseError, match="no query has a choice"):
        attention_rollout(tiny, tiny.encode(TEXT)[:1])
