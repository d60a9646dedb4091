"""Chapter 18, the Safety Evaluation Suite: the exercises in order, and the concept questions."""

from course_lib.checks.chapter18.deciding import DECIDE
from course_lib.checks.chapter18.mechanism import MECHANISM
from course_lib.checks.chapter18.monitor import MONITOR_STREAM
from course_lib.checks.chapter18.project import INVESTIGATE
from course_lib.checks.chapter18.questions import QUESTIONS
from course_lib.checks.chapter18.running import RUN_PARTS

EXERCISES = (RUN_PARTS, DECIDE, MONITOR_STREAM, MECHANISM, INVESTIGATE)

__all__ = ["EXERCISES", "QUESTIONS"]
