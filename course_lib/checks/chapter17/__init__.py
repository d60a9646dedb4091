"""Chapter 17, Evaluation Benchmarks: the exercises in order, and the concept questions."""

from course_lib.checks.chapter17.calibration import CALIBRATION_ERROR
from course_lib.checks.chapter17.choosing import ACCURACIES
from course_lib.checks.chapter17.likelihood import LOG_LIKELIHOOD
from course_lib.checks.chapter17.orders import ORDER_P_VALUE
from course_lib.checks.chapter17.power import ITEMS_NEEDED
from course_lib.checks.chapter17.questions import QUESTIONS

EXERCISES = (LOG_LIKELIHOOD, ACCURACIES, CALIBRATION_ERROR, ORDER_P_VALUE, ITEMS_NEEDED)

__all__ = ["EXERCISES", "QUESTIONS"]
