"""Chapter 10, Feature Attribution: the exercises in order, and the concept questions."""

from course_lib.checks.chapter10.agreement import RANK_AGREEMENT
from course_lib.checks.chapter10.deletion import DELETION_SCORES
from course_lib.checks.chapter10.gradients import GRADIENT_SCORES
from course_lib.checks.chapter10.integrated import INTEGRATED_SCORES
from course_lib.checks.chapter10.questions import QUESTIONS
from course_lib.checks.chapter10.shapley import SHAPLEY_FROM_TABLE

EXERCISES = (GRADIENT_SCORES, INTEGRATED_SCORES, SHAPLEY_FROM_TABLE, DELETION_SCORES, RANK_AGREEMENT)

__all__ = ["EXERCISES", "QUESTIONS"]
