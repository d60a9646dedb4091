"""Tools of the field that the course does not need and shows all the same: Captum, TransformerLens, picklescan,
lm-eval, fairlearn.

Each chapter from 8 to 11 ends with the step from its own functions to these tools, on the same prompt, with the same
number. They are optional: a cell asks `installed("captum")` first, and where the tool is missing the learner reads one
sentence with the command that installs it, with the versions that fit the course (`constraints.txt`).

TransformerLens asks for more than sixty packages, some of them large. That is why it is no dependency; with the course's
versions held by the constraints it can live in the same environment. Inseq cannot: 0.7 wants typeguard 2, and
TransformerLens 4 wants typeguard 4. garak cannot either (0.17.1 wants transformers below 5.20): it has an environment of its own,
whose Python the variable GARAK_PYTHON names.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from course_lib.errors import CourseError

PACKAGES = {
    "captum": "captum",
    "transformer_lens": "transformer-lens",
    "picklescan": "picklescan",
    "lm_eval": "lm-eval",
    "fairlearn": "fairlearn",
    "trl": "trl",
}
"""Import name and distribution of each tool."""


def install_command(tool: str) -> str:
    """The command that installs a tool beside the course.

    Example:
        >>> install_command("captum").split(" -m ")[1].split(" -c ")[0]
        'pip install captum'
    """
    constraints = Path(__file__).parents[1] / "constraints.txt"
    python, versions = (f'"{path}"' if " " in str(path) else str(path) for path in (sys.executable, constraints))
    return f"{python} -m pip install {PACKAGES[tool]} -c {versions}"


def installed(tool: str) -> bool:
    """Whether a tool can be imported; prints how to install it where it cannot.

    Args:
        tool: `"captum"`, `"fairlearn"`, `"lm_eval"`, `"picklescan"`, `"transformer_lens"` or `"trl"`, the name that is
            imported.

    Raises:
        CourseError: a tool that the course does not know.
    """
    if tool not in PACKAGES:
        raise CourseError(f"The course does not show {tool!r}.", f"It shows {', '.join(PACKAGES)}.")
    if find_spec(tool) is None:
        print(f"{PACKAGES[tool]} is not installed, so this cell is left out. To see it, run in a terminal:")
        print(f"    {install_command(tool)}")
        return False
    return True


GARAK_VARIABLE = "GARAK_PYTHON"


def garak_python() -> Path | None:
    """The Python of garak's environment, from the variable GARAK_PYTHON; says how to get one where there is none."""
    path = Path(os.environ.get(GARAK_VARIABLE, ""))
    if path.is_file():
        return path
    print(
        "garak is not installed, so what follows reads stored reports. "
        "To run it yourself: README, “garak beside the course”."
    )
    return None
