"""Chapter 1, AI Safety Landscape: the exercises in order, and the concept questions."""

from course_lib.checks.chapter01.greedy import GREEDY_ANSWER
from course_lib.checks.chapter01.ledger import SAFETY_LEDGER
from course_lib.checks.chapter01.next_tokens import NEXT_TOKENS
from course_lib.checks.chapter01.questions import QUESTIONS
from course_lib.checks.chapter01.refusal import IS_REFUSAL
from course_lib.checks.chapter01.wilson import WILSON_INTERVAL

EXERCISES = (NEXT_TOKENS, GREEDY_ANSWER, IS_REFUSAL, WILSON_INTERVAL, SAFETY_LEDGER)

__all__ = ["EXERCISES", "QUESTIONS"]
