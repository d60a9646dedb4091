"""The page around bertviz's drawing: complete, closed to the network, and safe with any token."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from course_lib import CourseError, load_model
from course_lib.widgets import bertviz_scripts, head_view, model_view
from course_lib.widgets.bertviz_scripts import inside_script, library_source, split_bertviz, without_second_copy


def test_d3_is_the_version_that_bertviz_asks_for() -> None:
    from importlib.metadata import distribution

    drawing = distribution("bertviz").locate_file("bertviz/head_view.js")
    asked_for = re.search(r"/d3/([\d.]+)/", Path(str(drawing)).read_text(encoding="utf-8"))

    assert asked_for is not None
    assert f"v{asked_for[1]} " in library_source("d3")[:60]


@pytest.mark.parametrize("view", [head_view, model_view])
def test_the_page_loads_nothing_and_forbids_itself_to(view: object) -> None:
    page = view(load_model("tiny:0"), "The cat sat on the mat.").page  # type: ignore[operator]

    assert not re.findall(r"<(?:script|link|img|iframe)[^>]*\s(?:src|href)=", page)
    assert "default-src 'none'" in page


def test_text_that_looks_like_the_end_of_the_script_stays_text() -> None:
    page = head_view(load_model("tiny:0"), "</script><script>alert(1)</script>", merge_subwords=False).page
    assert page.count("<script>") == page.count("</script>") == 5  # jQuery, d3, stand-in, drawing, fitting
    assert inside_script("<!-- </script>") == "<\\!-- <\\/script>"


def test_the_weights_are_written_once() -> None:
    data = json.dumps({"attn": [0.5, 1.0], "left_text": ["// HACK: a;"]})
    script = f"const params = {data}; // HACK: {data} is a marker.\ndraw(params);"

    shorter = without_second_copy(script)

    assert shorter.count("HACK") == 1  # the token; the comment is gone
    assert shorter.endswith(";\ndraw(params);")
    assert json.loads(shorter[len("const params = ") : shorter.index(";\n")]) == json.loads(data)


def test_a_page_without_bertviz_script_is_refused() -> None:
    with pytest.raises(CourseError, match="cannot read"):
        split_bertviz("<div>something else</div>")


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(bertviz_scripts.SCRIPTS, "gone", ("no-such-distribution", "x.js"))
    with pytest.raises(CourseError, match="no-such-distribution"):
        library_source("gone")


def test_a_package_that_lost_the_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(bertviz_scripts.SCRIPTS, "moved", ("mpld3", "mpld3/js/d3.v4.min.js"))
    with pytest.raises(CourseError, match=r"mpld3 has no file mpld3/js/d3\.v4"):
        library_source("moved")
