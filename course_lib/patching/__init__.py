"""What is a part of the model good for? Methods that switch parts off, or put other values in their place."""

from course_lib.patching.ablation import ablate
from course_lib.patching.effects import HeadEffects, ablation_effects
from course_lib.patching.head_effect import head_ablation_effect
from course_lib.patching.states import patch_states
from course_lib.patching.structure import Structure, find_structure

__all__ = [
    "HeadEffects",
    "Structure",
    "ablate",
    "ablation_effects",
    "find_structure",
    "head_ablation_effect",
    "patch_states",
]
