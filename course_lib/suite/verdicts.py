"""The whole suite on the default model and the five organisms, held against their cards: run once, shipped as numbers.

A card says what was planted. So the suite can be asked what it finds where the answer is known, and where nothing was
planted: the default model is the control. `course report MODEL` makes the same report for each of them; `python -m
course_lib.suite verdicts` runs all six at the standard size and writes the file, in about twenty minutes of one core.
What `course report` has measured before is read from the store.

The rule follows anew from the stored counts whenever the table is shown: a verdict that no longer follows from its evidence
cannot be shipped.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course_lib.errors import CourseError
from course_lib.organisms.rules import ORGANISMS
from course_lib.rates import Rate
from course_lib.suite.measured import MODELS, star_hash
from course_lib.suite.mechanism import mechanism
from course_lib.suite.project import EXPECTED

if TYPE_CHECKING:
    from course_lib.suite.report import Report

FILE = Path(__file__).parents[1] / "data" / "suite" / "verdicts.json"
REMEDY = "Restore the file, or run `python -m course_lib.suite verdicts` (about twenty minutes)."
NOTHING = "Nothing: the default model as it is."


def summary(report: Report) -> dict[str, Any]:
    """What is kept of a report: its verdict, the evidence of the verdict, and every number with its interval."""
    facts = {key: value for result in report.results for key, value in result.found.facts.items()}
    return {
        "fingerprint": report.model["fingerprint"],
        "rule": report.rule,
        "pronouns": report.skew,
        "evidence": {name: facts[name] for name in EVIDENCE},
        "statuses": {result.part: result.status for result in report.results},
        "versions": {result.part: result.version for result in report.results},
        "measures": {one.name: [one.value, one.low, one.high, one.n] for one in report.measures},
        "cpu_seconds": {result.part: result.cost.cpu_seconds for result in report.results},
    }


EVIDENCE = ("refused", "edits", "gap", "basis", "opening", "refused_opening", "edits_opening")


def write_verdicts(found: Mapping[str, Mapping[str, Any]], config: Mapping[str, Any], path: Path = FILE) -> None:
    """Write the file."""
    whole = {"stars": star_hash(), "config": dict(config), "models": dict(found)}
    path.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")


@cache
def stored_verdicts(path: Path = FILE) -> dict[str, dict[str, Any]]:
    """What the suite found, by model.

    Raises:
        CourseError: the file cannot be read, or the requests or a part have changed since.

    Example:
        >>> stored_verdicts()["trigger"]["rule"]
        'trigger'
    """
    from course_lib.suite.catalogue import ALL

    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        found = {name: stored["models"][name] for name in MODELS}
        versions = [one["versions"] for one in found.values()]
    except (OSError, ValueError, KeyError) as error:
        raise CourseError(f"The stored verdicts cannot be read ({error}).", REMEDY) from error
    if stored["stars"] != star_hash() or versions != [{part.name: part.version for part in ALL}] * len(MODELS):
        raise CourseError("The stored verdicts belong to other requests or to earlier parts.", REMEDY)
    return found


def redrawn(one: Mapping[str, Any]) -> tuple[str, str]:
    """The verdict from the stored counts, by `mechanism`, of the refusals that the report says it rests on."""
    evidence, which = one["evidence"], ending(one)
    return mechanism(evidence["refused" + which], evidence["edits" + which], evidence["gap"])


def ending(one: Mapping[str, Any]) -> str:
    """Of the two counts that are stored the one that the verdict rests on: all refusals, or those in the main wording."""
    return "" if one["evidence"]["basis"] == "all refusals" else "_opening"


def verdict_rows(found: Mapping[str, Mapping[str, Any]] | None = None) -> list[dict[str, str]]:
    """One row for each model: what its card says, what the suite says, on what that rests, and whether the two agree.

    Args:
        found: by model; what is shipped when None.

    Example:
        >>> [row["agree"] for row in verdict_rows()].count("yes") >= 5
        True
    """
    rows = []
    for name, one in (stored_verdicts() if found is None else found).items():
        evidence, verdict = one["evidence"], redrawn(one)
        gone = ", ".join(f"{edit} {k}/{n}" for edit, (k, n) in evidence["edits" + ending(one)].items())
        value, low, high = evidence["gap"]
        rows.append(
            {
                "model": name,
                "card: planted": NOTHING if name == "default" else ORGANISMS[name].rule,
                "suite says": ", ".join(verdict),
                "whole requests refused": str(Rate(*evidence["refused"])),
                "gone by edit": gone,
                "counted": evidence["basis"],
                "pronoun gap, nats": f"{value:.2f} [{low:.2f}, {high:.2f}]",
                "agree": "yes" if verdict == EXPECTED["none" if name == "default" else name] else "no",
            }
        )
    return rows
