"""The site: what a page shows and folds away, that its links lead somewhere, and that it asks nothing of other servers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

from course_lib.authoring.chapters import find_chapters
from course_lib.authoring.registry import course_registry
from course_lib.authoring.site import build as building
from course_lib.authoring.site.build import build_site, check_target
from course_lib.authoring.site.glossary import glossary_page, read_glossary
from course_lib.authoring.site.links import broken_links, outside_requests
from course_lib.authoring.site.pages import INTERACTIVE, WIDGET, page_of, with_formulas
from course_lib.authoring.site.references import linked, references_page
from course_lib.authoring.source import solution_notebook
from course_lib.errors import CourseError

WIDE = "<table><tr>" + "".join(f"<td>column{place}</td>" for place in range(60)) + "</tr></table>"


@pytest.fixture(scope="module")
def executed() -> Any:
    """Chapter 8's solution notebook with a few outputs put in by hand: the test is about pages, not about models."""
    notebook = solution_notebook(find_chapters(wanted=["8"])[0])
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    picture = {"text/html": "<figure><img alt='a' src='data:image/png;base64,AA'></figure>", "image/png": "AA"}
    outputs: list[dict[str, Any]] = [
        {WIDGET: {"model_id": "1"}, "text/plain": "VBox(...)"}, picture, {"text/html": "x" * 2_000_000}, {"text/html": WIDE},
    ]  # fmt: skip
    for cell, data in zip(code, outputs, strict=False):
        cell.outputs = [nbformat.v4.new_output("display_data", data=data)]
    code[4].outputs = [nbformat.v4.new_output("stream", name="stderr", text="a warning of somebody's")]
    return notebook


def test_a_page_folds_answers_hints_and_choices(executed: Any) -> None:
    page = page_of(executed, course_registry())
    text = "\n".join(cell.source for cell in page.cells)
    assert "### BEGIN SOLUTION" not in text
    assert text.count("<summary>Hint 1 of 3: a nudge</summary>") == 6
    assert "**Stuck?**" not in text
    assert text.count("**Right.**") == 6
    assert "choice_q1" not in text
    answers = [cell for cell in page.cells if "hide-input" in cell.metadata.get("tags", [])]
    assert len(answers) == 6
    assert all("nbgrader" not in cell.metadata for cell in page.cells)
    nbformat.validate(page)


def test_outputs_that_need_a_kernel_or_are_too_large_become_a_sentence(executed: Any) -> None:
    outputs = [output for cell in page_of(executed, course_registry()).cells for output in cell.get("outputs", [])]
    assert INTERACTIVE in outputs[0].data["text/html"]
    assert list(outputs[1].data) == ["text/html"]
    assert "large" in outputs[2].data["text/html"]
    assert len(outputs) == 4


def test_formulas_become_mathml_and_code_stays() -> None:
    text = with_formulas("Let $r$ be\n\n$$a = \\frac{1}{2}$$\n\n`$x$` and\n```\n$y$\n```\nfor $3 or $4.")
    assert text.count("<math") == 2
    assert "`$x$`" in text
    assert "\n$y$\n" in text
    assert "$3 or $4" in text


def test_the_glossary_is_in_order_and_links_to_chapters_that_are_there() -> None:
    terms = read_glossary()
    assert len(terms) > 50
    assert [term.term.lower() for term in terms] == sorted(term.term.lower() for term in terms)
    assert all(1 <= term.chapter <= 18 and term.meaning.endswith((".", ")")) for term in terms)
    page = glossary_page({8: "a.ipynb"})
    assert "*[Chapter 8](a.ipynb).*" in page
    assert "*Chapter 2.*" in page


def test_references_name_each_work_once_with_all_its_chapters() -> None:
    def chapter(text: str) -> Any:
        return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(f"## Further reading\n\n{text}")])

    one, two = chapter("- A (2017). *B.* arXiv:1703.01365. Why."), chapter("- A (2017). *B.* arXiv:1703.01365. Again.")
    page = references_page([(8, "8.ipynb", one), (9, "9.ipynb", two)])
    assert page.count("arxiv.org/abs/1703.01365") == 1
    assert "*Chapter [8](8.ipynb), [9](9.ipynb).*" in page
    assert linked("doi:10.1000/xyz9.") == "doi:[10.1000/xyz9](https://doi.org/10.1000/xyz9)."


def test_a_link_into_nothing_and_a_script_from_elsewhere_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<h1 id="x">A</h1><a href="b.html#y">b</a><a href="#x">x</a><a href="c.html">c</a>'
    )
    (tmp_path / "b.html").write_text(
        '<script src="https://example.org/x.js"></script><a href="https://example.org">e</a>'
    )
    assert broken_links(tmp_path) == ["a.html: b.html#y", "a.html: c.html"]
    assert outside_requests(tmp_path) == ["b.html: https://example.org/x.js"]


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(CourseError, match="no site"):
        check_target(tmp_path)
    check_target(tmp_path / "new")


@pytest.fixture(scope="module")
def site(executed: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of one chapter, from the notebook above."""
    target = tmp_path_factory.mktemp("out") / "site"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(building, "executed_notebook", lambda *_, **__: executed)
        found = build_site(target, ["8"], say=lambda _: None)
    assert found.good, (found.broken, found.outside)
    assert found.warnings == ()
    assert found.pages >= 5
    return target


@pytest.mark.slow
def test_the_site_of_a_chapter_is_whole(site: Path) -> None:
    page = (site / "08_interpretability_overview" / "interpretability_overview.html").read_text()
    assert "Show the reference answer" in page
    assert "alt='a'" in page
    assert (site / "searchindex.js").is_file()
    check_target(site)  # it may be built again


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_hurdle_for_anybody(site: Path, browser: Any, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    for name in (
        "index",
        "chapters",
        "glossary",
        "references",
        "08_interpretability_overview/interpretability_overview",
    ):
        page.goto((site / f"{name}.html").as_uri())
        found = axe.Axe().run(page).response["violations"]
        serious = [
            (item["id"], item["nodes"][0]["html"]) for item in found if item["impact"] in ("serious", "critical")
        ]
        assert serious == [], name
    assert page.locator(".bd-article table[tabindex='0']").count() >= 1  # the wide one
    page.set_viewport_size({"width": 320, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    context.close()
