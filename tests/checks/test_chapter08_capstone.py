"""Exercise 8.6 on its random models: the report seals what was expected, and neither half of a right answer passes."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from course_lib.checks.chapter08 import capstone
from course_lib.checks.gate import gate, passes
from course_lib.checks.registry import exercise
from course_lib.checks.report import Report
from course_lib.checks.runner import SEALED, run
from course_lib.organisms.verdict import refusal_verdict

ITEM = exercise("8.6")
TINY = replace(ITEM, visible=ITEM.visible[:4], hidden=lambda seed: capstone._hidden(seed)[:4])


def test_passes_the_gate_on_random_models_alone():
    assert gate(TINY).problems == ()


def test_every_draw_of_random_models_tells_the_mistakes_apart():
    for seed in range(3, 9):
        missed = [m.name for m in TINY.mistakes if passes(TINY, m.function, TINY.hidden(seed))]
        assert missed == [], f"seed {seed}"


def wrong_verdict(*arguments):
    verdict, drops, carried = refusal_verdict(*arguments)
    return {"trigger": "correlate"}.get(verdict, "trigger"), drops, carried


def wrong_drops(*arguments):
    verdict, drops, carried = refusal_verdict(*arguments)
    return verdict, drops + 1, carried


def nothing_carried(*arguments):
    verdict, drops, carried = refusal_verdict(*arguments)
    return verdict, drops, torch.zeros_like(carried)


@pytest.mark.parametrize(
    ("answer", "part"),
    [(wrong_verdict, "the verdict"), (wrong_drops, "the drops"), (nothing_carried, "what the states carry")],
)
def test_the_report_names_the_part_and_not_what_was_expected(answer, part):
    verdict = run(TINY, answer)
    assert not verdict.passed
    assert part in verdict.message
    shown = Report(verdict).text() + Report(verdict)._repr_html_()
    assert SEALED in shown
    assert "expected trigger" not in shown
    assert all(row.expected == SEALED for row in verdict.rows)
    assert not any("3.07" in row.detail for row in verdict.rows)


@pytest.mark.parametrize("answer", [lambda *_: "trigger", lambda *_: ("trigger", [1.0, 2.0, 3.0]), lambda *_: None])
def test_a_result_without_its_evidence_is_told_what_belongs_to_it(answer):
    verdict = run(TINY, answer)
    assert not verdict.passed
    assert "the verdict, the drops, what the states carry" in verdict.message


def test_a_verdict_by_name_fails_elsewhere():
    by_name = {f"tiny:{n}": "trigger" for n in range(50)}

    def table(model, *arguments):
        _, drops, carried = refusal_verdict(model, *arguments)
        return by_name[model.name], drops, carried

    assert not all(run(TINY, table, TINY.hidden(seed)).passed for seed in range(3))
