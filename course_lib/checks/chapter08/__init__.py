"""Chapter 8, Interpretability Overview: the exercises in order, and the concept questions."""

from course_lib.checks.chapter08.ablation import HEAD_ABLATION
from course_lib.checks.chapter08.attribution import TOKEN_ATTRIBUTION
from course_lib.checks.chapter08.capstone import REFUSAL_VERDICT
from course_lib.checks.chapter08.connections import STRONG_CONNECTIONS
from course_lib.checks.chapter08.mean_attention import MEAN_ATTENTION
from course_lib.checks.chapter08.probing import PROBE_ACCURACY
from course_lib.checks.chapter08.questions import QUESTIONS

EXERCISES = (TOKEN_ATTRIBUTION, MEAN_ATTENTION, STRONG_CONNECTIONS, PROBE_ACCURACY, HEAD_ABLATION, REFUSAL_VERDICT)

__all__ = ["EXERCISES", "QUESTIONS"]
