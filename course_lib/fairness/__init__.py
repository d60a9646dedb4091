"""Fairness of decisions about people, in any number of groups (chapter 13).

Rates of each group (`group_rates`), one number for each notion of fairness (`gaps`), what a score promises
(`calibration`), why not everything can be had at once (`impossibility`), what moving the line does (`thresholds`,
`trade_off`), a gap among people alike (`adjusted`); all of it in one object with intervals (`metrics`:
`FairnessMetrics`). `tables` reads four public data
sets; `decisions` and `moderation` make the language model itself the one who decides.

    from course_lib.fairness import FairnessMetrics
    print(FairnessMetrics(predictions, labels, group_membership).report())
"""

from course_lib.fairness.adjusted import AdjustedGap, adjusted_gap
from course_lib.fairness.calibration import calibration_within_groups
from course_lib.fairness.gaps import fairness_gaps
from course_lib.fairness.group_rates import group_rates
from course_lib.fairness.impossibility import implied_false_positive_rates
from course_lib.fairness.metric import FairnessReport, GroupRow, Metric
from course_lib.fairness.metrics import FairnessMetrics
from course_lib.fairness.tables import adult, column, compas, german, mortgages, three_parts
from course_lib.fairness.thresholds import flagged_by, group_thresholds
from course_lib.fairness.trade_off import TradeOff, trade_off, with_base_rate

__all__ = [
    "AdjustedGap",
    "FairnessMetrics",
    "FairnessReport",
    "GroupRow",
    "Metric",
    "TradeOff",
    "adjusted_gap",
    "adult",
    "calibration_within_groups",
    "column",
    "compas",
    "fairness_gaps",
    "flagged_by",
    "german",
    "group_rates",
    "group_thresholds",
    "implied_false_positive_rates",
    "mortgages",
    "three_parts",
    "trade_off",
    "with_base_rate",
]
