"""Chapter 12, Bias Detection: the exercises in order, and the concept questions."""

from course_lib.checks.chapter12.agreement import KRIPPENDORFF
from course_lib.checks.chapter12.multiple import ADJUST
from course_lib.checks.chapter12.pronouns import PRONOUN_GAP
from course_lib.checks.chapter12.questions import QUESTIONS
from course_lib.checks.chapter12.swap import SWAP_GENDER
from course_lib.checks.chapter12.weat import WEAT

EXERCISES = (PRONOUN_GAP, ADJUST, SWAP_GENDER, WEAT, KRIPPENDORFF)

__all__ = ["EXERCISES", "QUESTIONS"]
