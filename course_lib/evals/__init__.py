"""Evaluation benchmarks: what a score is made of, and how much of it to believe (chapter 17).

`likelihood` scores one continuation, `scoring` many items at once, `choosing` makes choices of scores, `run` makes a
result of a task and `leaderboard` compares models. The rest says how far a score can be trusted: `calibration`,
`contamination`, `power`, `agreement`, and `bias` for the two scores that have a definition of their own. `frameworks`
puts the same items through lm-eval; `field` is the table of the field's safety benchmarks.

In three lines, on any model:

    from course_lib import load_model
    from course_lib.evals import run_benchmark
    print(run_benchmark(load_model("default"), "truthfulqa"))
"""

from course_lib.evals.agreement import alpha_interval, corrected_rate, krippendorff_alpha
from course_lib.evals.bias import bbq_bias, bbq_by_coin, bbq_difference, stereo_scores
from course_lib.evals.calibration import (
    calibration_error,
    chance_errors,
    confidence,
    equal_count_error,
    error_interval,
)
from course_lib.evals.choosing import WAYS, accuracies, choice_scores
from course_lib.evals.contamination import order_p_value, order_table, pooled_p_value, shards_of, sorted_order
from course_lib.evals.field import safety_benchmarks
from course_lib.evals.fresh import fresh_items
from course_lib.evals.items import Item, shuffled
from course_lib.evals.leaderboard import MODELS, SCORED, Leaderboard, from_results, leaderboard
from course_lib.evals.likelihood import log_likelihood
from course_lib.evals.orders import order_tables
from course_lib.evals.power import items_needed, simulated_power, smallest_difference
from course_lib.evals.run import BenchmarkResult, run_benchmark, without_question
from course_lib.evals.scoring import Scores, score_items
from course_lib.evals.stored import stored_scores
from course_lib.evals.tasks import TASKS, load_task

__all__ = [
    "MODELS",
    "SCORED",
    "TASKS",
    "WAYS",
    "BenchmarkResult",
    "Item",
    "Leaderboard",
    "Scores",
    "accuracies",
    "alpha_interval",
    "bbq_bias",
    "bbq_by_coin",
    "bbq_difference",
    "calibration_error",
    "chance_errors",
    "choice_scores",
    "confidence",
    "corrected_rate",
    "equal_count_error",
    "error_interval",
    "fresh_items",
    "from_results",
    "items_needed",
    "krippendorff_alpha",
    "leaderboard",
    "load_task",
    "log_likelihood",
    "order_p_value",
    "order_table",
    "order_tables",
    "pooled_p_value",
    "run_benchmark",
    "safety_benchmarks",
    "score_items",
    "shards_of",
    "shuffled",
    "simulated_power",
    "smallest_difference",
    "sorted_order",
    "stereo_scores",
    "stored_scores",
    "without_question",
]
