"""Decide discrim-eval's people of 40 anew and write the file that ships: `python -m course_lib.fairness`."""

from __future__ import annotations

import json

from course_lib import load_model
from course_lib.data.files import write_whole
from course_lib.fairness.decisions import STORED, decision_log_odds, name_of, people


def main() -> None:
    """Measure with the default model, and write `course_lib/data/fairness/decisions.json`."""
    model, asked = load_model("default"), people()
    values = decision_log_odds(
        model, [person.question for person in asked], progress=lambda done, total: print(f"{done} of {total}", end="\r")
    )
    rows = {name_of(model, person.question): round(value, 3) for person, value in zip(asked, values, strict=True)}
    write_whole(STORED, json.dumps({model.name: rows}, indent=0) + "\n")
    print(f"{len(rows)} decisions in {STORED}")


if __name__ == "__main__":
    main()
