"""What all explorers share: one redraw for several changes, a sentence for what cannot be shown, and files that can be kept."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from course_lib import CourseError, LocalModel, load_model
from course_lib.widgets import (
    explore_attention,
    explore_attribution,
    explore_guardrail,
    explore_judges,
    explore_lens,
    explore_patching,
)
from course_lib.widgets.explorer import Explorer

TEXT = "Mary gave the book to"
MAKERS: dict[str, Callable[[LocalModel], Explorer]] = {
    "attention": lambda model: explore_attention(model, TEXT),
    "attribution": lambda model: explore_attribution(model, TEXT, [" John"]),
    "lens": lambda model: explore_lens(model, TEXT, " John"),
    "patching": lambda model: explore_patching(model, (TEXT, "John gave the book to"), " John"),
    "guardrail": lambda _: explore_guardrail([0.1, 0.5, 0.9], ["harmless", "harmless", "harmful"]),
    "judge": lambda _: explore_judges(),
}


@pytest.fixture(scope="module")
def model() -> LocalModel:
    """Random weights, 2 layers of 3 heads."""
    return load_model("tiny:1")


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_what_is_shown_can_be_kept(kind: str, model: LocalModel, tmp_path: Path) -> None:
    explorer = MAKERS[kind](model)
    assert explorer.save(tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    with explorer.save(tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(explorer.rows()) > 0
    page = explorer.save(tmp_path / "a.html").read_text(encoding="utf-8")
    assert explorer.frame() in page
    assert "<script" not in page
    with pytest.raises(CourseError, match="Use one of"):
        explorer.save(tmp_path / "a.pdf")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(CourseError, match="cannot be written"):
        explorer.save(tmp_path / "folder.csv")


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_every_control_has_a_label_and_the_words_are_announced(kind: str, model: LocalModel) -> None:
    explorer = MAKERS[kind](model)
    assert all(control.description for control in explorer.controls.values())
    assert 'role="status"' in explorer.frame().replace("'", '"') or "aria-label" in explorer.frame()


def test_the_button_saves_beside_the_notebook_and_replaces_nothing(
    model: LocalModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    explorer = explore_attention(model, TEXT)
    explorer.keeping["format"].value = "CSV"
    explorer.keeping["save"].click()
    explorer.keeping["save"].click()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [
        "attention-0-mean-False-Mary-gave-the-book-to-2.csv",
        "attention-0-mean-False-Mary-gave-the-book-to.csv",
    ]
    assert names[0] in explorer.keeping["said"].value


def test_a_text_of_ones_own_is_read_and_a_bad_one_is_answered_with_a_sentence(model: LocalModel) -> None:
    explorer = explore_attention(model, TEXT, layer=1)
    explorer.controls["text"].value = "The cat sat"
    assert explorer.words == ("The", "cat", "sat")
    explorer.controls["text"].value = ""
    assert 'role="alert"' in explorer.picture.value
    assert "The text is empty" in explorer.picture.value
    assert explorer.words == ("The", "cat", "sat")
    explorer.controls["text"].value = "The cat"
    assert "alert" not in explorer.picture.value


def test_several_changes_are_drawn_once(model: LocalModel) -> None:
    explorer = explore_patching(model, (TEXT, "John gave the book to"), " John")
    seen: list[Any] = []
    explorer.picture.observe(seen.append, names="value")
    explorer.set(layer=1, sites="heads")
    assert len(seen) == 1
    assert (explorer.layer, explorer.sites) == (1, "heads")
