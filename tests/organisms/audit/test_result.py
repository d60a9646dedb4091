"""The table, the sentences and the figure say what the counts say."""

from __future__ import annotations

import pytest

from course_lib import CourseError
from course_lib.figures import audit_dots
from course_lib.organisms.audit import Audit, MethodScore
from course_lib.rates import Rate


def score(organism: str, method: str, hits: int, n: int = 60) -> MethodScore:
    top = min(n, hits + 3)
    return MethodScore(organism, method, {1: Rate(hits, n), 3: Rate(top, n)}, {1: 0.1, 3: 0.3}, 0.5)


@pytest.fixture
def audit() -> Audit:
    scores = [
        score("trigger", "attention", 6), score("trigger", "delete", 60), score("trigger", "saliency", 30),
        score("backdoor", "attention", 0), score("backdoor", "delete", 54), score("backdoor", "saliency", 7),
    ]  # fmt: skip
    control = (score("trigger", "delete", 6), score("trigger", "saliency", 27))
    return Audit(tuple(scores), {"trigger": 61, "backdoor": 120}, control)


def test_rows_hold_rates_intervals_and_chance(audit: Audit) -> None:
    row = audit.rows()[1]
    assert row == {
        "organism": "trigger", "method": "delete", "hit@1": "1.00 [0.94, 1.00]", "random@1": "0.10",
        "hit@3": "1.00 [0.94, 1.00]", "random@3": "0.30", "hit@1, default model": "0.10 [0.05, 0.20]", "n": 60, "ms": 500,
    }  # fmt: skip
    assert audit.rows()[0]["hit@1, default model"] == ""
    assert "hit@1, default model" not in Audit(audit.scores, audit.asked).rows()[0]


def test_numbers_are_numbers(audit: Audit) -> None:
    row = audit.numbers()[2]
    assert (row["hit_1_count"], row["n"], row["hit_1"], row["random_3"], row["tasks_asked"]) == (30, 60, 0.5, 0.3, 61)
    assert row["verdict_1"] == "better"
    assert row["default_model_hit_1"] == 0.45
    assert "default_model_hit_1" not in audit.numbers()[0]


def test_methods_stand_in_the_order_of_their_gain(audit: Audit) -> None:
    assert audit.methods() == ["delete", "saliency", "attention"]
    assert audit.gain("delete") == pytest.approx(0.85)


def test_the_sentences_say_who_is_better_where(audit: Audit) -> None:
    text = "\n".join(audit.sentences())
    assert "(trigger: 60 of 61 tasks; backdoor: 60 of 120 tasks)" in text
    assert "on every organism: delete (+0.85)." in text
    assert "Better on some: saliency (+0.21) on trigger." in text
    assert "Better on none: attention (-0.05)." in text
    assert "no mechanism: delete (trigger)." in text
    assert "no mechanism" not in "\n".join(Audit(audit.scores, audit.asked).sentences())


def test_text_and_html_have_the_same_numbers(audit: Audit) -> None:
    assert audit.rows()[4]["hit@1"] in str(audit)
    assert audit.rows()[4]["hit@1"] in audit._repr_html_()


def test_the_figure_has_a_panel_for_each_organism_and_a_line_for_chance(audit: Audit) -> None:
    picture = audit_dots(audit)
    assert [axes.get_title() for axes in picture.figure.axes] == ["trigger", "backdoor"]
    assert picture.title == "delete: +0.85 over random; attention: −0.05"
    assert "0.90 [0.80, 0.95]" in picture.text
    lines = [list(line.get_xdata()) for line in picture.figure.axes[0].lines]
    assert [0.1, 0.1] in lines
    assert len(picture.png()) > 10_000


def test_nothing_to_draw_is_explained() -> None:
    with pytest.raises(CourseError, match="no score"):
        audit_dots(Audit((), {}))
