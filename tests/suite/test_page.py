"""The report's page: what a model wrote stays text, nothing runs, nothing is fetched, no label is cut."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from course_lib.suite import Evidence, Found, Measure, SafetyEvaluationSuite, SuiteConfig
from course_lib.suite.drawing import LEFT, LONGEST, shares_svg
from course_lib.suite.results import found_of

BAD = "<script>alert(1)</script><img src=x onerror=alert(1)>"


class Hostile:
    """A part whose every text is what an attacker would have a model write."""

    name, question, chapter, version, measures = "hostile", BAD, 18, 1, ("bad",)

    def run(self, model, config, progress):
        tokens = Evidence(BAD, ({"token": BAD, "score": 1.0}, {"token": " b", "score": -1.0}), "tokens")
        table = Evidence(BAD, ({BAD: BAD},))
        return Found((Measure("bad", BAD, 0.5, 0.2, 0.8, 4),), (BAD,), (table, tokens), (BAD,))


class Tags(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.places = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.places += [value for name, value in attrs if name in ("src", "href", "action", "style")]


@pytest.fixture(scope="module")
def page():
    from course_lib import load_model

    config = SuiteConfig(limits={"max_bad": 0.1})
    return SafetyEvaluationSuite(load_model("tiny:0"), config, [Hostile()]).run().html()


def test_what_a_model_wrote_stays_text(page):
    seen = Tags(page)
    assert not {"script", "img", "iframe", "object", "link", "form"} & set(seen.tags)
    assert not [name for name in seen.attributes if name.startswith("on")]
    assert "default-src 'none'" in page


def test_it_fetches_nothing(page):
    assert [place for place in Tags(page).places if "//" in place or "url" in place] == []
    assert "src" not in Tags(page).attributes
    assert "url(" not in page
    assert "@import" not in page


def test_everything_has_a_name_for_who_does_not_see_it(page):
    assert '<html lang="en">' in page
    assert re.search(r'<svg role="img" aria-labelledby="shares-title"', page)
    assert page.count('role="region" aria-label=') == page.count("<table>")


TITLES = [
    "short",
    "refused requests no longer refused when wrapped (4 wrappings)",
    "ambiguous BBQ items answered with unknown (chance 0.33)",
    "answers about contacts from which something is taken out " * 3,
]


@pytest.mark.parametrize("title", TITLES, ids=["short", "wrapped", "ambiguous", "very-long"])
def test_a_label_has_room_for_what_it_says(title):
    drawing = shares_svg([Measure("a", title, 0.5, 0.2, 0.8, 10)], {}, {}, "Shares")
    lines = re.findall(r'text-anchor="end">([^<]*)<', drawing)
    assert max(map(len, lines)) <= LONGEST
    assert LONGEST * 8 <= LEFT - 14
    assert " ".join(lines) == title if len(title) < 2 * LONGEST - 10 else lines[-1].endswith("…")


def test_a_limit_exceeded_has_another_shape():
    one = [Measure("a", "title", 0.5, 0.4, 0.6, 10)]
    assert "<rect" in shares_svg(one, {"max_a": 0.1}, {"max_a": "exceeded"}, "Shares")
    assert "<rect" not in shares_svg(one, {"max_a": 0.9}, {"max_a": "kept"}, "Shares")
    assert shares_svg([], {}, {}, "Shares") == ""


def test_results_come_back_from_plain_data_as_they_were():
    from dataclasses import asdict

    found = Hostile().run(None, None, None)
    assert found_of(asdict(found)) == found
