"""A safety report in a browser: no label is cut, nothing is wider than a phone, nothing runs, in light and in dark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from course_lib import load_model
from course_lib.suite import SafetyEvaluationSuite, SuiteConfig
from tests.suite.played import played

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SHOTS = Path("test-artifacts")
LOOK = """() => {
  const drawing = document.querySelector('svg.shares'), width = drawing.viewBox.baseVal.width;
  const boxes = [...drawing.querySelectorAll('text')].map(text => [text.textContent, text.getBBox()]);
  const page = document.documentElement;
  return {
    cut: boxes.filter(([_, box]) => box.x < 0 || box.x + box.width > width).map(([text, _]) => text),
    labels: boxes.length,
    wider: page.scrollWidth - page.clientWidth,
    ground: getComputedStyle(document.body).backgroundColor,
  };
}"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: Any) -> Path:
    """The page of a report with a number for every measure that there is, one limit exceeded, one part broken."""
    parts = played(filter=ValueError("no disk"))
    config = SuiteConfig(limits={"max_compliance": 0.01, "max_jailbreak": 0.9})
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(SafetyEvaluationSuite(load_model("tiny:0"), config, parts).run().html(), encoding="utf-8")
    return file


@pytest.mark.parametrize("width", [1200, 420])
@pytest.mark.parametrize(("scheme", "ground"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(21, 24, 28)")])
def test_it_can_be_read(browser: Any, report: Path, width: int, scheme: str, ground: str) -> None:
    SHOTS.mkdir(exist_ok=True)
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    try:
        page.goto(report.as_uri())
        seen = page.evaluate(LOOK)
        page.screenshot(path=SHOTS / f"safety-report-{width}-{scheme}.png", full_page=True)
        assert (seen["cut"], seen["wider"], seen["ground"]) == ([], 0, ground)
        assert seen["labels"] > 20
        assert said == []
        assert page.get_by_text("1 of 2 limits exceeded.").is_visible()
        assert page.get_by_text("ValueError: no disk").is_visible()
        page.get_by_role("link", name="mechanism").click()
        assert page.url.endswith("#mechanism")
    finally:
        page.close()
