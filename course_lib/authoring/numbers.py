"""Holds the numbers in the prose against the run.

"The probe reads intent with 0.93 accuracy" was true when it was written. Then the prompts changed. A number in the prose
is therefore tied to an expression, in the metadata of its cell,

    # %% [markdown] course={"numbers": {"0.93": "sweep.best.value"}}

and the expression is evaluated in the notebook's kernel at the end of a run. The number agrees when it differs from the
value by at most one unit of its last digit: half a unit is rounding, the other half is what another processor's sums do.
"""

from __future__ import annotations

import json
import re
from typing import Any

from course_lib.authoring.kernel import printed

# Runs in the notebook's kernel; an expression that fails gives its error as the value, which agrees with no number.
_EVALUATE = """
import json as _json

def _values(tied):
    found = {}
    for text, expression in tied.items():
        try:
            found[text] = str(eval(expression, globals()))
        except Exception as error:
            found[text] = f"{type(error).__name__}: {error}"
    return found

"""
_NUMBER = re.compile(r"[-−]?\d[\d,]*(?:\.\d+)?")


def evaluate_numbers(client: Any, notebook: Any) -> None:
    """Evaluate the tied expressions in a running kernel; the values go into the cells' metadata as `found`.

    Args:
        client: an `nbclient` client whose kernel has run the notebook.
        notebook: the notebook.
    """
    for cell in notebook.cells:
        course = cell.metadata.get("course", {})
        if course.get("numbers"):
            code = f"{_EVALUATE}print(_json.dumps(_values({dict(course['numbers'])!r})))"
            cell.metadata["course"] = {**course, "found": json.loads(printed(client, code))}


def verify_numbers(executed_notebook: Any) -> list[str]:
    """The numbers in the prose that do not agree with the run, one sentence each.

    Args:
        executed_notebook: the notebook of an `Execution`.
    """
    problems = []
    for cell in executed_notebook.cells:
        course = cell.metadata.get("course", {})
        for text in course.get("numbers", {}):
            value = course.get("found", {}).get(text)
            if value is None:
                problems.append(f"{cell['id']}: “{text}” was not evaluated.")
            elif not agrees(text, value):
                problems.append(f"{cell['id']}: the prose says “{text}”, the run gives {value}.")
    return problems


def agrees(text: str, value: str) -> bool:
    """Whether the number in a text is that value, to within one unit of the last digit it shows.

    Args:
        text: what the prose says: "0.93", "12 of 30", "1,024 tokens".
        value: the value as text.

    Example:
        >>> agrees("0.93", "0.9344"), agrees("0.93", "0.95"), agrees("12 of 30", "12 of 30")
        (True, False, True)
    """
    if text == value:
        return True
    found = _NUMBER.search(text)
    try:
        number = float(value)
    except ValueError:
        return False
    if found is None:
        return False
    said = found[0].replace(",", "").replace("−", "-")
    unit = 10.0 ** -len(said.partition(".")[2])
    return abs(float(said) - number) <= unit * 1.000001
