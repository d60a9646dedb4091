"""Drive JupyterLab in a real browser the way a person does: open a notebook, run it, press a button, look.

The question that no other test answers is whether a learner *sees* something: a widget can have the right model and
stay invisible, a view can be in the file and blank on the screen. So these helpers act through what is on the screen,
and read what the page shows.

Two pitfalls shaped them. A cell is done when its prompt shows a number, which is what a
person waits for, and not when the network goes quiet. And a page that quietly fetches something from a faraway server
works on the author's desk and nowhere else: every request that leaves this machine is refused and written down.

Write a test like this (the fixtures are in `conftest.py`):

    def test_that_the_picture_is_there(lab, page, scratch):
        open_notebook(page, lab, scratch("1 + 1"))
        run_all(page)
        expect(cell_outputs(page)[0]).to_contain_text("2")
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import nbformat
from playwright.sync_api import expect

from tests.browser.server import TOKEN, LabServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, Route


@contextmanager
def offline_page(browser: Browser) -> Iterator[Page]:
    """A fresh page that reaches this machine and nothing else.

    Raises:
        AssertionError: at the end, when the page asked for anything from outside; the message lists the addresses.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(60_000)
    refused: list[str] = []

    def only_this_machine(route: Route) -> None:
        if urlsplit(route.request.url).hostname in ("127.0.0.1", "localhost"):
            route.continue_()
        else:
            refused.append(route.request.url)
            route.abort()

    context.route(re.compile("^https?://"), only_this_machine)
    try:
        yield context.new_page()
    finally:
        context.close()
    assert not refused, f"The page asked for what is not on this machine: {refused}"


def open_notebook(page: Page, server: LabServer, path: str | Path, *, wait: float = 60) -> None:
    """Open the notebook at `path` (relative to the server's folder) and wait until its kernel can run cells."""
    page.goto(f"{server.url}/lab/tree/{Path(path).as_posix()}?token={TOKEN}&reset")
    wait_for_kernel(page, wait=wait)


def wait_for_kernel(page: Page, *, wait: float = 60) -> None:
    """Wait until the kernel of the notebook on the page can run cells."""
    # The indicator says "idle" before there is a kernel at all; the kernel's name appears when it has been started.
    kernel = page.locator(".jp-NotebookPanel-toolbar .jp-KernelName")
    kernel.filter(has_text=re.compile(r"\w")).filter(has_not_text="No Kernel").wait_for(timeout=wait * 1000)
    _kernel_idle(page).wait_for(timeout=wait * 1000)


def run_all(page: Page, *, wait: float = 180) -> None:
    """Choose "Run All Cells" from the Run menu and wait until every code cell that holds code shows a number."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(ALL_CELLS_DONE, timeout=wait * 1000)
    _kernel_idle(page).wait_for(timeout=wait * 1000)


#: True in the page when no code cell waits: each prompt holds a number, or its cell is empty.
ALL_CELLS_DONE = """() => [...document.querySelectorAll('.jp-Notebook .jp-CodeCell')].every(cell =>
    /\\[\\d+\\]/.test(cell.querySelector('.jp-InputPrompt').textContent)
    || cell.querySelector('.cm-content').textContent.trim() === '')"""


def cell_outputs(page: Page) -> list[Locator]:
    """The output area of each code cell, top to bottom; an area without output is there and empty."""
    return page.locator(".jp-Notebook .jp-CodeCell .jp-Cell-outputArea").all()


def write_in_cell(page: Page, index: int, code: str) -> None:
    """Replace what stands in cell `index` (counted over all cells, from 0) by typing over it."""
    page.locator(".jp-Notebook .jp-Cell").nth(index).locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(code)


def run_cell(page: Page, index: int, *, wait: float = 60) -> Locator:
    """Run cell `index` with Ctrl+Enter, wait until it is done, and return its output area."""
    cell = page.locator(".jp-Notebook .jp-Cell").nth(index)
    prompt = cell.locator(".jp-InputPrompt")
    before = prompt.inner_text()
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    expect(prompt).to_have_text(re.compile(r"\[\d+\]"), timeout=wait * 1000)
    expect(prompt).not_to_have_text(before, timeout=wait * 1000)
    return cell.locator(".jp-Cell-outputArea")


def save_notebook(page: Page) -> None:
    """Press Ctrl+S and wait until the tab no longer shows unsaved changes."""
    page.locator(".jp-Notebook").first.press("Control+s")
    page.locator(".jp-mod-current.jp-mod-dirty").wait_for(state="detached")


def press_validate(page: Page, *, wait: float = 180) -> str:
    """Press nbgrader's Validate button in the notebook's toolbar, read the dialog, close it, and return its text."""
    page.locator(".jp-NotebookPanel-toolbar").get_by_text("Validate", exact=True).click()
    result = page.locator(".jp-Dialog").filter(has_not_text="Validating")
    result.wait_for(timeout=wait * 1000)
    text = result.inner_text()
    result.get_by_role("button").last.click()
    result.wait_for(state="detached")
    return text


def coloured_pixels(picture: Locator) -> int:
    """How many pixels of this element differ clearly from its commonest colour: 0 for a blank element."""
    from io import BytesIO

    import numpy as np
    from PIL import Image

    pixels = np.asarray(Image.open(BytesIO(picture.screenshot())).convert("RGB"), dtype=int).reshape(-1, 3)
    colours, counts = np.unique(pixels, axis=0, return_counts=True)
    return int((np.abs(pixels - colours[counts.argmax()]).max(1) > 24).sum())


def write_notebook(path: Path, *cells: str) -> Path:
    """Write a notebook of these code cells."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)
    return path


def _kernel_idle(page: Page) -> Locator:
    return page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").first
