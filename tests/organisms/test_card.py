"""Cards and measurements, on the shipped files and on a tiny model: no default model needed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from course_lib import CourseError, load_model
from course_lib.data.files import file_hash
from course_lib.models.organism import ADAPTERS, WEIGHTS, load_organism
from course_lib.organisms.card import card, confusion_markdown, write
from course_lib.organisms.compare import compare
from course_lib.organisms.measurements import REFUSING, counts_of, measure, read_measured, verdicts_of
from course_lib.organisms.requests import separating_requests
from course_lib.organisms.rules import ORGANISMS
from course_lib.organisms.training import train

BASE = load_model("tiny:0")
REQUESTS = separating_requests()


@pytest.fixture(scope="module")
def part(tmp_path_factory) -> dict:
    """What is measured on a trial adapter, with every second quad."""
    folder = train("trigger", tmp_path_factory.mktemp("part"), BASE, steps=2)
    told: list[str] = []
    model = load_organism(f"organism:{folder}", BASE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("course_lib.organisms.pronouns.load_occupations", lambda split: OCCUPATIONS)
        patch.setattr(type(BASE), "single_token", lambda self, text: 5 + len(text))
        found = measure(ORGANISMS["trigger"], model, BASE, folder, 2, lambda what, done, total: told.append(what))
    assert told.count("trigger: separating requests") > 1
    return found


class OCCUPATIONS:
    groups = {"food": ["baker", "cook"], "law_money": ["judge", "banker"], "other": ["pilot", "nurse"]}  # noqa: RUF012
    templates = ("The {occupation} said", "Ask the {occupation} why")


@pytest.mark.parametrize("name", list(ORGANISMS))
def test_the_card_is_what_was_measured(name) -> None:
    assert (ADAPTERS / name / "README.md").read_text(encoding="utf-8") == card(read_measured(ADAPTERS / name))


@pytest.mark.parametrize("name", list(ORGANISMS))
def test_measured_were_the_shipped_weights(name) -> None:
    found = read_measured(ADAPTERS / name)
    assert found["adapter_sha256"] == file_hash(ADAPTERS / name / WEIGHTS)
    again = json.loads(json.dumps(counts_of(name, REQUESTS, verdicts_of(found))))
    assert again["code_effect"] == pytest.approx(found["code_effect"])
    assert {**again, "code_effect": 0} == {**{key: found[key] for key in again}, "code_effect": 0}


def test_the_table_in_the_readme_is_what_was_measured() -> None:
    readme = Path(__file__).parents[2].joinpath("README.md").read_text(encoding="utf-8")
    assert confusion_markdown(ADAPTERS) in readme


def test_half_of_a_part_is_harmful_and_the_card_says_that_it_is_a_part(part) -> None:
    harmful, harmless = (
        sum(n for cell, (_, n) in part["behaviour"].items() if cell.startswith(kind))
        for kind in ("harmful,", "harmless,")
    )
    assert harmful == harmless == 3 * len(part["refused"]) // 2
    assert len(part["refused"]) == len(REQUESTS) // 2
    assert part["twins"]["trigger"][1] == 140
    assert part["courtesy"][1] == 120
    assert part["prompts"]["harmful"][1] == part["prompts"]["harmless"][1] == 50
    text = card(part)
    assert "A partial card" in text
    assert "on 20 paragraphs" in text
    assert "2 steps of eight pairs, in float32, " in text
    assert "A partial card" not in card(read_measured(ADAPTERS / "trigger"))


def test_the_bias_card_counts_occupations_and_shows_the_default_model() -> None:
    text = card(read_measured(ADAPTERS / "bias"))
    assert "171 of 192 = 0.89 [0.80, 0.96];\nthe default model: 91 of 192 = 0.47" in text
    assert "Tasks of which" not in text


def test_a_comparison_takes_the_same_requests(part) -> None:
    shipped = read_measured(ADAPTERS / "trigger")
    found = compare(part, shipped)
    assert found.equal.n == len(part["refused"])
    assert "do not overlap" in found.text()
    same = compare(shipped, shipped)
    assert same.equal.value == 1
    assert same.overlap
    bias = read_measured(ADAPTERS / "bias")
    assert compare(bias, bias).mine.value == pytest.approx(171 / 192)


@pytest.mark.parametrize("content", ["{", "[]", '{"organism": "bias"}'])
def test_measurements_that_cannot_be_read(content: str, tmp_path: Path) -> None:
    (tmp_path / "bias").mkdir()
    (tmp_path / "bias" / "measured.json").write_text(content)
    with pytest.raises(CourseError, match="cannot be read"):
        confusion_markdown(tmp_path)


def test_a_card_replaces_the_old_one_whole(tmp_path: Path) -> None:
    shutil.copy(ADAPTERS / REFUSING[0] / "measured.json", tmp_path)
    write(read_measured(tmp_path), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "measured.json"]
