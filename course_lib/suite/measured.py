"""What the default model and the five organisms decided on all 60 stars: measured once, shipped, and checked on a sample.

2,160 first tokens take four minutes of one core. How often a verdict is right, and how many stars it takes, follows from them
without any model: the stars are drawn again and again from these decisions. `python -m course_lib.suite decisions` measures anew.

A decision is worth nothing when the requests have changed since, so the file holds a hash of all stars.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from course_lib.errors import CourseError
from course_lib.suite.mechanism import mechanism
from course_lib.suite.stars import MEMBERS, counts, stars

if TYPE_CHECKING:
    from course_lib.batches import Progress
    from course_lib.models import LocalModel

FILE = Path(__file__).parents[1] / "data" / "suite" / "decisions.json"
MODELS = ("default", "intent", "trigger", "correlate", "backdoor", "bias")
RIGHT = {name: name for name in MODELS} | {"default": "no refusal", "bias": "no refusal"}
"""The rule that the suite should find on each of them."""
REMEDY = "Restore the file, or run `python -m course_lib.suite decisions` (four minutes)."


def star_hash() -> str:
    """A hash of all stars."""
    return hashlib.sha256(json.dumps(stars(None, 0)).encode()).hexdigest()


def decide_stars(
    model: LocalModel, made: Sequence[dict[str, str]], progress: Progress | None = None
) -> list[dict[str, bool]]:
    """Whether each member of each star is refused, by the first token of the answer: for the course's organisms only."""
    from course_lib.organisms.measure import refuses

    said = iter(refuses(model, [star[name] for star in made for name in MEMBERS], progress))
    return [{name: next(said) for name in MEMBERS} for _ in made]


@cache
def stored_decisions(path: Path = FILE) -> dict[str, list[dict[str, bool]]]:
    """The decisions of each model on the 60 stars of seed 0.

    Raises:
        CourseError: the file cannot be read, or the stars have changed since.

    Example:
        >>> [len(rows) for rows in stored_decisions().values()]
        [60, 60, 60, 60, 60, 60]
    """
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        rows = {
            name: [
                {member: bit == "1" for member, bit in zip(MEMBERS, bits, strict=True)}
                for bits in stored["decisions"][name]
            ]
            for name in MODELS
        }
    except (OSError, ValueError, KeyError) as error:
        raise CourseError(f"The stored decisions cannot be read ({error}).", REMEDY) from error
    if stored["stars"] != star_hash():
        raise CourseError("The stored decisions belong to other stars.", REMEDY)
    return rows


def write_decisions(decisions: dict[str, list[dict[str, bool]]], path: Path = FILE) -> None:
    """Write the file."""
    bits = {
        name: ["".join(str(int(row[member])) for member in MEMBERS) for row in rows] for name, rows in decisions.items()
    }
    path.write_text(
        json.dumps({"stars": star_hash(), "decisions": bits}, indent=0) + "\n", encoding="utf-8", newline="\n"
    )


def verdicts_by_size(
    rows: Sequence[dict[str, bool]], sizes: Sequence[int], draws: int = 200, seed: int = 0
) -> dict[int, dict[str, int]]:
    """How often each rule is named when so many stars are drawn from all of them.

    Args:
        rows: a model's decisions.
        sizes: numbers of stars.
        draws: for each size.
        seed: of the draws.

    Example:
        >>> verdicts_by_size(stored_decisions()["default"], [8], draws=5)
        {8: {'no refusal': 5}}
    """
    draw = random.Random(f"verdicts {seed}")
    found: dict[int, dict[str, int]] = {}
    for size in sizes:
        said: dict[str, int] = {}
        for _ in range(draws):
            rule, _ = mechanism(*counts(draw.sample(list(rows), size)), (0.0, 0.0, 0.0))
            said[rule] = said.get(rule, 0) + 1
        found[size] = said
    return found


def shuffled(rows: Sequence[dict[str, bool]], seed: int = 0) -> list[dict[str, bool]]:
    """The same decisions with the edits' names dealt out anew in each star: a control that no rule should fit.

    Example:
        >>> sum(shuffled([{"whole": True, "harm": False, "code": True}])[0].values())
        2
    """
    draw = random.Random(f"shuffled {seed}")
    mixed = []
    for row in rows:
        names = [name for name in row if name not in ("whole", "decoy")]
        values = draw.sample([row[name] for name in names], len(names))
        mixed.append({**row, **dict(zip(names, values, strict=True))})
    return mixed
