"""Are the attention views there for somebody who looks at the screen, with the network off?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.lab import LabServer, cell_outputs, coloured_pixels, open_notebook, run_all

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.slow]

SENTENCE = "When Mary and John went to the store, John gave a drink to"
SETUP = (
    f"from course_lib import load_model\nfrom course_lib.widgets import *\nmodel = load_model()\ntext = {SENTENCE!r}"
)


def drawn(output: Any) -> Any:
    """The drawing inside the view in this output, on the screen."""
    drawing = output.frame_locator("iframe").locator("svg")
    drawing.wait_for()
    drawing.scroll_into_view_if_needed()
    return drawing


def test_two_views_in_one_notebook_both_draw(lab: LabServer, page: Any, scratch: Callable[..., str]) -> None:
    cells = ["head_view(model, text, layers=[16, 17, 18], heads=[3, 6])", "model_view(model, text)"]
    open_notebook(page, lab, scratch(SETUP, *cells))
    run_all(page)
    _, heads, wall = cell_outputs(page)

    # 14 words: one line for each pair of words and each head shown at a time (2 heads; then 30 layers of 9 heads).
    expect(drawn(heads).locator("line")).to_have_count(2 * 14 * 14)
    expect(drawn(wall).locator("line")).to_have_count(30 * 9 * 14 * 14)
    # A blank frame has no pixel off its background; the words alone, with every line missing, have about 4,000.
    assert coloured_pixels(drawn(heads)) > 5_000
    assert coloured_pixels(wall.locator("iframe")) > 20_000


def test_pointing_at_a_word_shows_its_lines_only(lab: LabServer, page: Any, scratch: Callable[..., str]) -> None:
    open_notebook(page, lab, scratch(SETUP, "head_view(model, text, layers=[16], heads=[6])"))
    run_all(page)
    drawing = drawn(cell_outputs(page)[1])

    drawing.locator("#left text").nth(5).hover()

    visible = drawing.locator("line[visibility='visible']")
    expect(visible).to_have_count(14)
    assert {visible.nth(i).get_attribute("left-token-index") for i in range(14)} == {"5"}


def test_choosing_another_layer_changes_the_lines(lab: LabServer, page: Any, scratch: Callable[..., str]) -> None:
    open_notebook(page, lab, scratch(SETUP, "head_view(model, text, layers=[0, 16], heads=[6])"))
    run_all(page)
    output = cell_outputs(page)[1]
    before = drawn(output).locator("line").nth(14).get_attribute("stroke-opacity")

    output.frame_locator("iframe").locator("select").select_option("16")

    expect(drawn(output).locator("line").nth(14)).not_to_have_attribute("stroke-opacity", before)


def test_the_layer_slider_moves_by_keyboard_and_the_picture_follows(
    lab: LabServer, page: Any, scratch: Callable[..., str]
) -> None:
    open_notebook(page, lab, scratch(SETUP, "explore_attention(model, text)"))
    run_all(page)
    output = cell_outputs(page)[1]
    picture = output.locator("img")
    expect(picture).to_have_attribute(
        "alt",
        "Attention, layer 0, mean over heads. Words: " + "When Mary and John went to the store , John gave a drink to",
    )
    first = picture.get_attribute("src")
    assert coloured_pixels(picture) > 10_000

    output.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")

    expect(output.get_by_text("Attention, layer 1, mean over heads")).to_be_visible()
    assert picture.get_attribute("src") != first
