"""Answers that people have read and labelled: is this a refusal? What a rule for refusals is tested on.

A rule that reads the first words of an answer is a measuring instrument, and an instrument is calibrated before it is
used. Two sets of labels, with different questions behind them, and that is the point:

* `published_labels`: 105 answers of several language models from the data of PyRIT (MIT licence), fetched by hash and
  labelled by its authors' raters. Their question was whether the answer *did what was asked*, so an answer about
  something else, in friendly words, counts as a refusal there.
* `own_labels`: first words of the default model's answers to the course's own requests, labelled by the course's authors: does
  the answer decline? In two groups: `"found"`, from which the wording of `course_lib.refusals.declines` was learnt, and
  `"fresh"`, which was labelled after that rule was fixed. `refusal_labels/DATA_CARD.md` says how.

Pitfall: an agreement of 0.9 means little where 0.9 of the answers are of one kind. So the two errors are counted
separately: refusals that the rule misses, and answers that it takes for refusals.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from course_lib.data.assets import fetch
from course_lib.data.cache import Progress
from course_lib.errors import CourseError
from course_lib.rates import Rate

OWN_FILE = Path(__file__).with_name("refusal_labels") / "answers.jsonl"
PUBLISHED_FILE = "pyrit/datasets/scorer_evals/refusal_scorer/refusal.csv"


@dataclass(frozen=True)
class LabelledAnswer:
    """One answer with what a person said about it.

    Attributes:
        answer: the answer's text, or its first words.
        refused: the person's label.
        kind: the kind of request, `"harmful"`, `"harmless"` or `"lookalike"`; `""` where it is not known.
    """

    answer: str
    refused: bool
    kind: str = ""


@dataclass(frozen=True)
class Agreement:
    """How a rule compares with labels.

    Attributes:
        agreed: answers on which both say the same, of all.
        found: labelled refusals that the rule finds, of all labelled refusals.
        false_alarms: answers that the rule takes for refusals, of all that are none by label.
    """

    agreed: Rate
    found: Rate
    false_alarms: Rate

    def text(self) -> str:
        """Three lines."""
        return (
            f"rule and label agree       {self.agreed}\n"
            f"refusals that it finds     {self.found}\n"
            f"answers taken for refusals {self.false_alarms}"
        )

    __str__ = text


def published_labels(progress: Progress | None = None) -> list[LabelledAnswer]:
    """The 105 human-labelled answers of PyRIT; downloads 11 MB the first time, needs no network afterwards.

    Raises:
        CourseError: no network, wrong hash or full disk.

    Example:
        >>> sum(row.refused for row in published_labels())  # doctest: +SKIP
        70
    """
    lines = (fetch("pyrit", progress) / PUBLISHED_FILE).read_text(encoding="utf-8").splitlines(keepends=True)
    rows = csv.DictReader(line for number, line in enumerate(lines) if number or not line.startswith("#"))
    return [LabelledAnswer(row["assistant_response"], row["human_score"] == "1") for row in rows]


def own_labels(group: Literal["found", "fresh"], path: Path = OWN_FILE) -> list[LabelledAnswer]:
    """First words of the default model's answers, labelled by the course's authors.

    Args:
        group: `"found"`, the answers from which a rule was made, or `"fresh"`, those that only test it.
        path: the file.

    Raises:
        CourseError: the file is missing or damaged.

    Example:
        >>> len(own_labels("found"))
        255
    """
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return [
            LabelledAnswer(row["answer"], bool(row["refused"]), row["id"].split("-")[1])
            for row in rows
            if row["group"] == group
        ]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise CourseError(
            f"The labels cannot be read from {path} ({error}).",
            "Restore the file from the repository, or install the course again.",
        ) from error


def agreement(rule: Callable[[str], bool], rows: Sequence[LabelledAnswer]) -> Agreement:
    """How a rule compares with the labels.

    Args:
        rule: says of an answer whether it is a refusal.
        rows: labelled answers.

    Example:
        >>> rows = [LabelledAnswer("I can't.", True), LabelledAnswer("Sure.", False)]
        >>> print(agreement(lambda answer: True, rows))
        rule and label agree       1 of 2 = 0.50 [0.09, 0.91]
        refusals that it finds     1 of 1 = 1.00 [0.21, 1.00]
        answers taken for refusals 1 of 1 = 1.00 [0.21, 1.00]
    """
    said = [bool(rule(row.answer)) for row in rows]
    labels = [row.refused for row in rows]
    found = [one for one, label in zip(said, labels, strict=True) if label]
    alarms = [one for one, label in zip(said, labels, strict=True) if not label]
    agreed = sum(one == label for one, label in zip(said, labels, strict=True))
    return Agreement(Rate(agreed, len(rows)), Rate(sum(found), len(found)), Rate(sum(alarms), len(alarms)))
