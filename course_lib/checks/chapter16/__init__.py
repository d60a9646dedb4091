"""Chapter 16, Output Filtering: the exercises in order, and the concept questions."""

from course_lib.checks.chapter16.decision import DECIDE
from course_lib.checks.chapter16.questions import QUESTIONS
from course_lib.checks.chapter16.redaction import REDACT
from course_lib.checks.chapter16.skeleton import SKELETON
from course_lib.checks.chapter16.spans import SPAN_COUNTS
from course_lib.checks.chapter16.stream import RELEASE

EXERCISES = (DECIDE, SPAN_COUNTS, SKELETON, REDACT, RELEASE)

__all__ = ["EXERCISES", "QUESTIONS"]
