"""Are the attention views there for somebody who looks at the screen, with the network off?

One notebook is run once; each test looks at a cell of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.lab import (
    cell_outputs,
    coloured_pixels,
    offline_page,
    open_notebook,
    run_all,
    write_notebook,
)
from tests.browser.server import LabServer

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.slow]

WORDS = ["When", "Mary", "and", "John", "went", "to", "the", "store", ",", "John", "gave", "a", "drink", "to"]
CELLS = {
    "set-up": "from course_lib import load_model\nfrom course_lib.widgets import *\nmodel = load_model()\n"
    "text = 'When Mary and John went to the store, John gave a drink to'",
    "heads": "head_view(model, text, layers=[0, 16, 17], heads=[3, 6])",
    "wall": "model_view(model, text)",
    "one head": "head_view(model, text, layers=[16], heads=[6])",
    "explorer": "explore_attention(model, text)",
}


@pytest.fixture(scope="module")
def page(browser: Any, lab: LabServer) -> Iterator[Any]:
    """A page that shows the notebook with every cell run."""
    notebook = write_notebook(lab.root / "attention_views.ipynb", *CELLS.values())
    with offline_page(browser) as page:
        open_notebook(page, lab, notebook.name)
        run_all(page)
        yield page


def output(page: Any, cell: str) -> Any:
    """The output of the cell of that name, on the screen."""
    area = cell_outputs(page)[list(CELLS).index(cell)]
    area.scroll_into_view_if_needed()
    return area


def test_two_views_in_one_notebook_both_draw(page: Any) -> None:
    heads = output(page, "heads").frame_locator("iframe").locator("svg")
    wall = output(page, "wall").frame_locator("iframe").locator("svg")

    # One line for each pair of words and each head on show: 2 heads of one layer; 30 layers of 9 heads.
    expect(heads.locator("line")).to_have_count(2 * len(WORDS) ** 2)
    expect(wall.locator("line")).to_have_count(30 * 9 * len(WORDS) ** 2)
    assert heads.locator("#left text").all_text_contents() == WORDS


@pytest.mark.parametrize("cell", ["heads", "wall"])
def test_the_lines_can_be_seen(page: Any, cell: str) -> None:
    frame = output(page, cell).locator("iframe")
    lines = output(page, cell).frame_locator("iframe").locator("svg")
    with_lines = coloured_pixels(frame)
    lines.evaluate("svg => svg.querySelectorAll('line').forEach(line => line.style.display = 'none')")
    without_lines = coloured_pixels(frame)
    lines.evaluate("svg => svg.querySelectorAll('line').forEach(line => line.style.display = '')")

    assert without_lines > 0  # words and numbers
    assert with_lines > 1.5 * without_lines


def test_nothing_of_the_wall_is_cut_off(page: Any) -> None:
    frame = output(page, "wall").locator("iframe").bounding_box()
    drawing = output(page, "wall").frame_locator("iframe").locator("svg").bounding_box()
    assert frame is not None
    assert drawing is not None
    assert drawing["x"] + drawing["width"] <= frame["x"] + frame["width"]


def test_pointing_at_a_word_shows_its_lines_only(page: Any) -> None:
    drawing = output(page, "one head").frame_locator("iframe").locator("svg")

    drawing.locator("#left text").nth(5).hover()

    visible = drawing.locator("line[visibility='visible']")
    expect(visible).to_have_count(len(WORDS))
    assert {visible.nth(i).get_attribute("left-token-index") for i in range(len(WORDS))} == {"5"}


def test_choosing_another_layer_changes_the_lines(page: Any) -> None:
    view = output(page, "heads").frame_locator("iframe")
    line = view.locator("line").nth(len(WORDS) * 3)  # first head on show, word 3 to word 0
    before = line.get_attribute("stroke-opacity")

    view.locator("select").select_option("16")

    expect(line).not_to_have_attribute("stroke-opacity", before)


def test_the_layer_slider_moves_by_keyboard_and_the_picture_follows(page: Any) -> None:
    explorer = output(page, "explorer")
    picture = explorer.get_by_role("img")
    expect(picture).to_have_attribute("aria-label", f"Attention, layer 0, mean over heads. Words: {' '.join(WORDS)}")
    before = picture.inner_html()
    assert coloured_pixels(picture) > 0

    explorer.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")

    expect(explorer.get_by_text("Attention, layer 1, mean over heads")).to_be_visible()
    assert picture.inner_html() != before


def test_head_and_sink_are_found_by_their_labels(page: Any) -> None:
    explorer = output(page, "explorer")

    explorer.get_by_label("Head", exact=True).select_option("6")
    explorer.get_by_label("leave out the first token").press("Space")

    expect(explorer.get_by_text("head 6, first token left out")).to_be_visible()
