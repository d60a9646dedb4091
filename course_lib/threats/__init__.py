"""Thinking about threats with numbers: attack trees, and a risk register that admits what it does not know."""

from course_lib.threats.attack_tree import Tree, cheapest_attack
from course_lib.threats.risks import rank_ranges

__all__ = ["Tree", "cheapest_attack", "rank_ranges"]
