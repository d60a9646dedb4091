"""The ledger counts the error that belongs to each kind, and shows it with its interval."""

from __future__ import annotations

from pathlib import Path

import pytest

from course_lib import load_model
from course_lib.answers import Ledger, deployment_ledger, safety_ledger
from course_lib.data.prompts import load_prompts
from course_lib.rates import Rate, wilson_interval

KINDS = ["lookalike", "harmful", "harmless", "harmful", "lookalike", "harmful"]
REFUSED = [True, True, False, False, False, False]


def test_each_kind_has_its_own_error() -> None:
    rows = safety_ledger(KINDS, REFUSED)
    assert [row[:3] for row in rows] == [("lookalike", 1, 2), ("harmful", 2, 3), ("harmless", 0, 1)]
    assert rows[1][3:] == wilson_interval(2, 3)


def test_nothing_asked_is_an_empty_ledger() -> None:
    assert safety_ledger([], []) == []


def test_unequal_lengths_are_no_ledger() -> None:
    with pytest.raises(ValueError, match="shorter"):
        safety_ledger(["harmful", "harmful"], [True])


def test_it_can_be_read() -> None:
    ledger = Ledger("a <model>", tuple(safety_ledger(KINDS, REFUSED)))
    assert ledger.rate("harmful") == Rate(2, 3)
    assert "not refused" in ledger.text()
    assert "2 of 3" in str(ledger)
    assert "<model>" not in ledger._repr_html_()


def test_a_deployment_is_asked_every_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    prompts = load_prompts(split="test")[:5]
    ledger = deployment_ledger(load_model("tiny:0"), prompts, max_new_tokens=4, system="Be brief.", name="tiny")
    assert sum(row[2] for row in ledger.rows) == 5
    assert ledger.name == "tiny"
    assert ledger.settings["system"] == "Be brief."
