"""The drawings: each is a picture that is not empty, carries its numbers as text, and explains what cannot be drawn."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib.attention import HeadRoles
from course_lib.attribution import FaithfulnessCurve, TokenAttribution, compare
from course_lib.attribution.coalition_table import CoalitionTable
from course_lib.attribution.survey import METHODS, Survey
from course_lib.errors import CourseError
from course_lib.figures import (
    Picture,
    ablation_map,
    attention_map,
    attribution_bars,
    comparison_map,
    faithfulness_curves,
    probe_curve,
    rate_bars,
    recovery_map,
    role_map,
    survey_dots,
)
from course_lib.figures.ablation import top_cells
from course_lib.patching import PatchingMap
from course_lib.probing import HeldOutAccuracy, ProbeSweep
from course_lib.rates import Rate

TOKENS = ["The", " cost", " is", " $", "3", "\n", " 漢"]


def attribution() -> TokenAttribution:
    scores = torch.tensor([[0.5, -2.25, 3.75, 0.0, 0.125, -0.5, 1.0], [-1.0, -2, -3, -4, -5, -6, -7]])
    return TokenAttribution(tuple(TOKENS), (" Paris", " $"), scores, "each token deleted")


def sweep(offset: float = 0.0, control: bool = False, layers: int = 31) -> ProbeSweep:
    accuracy = torch.linspace(0.5, 0.75, layers) + offset
    return ProbeSweep(accuracy, accuracy - 0.03, accuracy + 0.03, 602, 301, control, {"folds": 8})


def attention(n: int = 7) -> torch.Tensor:
    torch.manual_seed(0)
    weights = torch.rand(n, n).tril() + 0.1 * torch.eye(n)
    weights[:, 0] += 2
    return weights / weights.sum(-1, keepdim=True)


def faithfulness(kind: str = "deletion") -> FaithfulnessCurve:
    shares = torch.linspace(0, 1, 6).double()
    spread = 1 + 0.2 * torch.arange(3).double()[:, None]
    return FaithfulnessCurve(kind, "each $ deleted", shares, -4 * shares, -3 * spread * shares, "nats", {})  # type: ignore[arg-type]


def effects() -> torch.Tensor:
    return torch.tensor([[0.0, 0.5, -0.25], [3.125, 0.0, -1.5]])


def roles() -> HeadRoles:
    """Two draws of two layers with three heads: one head for each role, one below the threshold, one between two roles."""
    mean = {
        "previous": [[0.9, 0.1, 0.0], [0.0, 0.25, 0.375]],
        "duplicate": [[0.0, 0.5, 0.0], [0.0, 0.0, 0.0]],
        "induction": [[0.0, 0.0, 0.75], [0.0, 0.0, 0.375]],
        "sink": [[0.1, 0.1, 0.1], [1.0, 0.125, 0.125]],
    }
    draws = {role: torch.stack([torch.tensor(score)] * 2) for role, score in mean.items()}
    return HeadRoles(draws, dict.fromkeys(mean, 0.05), {"n": 8, "draws": 2})


def patching(sites: str = "residual", columns: int = 3) -> PatchingMap:
    values = torch.tensor([[0.0, 1.0, 0.0], [-0.25, 0.5, 0.375]]).repeat(1, columns // 3)
    tokens = tuple(f" a{i}" for i in range(columns))
    clean = (tokens[0], " $", *tokens[2:])
    places = tuple(range(columns))
    return PatchingMap(values, (4, 5), places, sites, tokens, clean, "logit", 2.0, -1.0, "patching", {"unit": "logits"})


def survey(prompts: int = 4) -> Survey:
    torch.manual_seed(0)
    values = [torch.randn(8).double() for _ in range(prompts)]
    tables = tuple(CoalitionTable(("The", " $", " cat", " is"), (1, 2, 3), " a", row, {}) for row in values)
    return Survey(tables, {method: tuple(torch.rand(4) for _ in tables) for method in METHODS}, (True,) * prompts)


DRAWINGS: dict[str, Callable[[], Picture]] = {
    "attribution": lambda: attribution_bars(attribution()),
    "attention": lambda: attention_map(attention(), TOKENS),
    "long attention": lambda: attention_map(attention(40), [f" word{i}" for i in range(40)]),
    "probe": lambda: probe_curve(sweep(), sweep(-0.25, control=True), HeldOutAccuracy(0.525, 0.5, 0.55, 602, 301)),
    "ablation": lambda: ablation_map(effects()),
    "comparison": lambda: comparison_map(compare(attribution(), attribution(), names=["one $", "another $"])),
    "faithfulness": lambda: faithfulness_curves(faithfulness(), faithfulness()),
    "roles": lambda: role_map(roles()),
    "recovery": lambda: recovery_map(patching()),
    "recovery of heads": lambda: recovery_map(patching("heads")),
    "rates": lambda: rate_bars({"harmful $": Rate(1, 30), "a name that is long enough to be broken": Rate(0, 30)}),
    "survey": lambda: survey_dots(survey()),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_the_image_is_not_empty_fits_a_notebook_and_draws_without_a_warning(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        png = DRAWINGS[name]().png()
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
    inked = (pixels < 250).any(axis=-1)
    assert pixels.shape[1] == 1400
    assert inked.mean() > 0.02
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 10
    assert not inked[:, -1].any(), "something runs off the right edge"
    assert len(png) < 150_000


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("attribution", ["-2.250", "3.750", "each token deleted, in nats"]),
        ("attention", [f"{weight:.2f}" for weight in attention()[3, :4].tolist()]),
        ("long attention", ["->", "Mean weight of key 0"]),
        ("probe", ["0.750", "0.500", "Bag of words: 0.525", "602 examples in 301 pairs"]),
        ("ablation", ["3.125", "-1.500", "layer  1"]),
        ("roles", ["L0H0", "0.900", "layer  0: P D I", "layer  1: S . ."]),
        ("recovery", ["layer  5:  -0.25   0.50   0.38", "0.375", "·$ (·a1)", "2.000 (clean)"]),
        ("rates", ["1 of 30 = 0.03 [0.01, 0.17]", "0 of 30 = 0.00 [0.00, 0.11]"]),
    ],
)
def test_the_text_twin_has_the_numbers(name: str, numbers: list[str]) -> None:
    text = DRAWINGS[name]().text
    for number in numbers:
        assert number in text


@pytest.mark.parametrize(
    ("name", "finding"),
    [
        ("attribution", "“·is” speaks most for “·Paris” (+3.75 nats), “·cost” most against it (−2.25)"),
        ("probe", "A linear probe is right on 50% at the embedding and on 75% at layer 30"),
        ("recovery", "The best single patch: at “·$ (·a1)” in layer 4 (1.00), at “·$ (·a1)” in layer 5 (0.50)"),
        ("ablation", "Head 0 of layer 1 matters most: without it the target loses 3.12 nats"),
        (
            "roles",
            "Of 6 heads, so many spend at least 0.4 of their attention: 1 on previous token, 1 on duplicate token, "
            "1 on induction, 1 on sink",
        ),
    ],
)
def test_the_default_title_states_the_finding(name: str, finding: str) -> None:
    assert DRAWINGS[name]().title == finding


def test_a_title_of_your_own_is_kept() -> None:
    assert attribution_bars(attribution(), title="Mine").title == "Mine"
    assert attention_map(attention(), TOKENS, "Mine").title == "Mine"
    assert probe_curve(sweep(), title="Mine").title == "Mine"
    assert ablation_map(effects(), "Mine").title == "Mine"
    assert rate_bars({"a": Rate(1, 2)}, "Mine").title == "Mine"


def test_the_chosen_target_is_drawn() -> None:
    picture = attribution_bars(attribution(), target=-1)
    assert picture.title == "“·U+6F22” speaks most against “·$” (−7.00)"
    widths = [bar.get_width() for bar in picture.figure.axes[0].patches]
    assert widths == [-1, -2, -3, -4, -5, -6, -7]


def test_bars_stand_in_the_order_of_the_text() -> None:
    axes = attribution_bars(attribution()).figure.axes[0]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["The", "·cost", "·is", "·$", "3", "↵", "·U+6F22"]
    top, bottom = axes.transData.transform([(0, 0), (0, 6)])[:, 1]
    assert top > bottom, "the first token is at the top"


def test_queries_run_down_keys_run_right_and_the_future_is_empty() -> None:
    image = attention_map(attention(), TOKENS).figure.axes[0].images[0]
    drawn = image.get_array()
    assert drawn.shape == (7, 7)
    assert float(drawn[3, 1]) == pytest.approx(attention()[3, 1].item())
    assert np.isnan(np.ma.filled(drawn, np.nan)[1, 3])
    assert image.get_clim() == (0, pytest.approx(attention()[:, 1:].max().item())), "the sink is off the scale"


def test_layers_run_right_heads_run_down_and_zero_is_in_the_middle() -> None:
    image = ablation_map(effects()).figure.axes[0].images[0]
    assert image.get_array().shape == (3, 2)
    assert float(image.get_array()[0, 1]) == 3.125
    assert image.get_clim() == (-3.125, 3.125)


def test_a_part_of_the_layers_keeps_its_numbers() -> None:
    picture = ablation_map(effects(), first_layer=20)
    assert "layer 21" in picture.title
    assert "layer 21:" in picture.text
    assert [label.get_text() for label in picture.figure.axes[0].get_xticklabels()] == ["20", "21"]


def test_layers_run_up_and_the_patched_token_stands_behind_the_clean_one() -> None:
    axes = recovery_map(patching()).figure.axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["·a0", "·$ (·a1)", "·a2"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["4", "5"]
    bottom, top = axes.transData.transform([(0, 0), (0, 1)])[:, 1]
    assert bottom < top
    assert axes.images[0].get_clim() == (-1.0, 1.0)


def test_no_effect_at_all_is_said() -> None:
    assert ablation_map(torch.zeros(2, 3)).title == "No head has any effect"
    assert top_cells(torch.zeros(2, 3), 5) == []


def test_the_band_is_the_interval() -> None:
    axes = probe_curve(sweep(layers=4)).figure.axes[0]
    edges = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert edges.min() == pytest.approx(0.47, abs=1e-6)
    assert edges.max() == pytest.approx(0.78, abs=1e-6)


def test_whiskers_are_the_wilson_interval() -> None:
    axes = rate_bars({"a": Rate(12, 30)}).figure.axes[0]
    (ends,) = axes.collections[0].get_segments()
    assert ends[:, 0].tolist() == pytest.approx([Rate(12, 30).low, Rate(12, 30).high])


@pytest.mark.parametrize(
    ("draw", "sentence"),
    [
        (lambda: attribution_bars(attribution(), target=2), "no target 2"),
        (lambda: attention_map(attention(3), TOKENS), "does not fit 7 tokens"),
        (lambda: attention_map(attention(61), ["a"] * 61), "61 tokens cannot be read"),
        (lambda: probe_curve(sweep(), sweep(layers=3)), "another number of layers"),
        (lambda: ablation_map(torch.zeros(3)), "are no map"),
        (lambda: recovery_map(patching(columns=63)), "63 columns cannot be read"),
        (lambda: rate_bars({}), "no rate to draw"),
        (lambda: rate_bars({"a": Rate(0, 0)}), "no rate to draw"),
    ],
)
def test_what_cannot_be_drawn_is_explained(draw: Callable[[], Picture], sentence: str) -> None:
    with pytest.raises(CourseError, match=sentence):
        draw()


def test_curves_of_two_kinds_do_not_share_a_picture() -> None:
    with pytest.raises(CourseError, match="do not fit"):
        faithfulness_curves(faithfulness(), faithfulness("insertion"))
    with pytest.raises(CourseError, match="do not fit"):
        faithfulness_curves()


def test_a_comparison_says_whether_the_methods_agree() -> None:
    assert comparison_map(compare(attribution(), attribution(), names="ab")).title.startswith("All 2 methods put “·is”")
