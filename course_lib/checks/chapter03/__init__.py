"""Chapter 3, Threat Modeling: the exercises in order, and the concept questions."""

from course_lib.checks.chapter03.attack_tree import CHEAPEST_ATTACK
from course_lib.checks.chapter03.imports import UNEXPECTED_IMPORTS
from course_lib.checks.chapter03.questions import QUESTIONS
from course_lib.checks.chapter03.risks import RANK_RANGES
from course_lib.checks.chapter03.safetensors import SAFETENSORS_PROBLEM
from course_lib.checks.chapter03.template import TEXTS_BEHIND_CONTENT

EXERCISES = (UNEXPECTED_IMPORTS, SAFETENSORS_PROBLEM, TEXTS_BEHIND_CONTENT, CHEAPEST_ATTACK, RANK_RANGES)

__all__ = ["EXERCISES", "QUESTIONS"]
