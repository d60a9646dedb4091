"""Chapter 11, Activation Patching: the exercises in order, and the concept questions."""

from course_lib.checks.chapter11.head_resample import HEAD_RESAMPLE
from course_lib.checks.chapter11.one_layer import ATTRIBUTION_ROW
from course_lib.checks.chapter11.one_position import ONE_POSITION
from course_lib.checks.chapter11.questions import QUESTIONS
from course_lib.checks.chapter11.recovery import RECOVERY
from course_lib.checks.chapter11.take_out import TAKE_OUT

EXERCISES = (RECOVERY, ONE_POSITION, HEAD_RESAMPLE, ATTRIBUTION_ROW, TAKE_OUT)

__all__ = ["EXERCISES", "QUESTIONS"]
