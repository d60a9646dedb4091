"""Five hundred notebooks that went wrong: whatever is in the file, the batch goes on, and soon.

Mutators change the structure, the cells' texts, or the bytes of a real submission; hypothesis picks some and their seeds.
"""

from __future__ import annotations

import copy
import json
import random
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parent))

from handed_in import bare, code, filled, release

from course_lib.grading.intake import Submission, Unreadable, read_submission
from course_lib.grading.normalise import clean_notebook, normalise
from course_lib.grading.program import Cell, Take

Random = random.Random
ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    10**30,
    1.5,
    float("nan"),
    "",
    "text",
    "\ud800",
    "\x00",
    [],
    [[]],
    {},
    {"a": {}},
    ["a", 5],
]
SNIPPETS = [
    "def token_attribution(*a):\n    return 1", "token_attribution = None", "from x import *", "exec('x')",
    "%%bash\nrm -rf x", "!ls",
    "(" * 300, "-" * 5000 + "1", "x = " * 2000 + "1", "def f(:", "raise SystemExit", "\\", "'''", "choice_q1 = 'b'",
    "check('8.1', f)",
    "class A:\n" + "    x = 1\n" * 2000, "y += 1\n" * 3000, "\t  x", "# only", "\u2028x = 1",
    "import os; os._exit(0)", "%", "?", "=!",
]  # fmt: skip


def somewhere(tree: Any, r: Random) -> tuple[Any, Any]:
    """A container inside a tree, and a key of it."""
    path: list[tuple[Any, Any]] = []
    while isinstance(tree, dict | list) and tree:
        key = r.choice(list(tree)) if isinstance(tree, dict) else r.randrange(len(tree))
        path.append((tree, key))
        tree = tree[key]
    return r.choice(path)


def a_cell(nb: Any, r: Random) -> dict[str, Any]:
    cells = nb.get("cells") if isinstance(nb, dict) else None
    found = [cell for cell in cells if isinstance(cell, dict)] if isinstance(cells, list) else []
    return r.choice(found) if found else {}


def wrong_type(nb, r):
    container, key = somewhere(nb, r)
    container[key] = copy.deepcopy(r.choice(ODD))


def lose(nb, r):
    container, key = somewhere(nb, r)
    del container[key]


def every(field: str, values: list[Any]) -> Callable[[Any, Random], None]:
    def change(nb, r):
        value = copy.deepcopy(r.choice(values))
        cells = nb.get("cells")
        for cell in cells if isinstance(cells, list) else []:
            if isinstance(cell, dict) and r.random() < 0.8:
                cell[field] = value

    return change


def nest(nb, r):
    """Brackets in brackets; very deep ones are put in when the file is written, since json itself stops at them."""
    depth = r.choice([10, 100, 900, 3000, 100_000])
    deep: Any = f"DEEP{depth}" if depth > 100 else 0
    for _ in range(depth if depth <= 100 else 0):
        deep = [deep] if r.random() < 0.5 else {"a": deep}
    container, key = somewhere(nb, r)
    container[key] = deep


def written(notebook: Any) -> bytes:
    text = json.dumps(notebook)
    return re.sub(r'"DEEP(\d+)"', lambda found: "[" * int(found[1]) + "]" * int(found[1]), text).encode()


def huge_text(nb, r):
    a_cell(nb, r)["source"] = r.choice(["x", "x = 1\n", "(", "'", "é", "\r\n", "if x:\n "]) * r.choice(
        [1000, 50_000, 300_000]
    )


def many_cells(nb, r):
    cell = copy.deepcopy(a_cell(nb, r))
    if isinstance(nb.get("cells"), list):
        nb["cells"] += [copy.deepcopy(cell) for _ in range(r.choice([5, 200, 1900, 3000]))]


def shuffle(nb, r):
    if isinstance(nb.get("cells"), list):
        r.shuffle(nb["cells"])


def same_ids(nb, r):
    one = a_cell(nb, r)
    for _ in range(r.choice([1, 5, 50])):
        other = a_cell(nb, r)
        other["id"], other["metadata"] = one.get("id"), copy.deepcopy(one.get("metadata"))


def strange_code(nb, r):
    for _ in range(r.choice([1, 5, 40])):
        a_cell(nb, r)["source"] = r.choice(SNIPPETS)


def strange_cells(nb, r):
    for _ in range(r.choice([1, 20])):
        if isinstance(nb.get("cells"), list):
            nb["cells"].insert(
                r.randrange(len(nb["cells"]) + 1), code(r.choice(SNIPPETS), id=r.choice(ODD), metadata=r.choice(ODD))
            )


def no_ids(nb, r):
    if isinstance(nb.get("cells"), list) and all(isinstance(cell, dict) for cell in nb["cells"]):
        nb.update(bare(nb))


def outputs(nb, r):
    picture = {
        "output_type": "display_data",
        "data": {"image/png": r.choice(["", "iVBORw0KGgo=", "A" * 100_000, 5, ["a"]])},
    }
    stream = {"output_type": "stream", "name": r.choice(ODD), "text": r.choice([*ODD, "x" * 100_000])}
    a_cell(nb, r)["outputs"] = r.choice([*ODD, [picture] * 30, [stream] * 30, ODD])


def retyped(nb, r):
    for _ in range(30):
        a_cell(nb, r)["cell_type"] = r.choice(["raw", "markdown", "code", *ODD])


def joined(nb, r):
    one, other = a_cell(nb, r), a_cell(nb, r)
    if isinstance(one.get("source"), list) and isinstance(other.get("source"), list):
        one["source"] = [*one["source"], "\n", *other["source"]]


STRUCTURE = [

       wrong_type, wrong_type, lose, lose, nest, huge_text, many_cells, shuffle, same_ids, strange_code, strange_cells, no_ids,
      outputs,
    retyped, joined, every("metadata", ODD), every("id", ODD), every("source", ODD), every("cell_type", ODD),
    every("metadata", [{"nbgrader": {"grade_id": "answer-8-1"}}, {"nbgrader": {"grade_id": {}}}, {"tags": ["skip-execution"]}]),
]  # fmt: skip


def cut(raw: bytes, r: Random) -> bytes:
    return raw[: r.randrange(len(raw) + 1)]


def flip(raw: bytes, r: Random) -> bytes:
    found = bytearray(raw)
    for _ in range(r.choice([1, 10, 1000]) if found else 0):
        found[r.randrange(len(found))] = r.randrange(256)
    return bytes(found)


def repeat(raw: bytes, r: Random) -> bytes:
    place = r.randrange(len(raw) + 1)
    return raw[:place] + raw[place : place + 2000] * 3 + raw[place:]


BYTES: list[Callable[[bytes, Random], bytes]] = [
    cut, flip, repeat,
    lambda raw, r: raw.decode("utf-8", "replace").encode(r.choice(["utf-16", "utf-32", "utf-8-sig", "cp037"]), "replace"),
    lambda raw, r: raw.replace(b'"', r.choice([b"'", b"", b"\\\""])),
    lambda raw, r: raw.replace(b"\\n", b"\\r\\n"),
    lambda raw, r: raw.replace(b'"cells"', b'"cells": 5, "cells"'),
    lambda raw, r: b"[" * r.choice([10, 100_000]) + raw,
]  # fmt: skip

changes = st.lists(st.tuples(st.sampled_from(STRUCTURE), st.integers(0, 2**32)), max_size=4)
byte_changes = st.lists(st.tuples(st.sampled_from(BYTES), st.integers(0, 2**32)), max_size=1)
seen: dict[str, int] = {}


def try_all(notebook: Any) -> None:
    """The program and the clean notebook of anything at all."""
    program = normalise(release(), notebook)
    for steps in (program.steps, program.complete):
        assert len({step for step in steps if isinstance(step, Take)}) == 12
        assert all(isinstance(step.source, str) for step in steps if isinstance(step, Cell))
    clean = clean_notebook(release(), notebook)
    json.dumps(clean, allow_nan=False).encode()
    nbformat.validate(nbformat.from_dict(clean))


@settings(max_examples=500, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(changes, byte_changes)
def test_mutated_notebooks(tmp_path_factory, structure, in_bytes):
    notebook = filled()
    for mutate, seed in structure:
        mutate(notebook, Random(seed))
    raw = written(notebook)
    for change, seed in in_bytes:
        raw = change(raw, Random(seed))
    path = tmp_path_factory.getbasetemp() / "mutated.ipynb"
    path.write_bytes(raw)
    start = time.thread_time()
    found = read_submission("ada", path)
    seen[type(found).__name__] = seen.get(type(found).__name__, 0) + 1
    if isinstance(found, Unreadable):
        assert found.reason.endswith(".")
        assert "\n" not in found.reason
    else:
        normalise(release(), found.notebook)
    # A collection of garbage in a long test run counts as well; what hangs takes minutes.
    assert time.thread_time() - start < 10
    if isinstance(found, Submission):
        try_all(found.notebook)
    if not in_bytes:
        try_all(notebook)


def test_the_mutations_are_of_both_kinds():
    """Runs behind the one above: most files can still be read, many cannot."""
    assert min(seen.get("Submission", 0), seen.get("Unreadable", 0)) > 50 or not seen, seen
