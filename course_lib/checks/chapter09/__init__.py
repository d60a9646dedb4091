"""Chapter 9, Attention Visualization: the exercises in order, and the concept questions."""

from course_lib.checks.chapter09.alarm import ATTENTION_ALARM
from course_lib.checks.chapter09.evenness import HEAD_EVENNESS
from course_lib.checks.chapter09.questions import QUESTIONS
from course_lib.checks.chapter09.repeats import REPEAT_SCORES
from course_lib.checks.chapter09.rollout import ROLLED_OUT

EXERCISES = (HEAD_EVENNESS, REPEAT_SCORES, ROLLED_OUT, ATTENTION_ALARM)

__all__ = ["EXERCISES", "QUESTIONS"]
