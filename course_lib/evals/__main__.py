"""Compute the scores that come with the course: `python -m course_lib.evals`, about twenty minutes of one core.

What is already in the file is kept; delete it first to compute everything anew.
"""

from __future__ import annotations

import time

from course_lib.evals.leaderboard import MODELS
from course_lib.evals.run import without_question
from course_lib.evals.scoring import score_items
from course_lib.evals.stored import SHIPPED, _read, as_row, name_of, write_table
from course_lib.evals.tasks import TASKS, load_task
from course_lib.models import load_model


def main() -> None:
    """Every model on every task; the default model also on the choices without their question."""
    table = _read(SHIPPED)
    for name in MODELS:
        model = load_model(name)
        for task in TASKS:
            wanted = [list(load_task(task))]
            bare = without_question(wanted[0])
            wanted += [bare] if bare and name == "default" else []
            for items in wanted:
                key, began = name_of(model, items), time.process_time()
                if key not in table:
                    table[key] = as_row(score_items(model, items))
                    write_table(SHIPPED, table)
                    print(f"{name}, {task}: {time.process_time() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
