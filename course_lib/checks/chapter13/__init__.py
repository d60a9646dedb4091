"""Chapter 13, Fairness Metrics: the exercises in order, and the concept questions."""

from course_lib.checks.chapter13.calibration import CALIBRATION
from course_lib.checks.chapter13.gaps import FAIRNESS_GAPS
from course_lib.checks.chapter13.group_rates import GROUP_RATES
from course_lib.checks.chapter13.impossibility import IMPLIED_RATES
from course_lib.checks.chapter13.questions import QUESTIONS
from course_lib.checks.chapter13.thresholds import GROUP_THRESHOLDS

EXERCISES = (GROUP_RATES, FAIRNESS_GAPS, CALIBRATION, IMPLIED_RATES, GROUP_THRESHOLDS)

__all__ = ["EXERCISES", "QUESTIONS"]
