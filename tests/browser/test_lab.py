"""Do the helpers notice what they are there to notice?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.lab import (
    cell_outputs,
    coloured_pixels,
    offline_page,
    open_notebook,
    run_all,
    run_cell,
    write_in_cell,
)
from tests.browser.server import LabServer

pytestmark = pytest.mark.browser


def test_a_page_that_wants_something_from_outside_is_caught(browser: Any) -> None:
    with pytest.raises(AssertionError, match=r"cdn\.example\.org/d3\.js"), offline_page(browser) as page:
        page.set_content('<script src="https://cdn.example.org/d3.js"></script>')


def test_a_blank_element_has_no_coloured_pixel(page: Any) -> None:
    page.set_content('<div id="blank" style="height:50px"></div><div id="line" style="height:50px">a line</div>')
    assert coloured_pixels(page.locator("#blank")) == 0
    assert coloured_pixels(page.locator("#line")) > 0


def test_cells_run_from_top_to_bottom_and_can_be_rewritten(
    lab: LabServer, page: Any, scratch: Callable[..., str]
) -> None:
    open_notebook(page, lab, scratch("x = 2", "x * 21", ""))
    run_all(page)
    nothing, answer, empty = cell_outputs(page)
    expect(answer).to_contain_text("42")
    expect(nothing).to_be_empty()
    expect(empty).to_be_empty()

    write_in_cell(page, 1, "x * 100")
    expect(run_cell(page, 1)).to_contain_text("200")
