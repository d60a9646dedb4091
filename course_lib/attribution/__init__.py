"""Which parts of the prompt does an answer rest on? Methods that score every input token, and tests of such scores.

* By removal: `removal_attribution` (tokens, fast), `leave_units_out` (words, sentences), `shapley_values`.
* By gradient: `saliency`, `gradient_x_input`, `integrated_gradients`.
* Side by side: `compare`; `given_scores` takes scores from elsewhere, such as attention; `by_units` adds tokens up.
* In their plainest form, as chapter 10 derives them: `gradient_scores`, `integrated_scores`, `shapley_from_table`,
  `deletion_scores`, `rank_agreement`.
* Are they right? `deletion_curve`, `insertion_curve`, `comprehensiveness`, `sufficiency`, `randomised_weights_check`;
  on many prompts: `coalition_table`, `method_survey`.
"""

from course_lib.attribution.coalition_table import CoalitionTable, coalition_table
from course_lib.attribution.comparison import Comparison, compare, given_scores
from course_lib.attribution.faithfulness import FaithfulnessCurve, deletion_curve, insertion_curve
from course_lib.attribution.fast_removal import removal_attribution
from course_lib.attribution.gradients import gradient_x_input, saliency
from course_lib.attribution.integrated import integrated_gradients
from course_lib.attribution.plain_agreement import rank_agreement
from course_lib.attribution.plain_deletion import deletion_scores
from course_lib.attribution.plain_gradients import gradient_scores
from course_lib.attribution.plain_integrated import integrated_scores
from course_lib.attribution.plain_shapley import shapley_from_table
from course_lib.attribution.rationales import RationaleScore, comprehensiveness, sufficiency
from course_lib.attribution.removal import token_attribution
from course_lib.attribution.result import TokenAttribution
from course_lib.attribution.sanity import RandomisedWeightsCheck, randomised_weights_check
from course_lib.attribution.shapley import leave_units_out, shapley_values
from course_lib.attribution.survey import Survey, method_survey
from course_lib.attribution.targets import ChatQuestion, Contrast, chat_question
from course_lib.attribution.units import by_units

__all__ = [
    "ChatQuestion",
    "CoalitionTable",
    "Comparison",
    "Contrast",
    "FaithfulnessCurve",
    "RandomisedWeightsCheck",
    "RationaleScore",
    "Survey",
    "TokenAttribution",
    "by_units",
    "chat_question",
    "coalition_table",
    "compare",
    "comprehensiveness",
    "deletion_curve",
    "deletion_scores",
    "given_scores",
    "gradient_scores",
    "gradient_x_input",
    "insertion_curve",
    "integrated_gradients",
    "integrated_scores",
    "leave_units_out",
    "method_survey",
    "randomised_weights_check",
    "rank_agreement",
    "removal_attribution",
    "saliency",
    "shapley_from_table",
    "shapley_values",
    "sufficiency",
    "token_attribution",
]
