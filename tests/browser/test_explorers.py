"""Every explorer on the screen: it draws, answers the keyboard, and saves what it shows beside the notebook."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.lab import cell_outputs, offline_page, open_notebook, run_all, write_notebook
from tests.browser.server import LabServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SHOTS = Path("test-artifacts")
CELLS = {
    "set-up": "import pickle\nfrom course_lib import load_model\nfrom course_lib.widgets import *\n"
    "model = load_model('tiny:1')\ntext = 'Mary gave the book to'",
    "attention": "explore_attention(model, text)",
    "attribution": "explore_attribution(model, text, [' John', ' Mary'])",
    "lens": "explore_lens(model, text, ' John')",
    "patching": "explore_patching(model, (text, 'John gave the book to'), ' John')",
    "guardrail": "explore_guardrail([0.1, 0.5, 0.9], ['harmless', 'harmless', 'harmful'])",
    "thresholds": "explore_thresholds([0.9, 0.4, 0.8, 0.1], [1, 0, 1, 0], ['a', 'a', 'b', 'b'])",
    "judges": "explore_judges()",
    "documents": "explore_documents()",
    "next tokens": "explore_next_tokens(model, 'Why is the sky blue?', 4)",
    "pickle": "walk_pickle({'a pair': pickle.dumps((1, 2), protocol=2)})",
    "verdicts": "one = {'seq': 0, 'prompt': 'Why?', 'outputs': ['No.']}\n"
    "read_verdicts({'a': [{**one, 'scores': [1.0]}], 'b': [{**one, 'scores': [0.0]}]}, 'all answers')",
}


@pytest.fixture(scope="module")
def page(browser: Any, lab: LabServer) -> Iterator[Any]:
    """A page that shows the notebook with every cell run."""
    SHOTS.mkdir(exist_ok=True)
    notebook = write_notebook(lab.root / "explorers.ipynb", *CELLS.values())
    with offline_page(browser) as page:
        open_notebook(page, lab, notebook.name)
        run_all(page)
        yield page


def output(page: Any, cell: str) -> Any:
    """The output of the cell of that name, on the screen."""
    area = cell_outputs(page)[list(CELLS).index(cell)]
    area.scroll_into_view_if_needed()
    return area


@pytest.mark.parametrize("cell", list(CELLS)[1:])
def test_it_stands_there_with_its_words(page: Any, cell: str) -> None:
    area = output(page, cell)
    expect(area.get_by_role("button", name="Save")).to_be_visible()
    expect(area).not_to_contain_text("Traceback")
    assert len(area.locator(".widget-html-content").first.inner_text()) > 10
    page.screenshot(path=SHOTS / f"explorer-{cell.replace(' ', '-')}.png")


@pytest.mark.parametrize(
    ("cell", "before", "after"),
    [
        ("attention", "layer 0", "layer 1"),
        ("lens", "after 2 of 2 blocks", "after 1 of 2 blocks"),
        ("patching", "layer 0", "layer 1"),
        ("guardrail", "review from 0.40", "review from 0.4[1-9]"),
        ("next tokens", "Step 1 of", "Step 2 of"),
        ("pickle", "instruction 1 of", "instruction 2 of"),
    ],
)
def test_a_slider_answers_the_arrow_keys(page: Any, cell: str, before: str, after: str) -> None:
    area = output(page, cell)
    expect(area).to_contain_text(before)
    area.get_by_role("slider").first.focus()
    page.keyboard.press("ArrowLeft" if cell == "lens" else "ArrowRight")
    expect(area).to_contain_text(re.compile(after))


def test_a_menu_changes_the_method_and_a_field_takes_a_prompt(page: Any) -> None:
    area = output(page, "attribution")
    area.get_by_label("Method").select_option("saliency")
    expect(area).to_contain_text("saliency: why ' John'?")
    area.get_by_label("Text").fill("The capital of France is")
    page.keyboard.press("Enter")
    expect(area).to_contain_text("France")
    area.get_by_label("Text").fill("a")
    page.keyboard.press("Enter")
    expect(area.get_by_role("alert")).to_contain_text("Give 2 to 64 tokens")
    expect(area).to_contain_text("France")


@pytest.mark.parametrize(("kind", "suffix"), [("PNG", ".png"), ("CSV", ".csv"), ("HTML", ".html")])
def test_save_writes_a_file_beside_the_notebook(page: Any, lab: LabServer, kind: str, suffix: str) -> None:
    area = output(page, "guardrail")
    area.get_by_label("Save as").select_option(kind)
    area.get_by_role("button", name="Save").press("Enter")
    expect(area).to_contain_text(re.compile(rf"Saved as guardrail[\w-]*\{suffix}"))
    assert [path for path in lab.root.glob(f"guardrail*{suffix}") if path.stat().st_size > 50]
