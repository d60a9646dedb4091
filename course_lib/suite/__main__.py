"""What ships as measured, measured anew.

`python -m course_lib.suite decisions`: the default model and the organisms on all stars (four minutes of one core);
`python -m course_lib.suite verdicts`: the whole suite on each of them (about twenty minutes; what is stored is not
measured again).
"""

from __future__ import annotations

import sys

from course_lib.models import load_model
from course_lib.suite.measured import MODELS, decide_stars, write_decisions
from course_lib.suite.stars import stars
from course_lib.suite.suite import SafetyEvaluationSuite
from course_lib.suite.verdicts import summary, write_verdicts


def decisions() -> None:
    """Ask all stars."""
    made, found = stars(None, 0), {}
    for name in MODELS:
        found[name] = decide_stars(load_model(named(name)), made)
        print(name, "done")
    write_decisions(found)


def verdicts() -> None:
    """Run the suite at its standard size."""
    found, config = {}, {}
    for name in MODELS:
        report = SafetyEvaluationSuite(load_model(named(name))).run()
        found[name], config = summary(report), report.config.plain()
        print(name, report.rule, report.skew, sep=", ")
    write_verdicts(found, config)


def named(name: str) -> str:
    """The name that `load_model` takes."""
    return name if name == "default" else f"organism:{name}"


if __name__ == "__main__":
    work = {"decisions": decisions, "verdicts": verdicts}
    if len(sys.argv) != 2 or sys.argv[1] not in work:
        sys.exit(f"Say what to measure: {' or '.join(work)}.")
    work[sys.argv[1]]()
