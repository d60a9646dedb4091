"""A learner in chapter 8: a wrong answer and its diagnosis, the right one, the drawings, nbgrader's Validate.

The notebook is the released chapter with some of its cells left out, so that it runs in seconds; the cells that are left
are the ones that learners get, to the letter.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import expect

from course_lib.authoring.chapters import find_chapters
from course_lib.checks.choose import saved_choice
from tests.browser.lab import coloured_pixels, open_notebook, press_validate, run_cell, save_notebook, write_in_cell
from tests.browser.server import LabServer

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.slow]

SHOTS = Path("test-artifacts")
SIGNATURE = "def mean_attention(attentions):\n    "
WRONG = SIGNATURE + "return torch.stack(list(attentions)).mean(dim=(0, 1))"
RIGHT = SIGNATURE + "return torch.stack(list(attentions)).mean(dim=(0, 2))"


def shortened(lab: LabServer, name: str) -> tuple[str, dict[str, int]]:
    """The chapter's first cell, exercise 8.2 and the interactive part; the notebook's name and each cell's place."""
    notebook = nbformat.read(find_chapters(wanted=["8"])[0].release, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    explorer = next(cell for cell in code if "explore_attention(" in cell.source)
    heads = next(cell for cell in code if "head_view(" in cell.source and "import" not in cell.source)
    sentence = next(line for cell in code for line in cell.source.splitlines() if line.startswith("SENTENCE = "))
    code[0].source += f"\n\n{sentence}\nmodel"
    by_grade_id = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in code}
    cells = [code[0], by_grade_id["answer-8-2"], by_grade_id["check-8-2"], explorer, heads]
    cells += [by_grade_id["answer-8-Q1"]]
    notebook.cells = cells
    nbformat.write(notebook, lab.root / name)
    return name, dict(zip(("first", "answer", "check", "explorer", "heads", "question"), range(6), strict=True))


def test_a_learner_gets_the_diagnosis_then_passes_then_validates(lab: LabServer, page: Any) -> None:
    SHOTS.mkdir(exist_ok=True)
    name, place = shortened(lab, "chapter08.ipynb")
    open_notebook(page, lab, name)
    expect(run_cell(page, place["first"], wait=120)).to_contain_text("30 layers")

    run_cell(page, place["answer"])
    untouched = run_cell(page, place["check"])
    expect(untouched).to_contain_text("not written yet")
    expect(untouched).not_to_contain_text("Traceback")

    write_in_cell(page, place["answer"], WRONG)
    run_cell(page, place["answer"])
    wrong = run_cell(page, place["check"])
    expect(wrong).to_contain_text("You averaged over layers and the batch")
    expect(wrong).not_to_contain_text("Traceback")
    page.screenshot(path=SHOTS / "chapter08-wrong.png")
    wrong.get_by_role("button", name="Hint 1: a nudge").press("Enter")
    expect(wrong).to_contain_text("Hint 1: a nudge (exercise 8.2)")
    expect(wrong).not_to_contain_text("def mean_attention")  # a nudge is not the answer
    page.screenshot(path=SHOTS / "chapter08-hint.png")
    save_notebook(page)
    assert "You averaged over layers and the batch" in press_validate(page)

    write_in_cell(page, place["answer"], RIGHT)
    run_cell(page, place["answer"])
    expect(run_cell(page, place["check"])).to_contain_text("all 3 cases pass")
    save_notebook(page)
    assert "Success" in press_validate(page)


def test_a_question_is_answered_by_keyboard_and_kept_in_the_file(lab: LabServer, page: Any) -> None:
    name, place = shortened(lab, "chapter08-question.ipynb")
    open_notebook(page, lab, name)
    run_cell(page, place["first"], wait=120)
    asked = run_cell(page, place["question"])
    first = asked.get_by_role("button").first
    first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    said = asked.locator('[role="status"]')
    expect(said).to_contain_text(re.compile(r"\w{3,}"))
    page.screenshot(path=SHOTS / "chapter08-question.png")
    save_notebook(page)
    saved = nbformat.read(lab.root / name, as_version=4).cells[place["question"]]
    assert saved_choice(saved.outputs, "8.Q1") == "b"


def test_the_explorer_and_bertviz_draw(lab: LabServer, page: Any) -> None:
    SHOTS.mkdir(exist_ok=True)
    name, place = shortened(lab, "chapter08-views.ipynb")
    open_notebook(page, lab, name)
    run_cell(page, place["first"], wait=120)
    explorer = run_cell(page, place["explorer"], wait=120)
    expect(explorer).to_contain_text("Mary")
    assert coloured_pixels(explorer) > 1000
    page.screenshot(path=SHOTS / "chapter08-explorer.png")
    heads = run_cell(page, place["heads"], wait=120)
    frame = heads.frame_locator("iframe")
    expect(frame.locator("svg line").first).to_be_attached()
    assert coloured_pixels(heads) > 1000
    page.screenshot(path=SHOTS / "chapter08-bertviz.png")
