"""What a view shows is what the model computed, for the layers and heads that were asked for."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch

from course_lib import CourseError, LocalModel, load_model
from course_lib.attention import attention_weights
from course_lib.widgets import AttentionView, head_view, model_view

TEXT = "Mary gave interpretability to John"


@pytest.fixture(scope="module")
def model() -> LocalModel:
    """Random weights, 2 layers of 3 heads: a mix-up of the two axes cannot pass."""
    return load_model("tiny:3")


def drawn(view: AttentionView) -> dict[str, Any]:
    """The data that bertviz's script in the page draws."""
    start = view.page.index("const params = ") + len("const params = ")
    data: dict[str, Any] = json.JSONDecoder().raw_decode(view.page[start:].replace("<\\/", "</"))[0]
    return data


@pytest.mark.parametrize("view", [head_view, model_view])
def test_chosen_layers_and_heads_are_drawn_with_the_models_own_weights(view: Any, model: LocalModel) -> None:
    shown = view(model, TEXT, layers=[1], heads=[2, 0], merge_subwords=False)

    expected = attention_weights(model, model.encode(TEXT))[[1]][:, [2, 0]]
    data = drawn(shown)
    assert data["include_layers"] == [1]
    # Three decimals: half a thousandth is the largest error of rounding.
    torch.testing.assert_close(torch.tensor(data["attention"][0]["attn"]), expected, atol=5.1e-4, rtol=0)
    torch.testing.assert_close(shown.weights.float(), expected, atol=5.1e-4, rtol=0)


def test_model_view_names_the_chosen_heads(model: LocalModel) -> None:
    assert drawn(model_view(model, TEXT, heads=[2]))["include_heads"] == [2]


def test_head_view_writes_the_heads_numbers_above_their_squares(model: LocalModel) -> None:
    assert '<div class="head-numbers"><span>2</span><span>0</span></div>' in head_view(model, TEXT, heads=[2, 0]).page


def test_words_stand_for_their_pieces(model: LocalModel) -> None:
    view = head_view(model, TEXT)
    assert view.words == ("Mary", "gave", "interpretability", "to", "John")
    assert view.weights.shape == (2, 3, 5, 5)
    assert drawn(view)["attention"][0]["left_text"][2] == "interpretabi…"  # bertviz's column holds 13 characters


def test_token_ids_give_the_same_view_as_their_text(model: LocalModel) -> None:
    from_ids = head_view(model, model.encode(TEXT).tolist())
    assert torch.equal(from_ids.weights, head_view(model, TEXT).weights)


def test_weights_have_the_decimals_asked_for(model: LocalModel) -> None:
    numbers = re.findall(r"0\.\d+", json.dumps(head_view(model, TEXT, decimals=2).weights.tolist()))
    assert max(map(len, numbers)) == len("0.12")


def test_the_sink_is_left_out_on_request(model: LocalModel) -> None:
    view = head_view(model, TEXT, drop_sink=True, merge_subwords=False)
    assert not view.weights[..., 0].any()
    torch.testing.assert_close(  # rounding leaves up to 5e-4 per entry of a row
        view.weights[:, :, 1:].sum(-1), torch.ones_like(view.weights[:, :, 1:, 0]), atol=1e-2, rtol=0
    )
    assert "left out" in view.text()


def test_the_text_names_the_strongest_connection(model: LocalModel) -> None:
    view = head_view(model, TEXT)
    layer, head, query, key, weight = view.strongest(1)[0]

    others = [
        float(view.weights[i, j, q, k]) for i in range(2) for j in range(3) for q in range(5) for k in range(1, q)
    ]
    assert weight == max(others)
    line = f'layer {layer} head {head}: "{view.words[query]}" (word {query}) reads "{view.words[key]}" (word {key})'
    assert line in view.text()
    assert str(view) == repr(view) == view.text()


@pytest.mark.parametrize(
    ("length", "limit"),
    [
        (80, 460_000),  # the view is built, measured and refused
        (200, 950_000),  # 6 maps of 200 x 200 numbers of at least 4 bytes: refused before the model runs
    ],
)
def test_an_oversized_view_is_refused_and_the_remedy_works(model: LocalModel, length: int, limit: int) -> None:
    ids = model.encode("the model reads the answer " * 50)[:length]
    with pytest.raises(CourseError, match=f"the limit is {limit / 1e6:.1f} MB") as refusal:
        head_view(model, ids, merge_subwords=False, max_bytes=limit)

    fitting = re.search(r"about (\d+) of these 2 layers fit", str(refusal.value))
    assert fitting is not None
    view = head_view(model, ids, merge_subwords=False, max_bytes=limit, layers=range(int(fitting[1])))
    assert view.n_bytes <= limit


def test_a_hopeless_view_is_refused_before_the_model_runs(model: LocalModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("course_lib.widgets.bertviz_views.attention_weights", None)  # calling it would be an error
    with pytest.raises(CourseError, match="at least"):
        model_view(model, [5] * 300, merge_subwords=False)


@pytest.mark.parametrize(
    ("choice", "message"),
    [({"layers": [2]}, "no layer 2"), ({"heads": [-1]}, "no head -1"), ({"layers": []}, "No layer was chosen")],
)
def test_a_layer_or_head_that_is_not_there_is_named(model: LocalModel, choice: dict[str, Any], message: str) -> None:
    with pytest.raises(CourseError, match=message):
        head_view(model, TEXT, **choice)


def test_the_saved_page_is_complete(model: LocalModel, tmp_path: Path) -> None:
    view = model_view(model, TEXT)
    path = view.save(tmp_path / "view.html")
    assert path.read_text(encoding="utf-8") == view.page
    assert view.page.startswith("<!DOCTYPE html>")


def test_the_notebook_output_is_one_closed_frame_with_its_text(model: LocalModel) -> None:
    html = head_view(model, 'He said "no" & left')._repr_html_()
    frame = re.match(r'<iframe srcdoc="([^"]*)" sandbox="allow-scripts" title="[^"]*"', html)
    assert frame is not None  # the page's own quotes do not end the attribute
    assert "<summary>The same as text</summary>" in html


@pytest.mark.model
def test_fourteen_words_of_the_default_model_stay_under_two_megabytes() -> None:
    view = model_view(load_model("default"), "When Mary and John went to the store, John gave a drink to")
    assert view.weights.shape == (30, 9, 14, 14)
    assert view.n_bytes < 1_000_000  # bertviz itself writes 1.5 MB for this text
