"""The table of the suite: case, what plain nbgrader does with it, what this course's grading does.

    python -m tests.hostile.table              # grades all cases here, then prints Markdown
    python -m tests.hostile.table --recorded   # without the last column

"Let through" means: a mark that was not deserved, something read or left that should not be, another learner's marks
changed or lost, or the run ended for everybody behind. For an honest oddity it means a mark lost.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from tests.hostile.cases import CASES
from tests.hostile.kit import Case
from tests.hostile.mini_course import FULL, HERE

WORDS = {
    "solution": "the solution was read", "gradebook": "the gradebook was read", "other": "a classmate's work was read",
    "environment": "the environment was read", "home": "a private file was read", "process": "other processes were read",
    "network": "the network was reached", "killed": "another process was killed", "leftover": "a process stayed behind",
    "planted": "files were planted", "disk": "the disk was filled", "hidden": "hidden cases were shown",
    "script": "a script is in the feedback", "accomplice": "an accomplice got marks",
}  # fmt: skip


def recorded() -> dict[str, Any]:
    """The record of plain nbgrader."""
    found: dict[str, Any] = json.loads((HERE / "baseline.json").read_text(encoding="utf-8"))
    return found


def faults_of_plain(case: Case, entry: dict[str, Any]) -> list[str]:
    """What plain nbgrader let through, in words."""
    if "marks" not in entry:
        return [entry["ended"]]
    found = _marks(case, entry["marks"]) + [WORDS[probe] for probe in entry["probes"]]
    before, behind = entry["others"]
    if before != FULL:
        found.append(f"a classmate's marks are {_number(before)} of 10")
    if behind is None:
        found.append("the learner behind was not graded")
    elif behind != FULL:
        found.append(f"the learner behind got {_number(behind)} of 10")
    return found


def faults_here(case: Case, outcome: Any) -> list[str]:
    """What this course's grading let through, in words."""
    if outcome.result is None:
        return ["no result"]
    found = _marks(case, outcome.result.points) + [WORDS[probe] for probe in outcome.probes()]
    return found + [f"another learner got {_number(other)} of 10" for other in outcome.others if other != FULL]


def _marks(case: Case, marks: float | None) -> list[str]:
    if marks is None:
        return ["it was not graded"] if case.marks else []
    if marks == case.marks:
        return []
    return [f"{_number(marks)} points for {_number(case.marks)} deserved"]


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"


def line_of(case: Case, outcome: Any) -> str:
    """How a case is reported here, when nothing is wrong."""
    result = outcome.result
    if not result.readable:
        return "unreadable, with the reason"
    item = result.of("17.1")
    return f"{_number(result.points)} points, {item.status}" if item else f"{_number(result.points)} points"


def table(here: dict[str, Any] | None) -> str:
    """The whole table in Markdown, with a summary above."""
    record = recorded()["cases"]
    plain = {name: faults_of_plain(case, record[name]) for name, case in CASES.items() if name in record}
    ours = {name: faults_here(CASES[name], one) for name, one in (here or {}).items()}
    lines = ["| case | what it tries | plain nbgrader | here |", "|---|---|---|---|"]
    for name, case in CASES.items():
        left = "; ".join(plain.get(name, ["not recorded"])) or "✔"
        right = "" if here is None else ("; ".join(ours[name]) or f"✔ {line_of(case, here[name])}")
        lines.append(f"| {name.replace('_', ' ')} | {case.tries} | {left} | {right} |".replace("<", "&lt;"))
    return "\n".join([*summary(plain, ours), "", *lines])


def summary(plain: dict[str, list[str]], ours: dict[str, list[str]]) -> list[str]:
    """How many of which kind were let through."""
    found = []
    for word, honest in (("hostile", False), ("honest but odd", True)):
        names = [name for name, case in CASES.items() if case.honest is honest]
        text = f"{len(names)} {word} submissions. Not as they should be with plain nbgrader {recorded()['nbgrader']}: "
        text += str(sum(bool(plain.get(name)) for name in names))
        found.append(text + (f"; here: {sum(bool(ours[name]) for name in names)}." if ours else "."))
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--recorded", action="store_true")
    here = None
    if not parser.parse_args().recorded:
        from tests.hostile.classroom import grade_cases

        with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
            here = grade_cases(CASES.values(), Path(folder))
    print(table(here))


if __name__ == "__main__":
    main()
