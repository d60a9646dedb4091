"""The part of an untouched notebook that can behave otherwise than the solution notebook does.

A learner opens a notebook in which every answer is a stub. It has to fail in its tests and nowhere else. Running it whole
would show that, and would run every demonstration of the chapter a second time: minutes that say nothing new. For

* outside its answer cells the released notebook says, cell by cell, what the solution notebook says (`differences`);
* no cell but an answer or a test uses a name that an answer or a test defines (the rule `answers_apart` of the chapter
  contract), so a demonstration finds the same names with the same values in both notebooks;
* the solution notebook is run whole.

So a demonstration that fails in the one fails in the other, and what is left to run is: the first code cell with its imports,
the answers, the tests, and whatever defines a name that one of these uses (`without_demonstrations`).

What this cannot see is a thing that a *right answer* leaves behind without a name, a file for example, and that a
demonstration below needs. `check` itself looks for such traces on models and arguments.
"""

from __future__ import annotations

import copy
from typing import Any

from course_lib.authoring.contract.apart import MAY_DEPEND
from course_lib.authoring.contract.view import bound_names, role_of, tree_of, used_names


def without_demonstrations(notebook: Any) -> Any:
    """A copy of a notebook: its first code cell, answers, tests, what defines the names that these use, and the prose."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    kept: set[int] = set()
    wanted: set[str] = set()
    for place in reversed(range(len(code))):  # from below: a cell is needed when something that is kept below it is
        cell = code[place]
        if place == 0 or role_of(cell) in MAY_DEPEND or bound_names(tree_of(cell)) & wanted:
            kept.add(place)
            wanted |= used_names(cell)
    needed = [code[place]["id"] for place in kept]
    short = copy.deepcopy(notebook)
    short.cells = [cell for cell in short.cells if cell.cell_type != "code" or cell["id"] in needed]
    return short


def differences(released: Any, solution: Any) -> list[str]:
    """Where a released notebook says something else than the solution notebook, one sentence each, answers left out."""
    left, right = ([(c["id"], c.cell_type, role_of(c)) for c in notebook.cells] for notebook in (released, solution))
    if left != right:
        return ["The released notebook has other cells, or other roles, than the solution notebook."]
    return [
        f"{ours['id']}: the released notebook says something else than the solution notebook."
        for ours, theirs in zip(released.cells, solution.cells, strict=True)
        if ours.source != theirs.source and role_of(ours) not in ("answer", "written")
    ]
