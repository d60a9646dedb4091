"""The start page on the screen: every chapter is there, a link opens it, and nobody is shut out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from course_lib.authoring.chapters import find_chapters
from course_lib.authoring.start_page import write_start_page
from tests.browser.server import TOKEN, LabServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SHOTS = Path("test-artifacts")


def test_the_start_page_leads_to_the_chapters_and_axe_finds_nothing_serious(lab: LabServer, page: Any) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    SHOTS.mkdir(exist_ok=True)
    chapters = find_chapters()
    for chapter in chapters:
        target = lab.root / "chapters" / chapter.release.parent.name / chapter.release.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(chapter.release.read_bytes())
    start = write_start_page(lab.root)
    assert start is not None
    page.goto(f"{lab.url}/lab/tree/chapters/{start.name}?token={TOKEN}&reset")
    if page.locator(".jp-MarkdownViewer").count() == 0:  # without the course's settings the source opens
        page.goto(f"{lab.url}/lab/tree/chapters/{start.name}?token={TOKEN}&reset&factory=Markdown%20Preview")
    shown = page.locator(".jp-MarkdownViewer")
    expect(shown).to_be_visible()
    for chapter in chapters:
        expect(shown.get_by_role("link", name=re.compile(rf"^{int(chapter.number)}\. "))).not_to_have_count(0)
    page.screenshot(path=SHOTS / "start-page.png")
    found = axe.Axe().run(page, context=".jp-RenderedMarkdown").response["violations"]
    serious = [(item["id"], item["nodes"][0]["html"]) for item in found if item["impact"] in ("serious", "critical")]
    assert serious == []
    shown.get_by_role("link", name=re.compile(r"^1\. ")).last.click()
    expect(page.locator(".jp-NotebookPanel-toolbar .jp-KernelName")).to_be_visible()
