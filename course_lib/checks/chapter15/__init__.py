"""Chapter 15, Constitutional AI: the exercises in order, and the concept questions."""

from course_lib.checks.chapter15.batch import PREFERENCE_BATCH
from course_lib.checks.chapter15.judge import CORRECTED_PREFERENCE
from course_lib.checks.chapter15.pairs import PRINCIPLE_PAIRS
from course_lib.checks.chapter15.prompts import REVISION_PROMPT
from course_lib.checks.chapter15.questions import QUESTIONS
from course_lib.checks.chapter15.trade import BEFORE_AFTER

EXERCISES = (REVISION_PROMPT, CORRECTED_PREFERENCE, PRINCIPLE_PAIRS, PREFERENCE_BATCH, BEFORE_AFTER)

__all__ = ["EXERCISES", "QUESTIONS"]
