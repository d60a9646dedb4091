"""The explorer shows the right map, computes once, and is there without a browser."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
import torch

from course_lib import CourseError, LocalModel, load_model
from course_lib.attention import attention_weights
from course_lib.widgets import explore_attention
from course_lib.widgets.heatmap import heatmap_svg

TEXT = "Mary gave the book to John"


@pytest.fixture(scope="module")
def model() -> LocalModel:
    """Random weights, 2 layers of 3 heads."""
    return load_model("tiny:1")


def test_every_map_is_the_models_own(model: LocalModel) -> None:
    explorer = explore_attention(model, TEXT, merge_subwords=False)
    expected = attention_weights(model, model.encode(TEXT))

    torch.testing.assert_close(explorer.map(1, 2), expected[1, 2])
    torch.testing.assert_close(explorer.map(1), expected[1].mean(0))


def test_the_controls_change_what_is_shown(model: LocalModel) -> None:
    explorer = explore_attention(model, TEXT)
    first = explorer.picture.value

    explorer.controls["layer"].value = 1
    explorer.controls["head"].value = 2
    explorer.controls["sink"].value = True

    assert "Attention, layer 1, head 2, first token left out" in explorer.picture.value
    assert explorer.text().startswith("Attention, layer 1, head 2, first token left out")
    explorer.show(0)
    assert explorer.picture.value == first


def test_the_model_runs_once_and_each_picture_is_drawn_once(model: LocalModel) -> None:
    runs: list[int] = []
    hook = model.model.register_forward_hook(lambda *_: runs.append(1))
    hook_base = model.model.base_model.register_forward_hook(lambda *_: runs.append(1))
    try:
        explorer = explore_attention(model, TEXT)
        before = len(runs)
        for layer in (1, 0, 1):
            explorer.controls["layer"].value = layer
    finally:
        hook.remove()
        hook_base.remove()

    assert before > 0
    assert len(runs) == before
    assert explorer.drawn.cache_info().misses == 2  # layers 0 and 1, each once


def test_controls_are_labelled(model: LocalModel) -> None:
    labels = [control.description for control in explore_attention(model, TEXT).controls.values()]
    assert labels == ["Layer", "Head", "leave out the first token", "Text"]


def test_the_text_says_the_strongest_connection_between_different_words(model: LocalModel) -> None:
    explorer = explore_attention(model, TEXT, layer=1, head=0)
    others = explorer.map(1, 0).tril(-1)
    query, key = divmod(int(others.argmax()), len(explorer.words))

    first = explorer.text().splitlines()[2]
    assert f'"{explorer.words[query]}" (word {query}) reads "{explorer.words[key]}" (word {key})' in first
    assert f"{float(others.max()):.2f}" in first


@pytest.mark.parametrize(("choice", "message"), [({"layer": 2}, "no layer 2"), ({"head": 3}, "no head 3")])
def test_a_map_that_is_not_there_is_named(model: LocalModel, choice: dict[str, int], message: str) -> None:
    with pytest.raises(CourseError, match=message):
        explore_attention(model, TEXT, **choice)  # type: ignore[arg-type]


def test_the_picture_draws_each_weight_in_its_place_and_escapes_words() -> None:
    picture = heatmap_svg(torch.tensor([[1.0, 0.0], [0.25, 0.75]]), ["<b>", "cat"], "Layer 0")

    assert '<title>"cat" reads "&lt;b&gt;": 0.25</title>' in picture
    assert "<b>" not in picture.replace("<b>Layer 0</b>", "")
    assert picture.count("<rect") == 3 + 1 + 5  # three pairs that can be read, the frame, five steps of the scale


@pytest.mark.slow
def test_it_executes_without_a_browser_and_leaves_picture_and_text(tmp_path: Path) -> None:
    from nbclient import NotebookClient

    code = "from course_lib import load_model\nfrom course_lib.widgets import explore_attention\n"
    code += f"explore_attention(load_model('tiny:1'), {TEXT!r})"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])

    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()

    data = notebook.cells[0].outputs[-1].data
    assert data["text/plain"].startswith("Attention, layer 0, mean over heads")
    assert "<svg" in data["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in data
