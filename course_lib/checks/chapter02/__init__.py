"""Chapter 2, Alignment Fundamentals: the exercises in order, and the concept questions."""

from course_lib.checks.chapter02.answer_log_probs import ANSWER_LOG_PROBS
from course_lib.checks.chapter02.best_of_n import BEST_OF_N
from course_lib.checks.chapter02.bradley_terry import BRADLEY_TERRY
from course_lib.checks.chapter02.divergence import POLICY_DIVERGENCE
from course_lib.checks.chapter02.dpo import DPO_LOSS
from course_lib.checks.chapter02.questions import QUESTIONS

EXERCISES = (BRADLEY_TERRY, BEST_OF_N, ANSWER_LOG_PROBS, DPO_LOSS, POLICY_DIVERGENCE)

__all__ = ["EXERCISES", "QUESTIONS"]
