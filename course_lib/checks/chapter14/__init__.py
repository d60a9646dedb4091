"""Chapter 14, Safety Guardrails: the exercises in order, and the concept questions."""

from course_lib.checks.chapter14.calibration import AREA_AND_CALIBRATION
from course_lib.checks.chapter14.decision import GUARD_DECISION
from course_lib.checks.chapter14.forbidden import FORBIDDEN_TOKENS
from course_lib.checks.chapter14.questions import QUESTIONS
from course_lib.checks.chapter14.thresholds import CHOOSE_THRESHOLDS
from course_lib.checks.chapter14.trie import TOKEN_TRIE

EXERCISES = (GUARD_DECISION, AREA_AND_CALIBRATION, CHOOSE_THRESHOLDS, TOKEN_TRIE, FORBIDDEN_TOKENS)

__all__ = ["EXERCISES", "QUESTIONS"]
