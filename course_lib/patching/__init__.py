"""What is a part of the model good for? Methods that switch parts off, or put other values in their place."""

from course_lib.patching.ablation import ablate
from course_lib.patching.attribution_patching import attribution_patching
from course_lib.patching.direct_logit import direct_logit_attribution
from course_lib.patching.directions import Direction, difference_of_means, random_direction
from course_lib.patching.effects import HeadEffects, ablation_effects
from course_lib.patching.head_effect import head_ablation_effect
from course_lib.patching.head_resample import head_resample_effect
from course_lib.patching.lens import LogitLens, logit_lens
from course_lib.patching.logit_parts import LogitParts
from course_lib.patching.maps import MapAgreement, PatchingMap, map_agreement
from course_lib.patching.metrics import Metric, log_probability, logit_difference
from course_lib.patching.normalised import recovery
from course_lib.patching.one_layer import attribution_patching_row
from course_lib.patching.one_position import patch_one_position
from course_lib.patching.patching_map import patching_map
from course_lib.patching.points import Point
from course_lib.patching.readings import Readings, read_points
from course_lib.patching.states import patch_states
from course_lib.patching.steering import add_direction, project_out
from course_lib.patching.structure import Structure, find_structure
from course_lib.patching.taking_out import take_out
from course_lib.patching.writing import edit_point, patch_point

__all__ = [
    "Direction",
    "HeadEffects",
    "LogitLens",
    "LogitParts",
    "MapAgreement",
    "Metric",
    "PatchingMap",
    "Point",
    "Readings",
    "Structure",
    "ablate",
    "ablation_effects",
    "add_direction",
    "attribution_patching",
    "attribution_patching_row",
    "difference_of_means",
    "direct_logit_attribution",
    "edit_point",
    "find_structure",
    "head_ablation_effect",
    "head_resample_effect",
    "log_probability",
    "logit_difference",
    "logit_lens",
    "map_agreement",
    "patch_one_position",
    "patch_point",
    "patch_states",
    "patching_map",
    "project_out",
    "random_direction",
    "read_points",
    "recovery",
    "take_out",
]
