"""Figures: one function per drawing, each with a title that states the finding and a text twin that holds the numbers.

Every function returns a `Picture`. A notebook shows it; `.save(path)` writes a PNG; `.text` reads it aloud.
"""

from course_lib.figures.ablation import ablation_map
from course_lib.figures.attention import attention_map
from course_lib.figures.attribution import attribution_bars
from course_lib.figures.audit import audit_dots
from course_lib.figures.bias import gap_scatter
from course_lib.figures.comparison import comparison_map, faithfulness_curves
from course_lib.figures.constitution import deployment_dots
from course_lib.figures.defences import defence_dots, roc_curves
from course_lib.figures.evals import leaderboard_panels
from course_lib.figures.evasions import evasion_panels
from course_lib.figures.fairness import fairness_trade_off
from course_lib.figures.goodhart import goodhart_curves
from course_lib.figures.guardrails import guardrail_curves, reliability_curves, trade_off
from course_lib.figures.jailbreaks import family_panels
from course_lib.figures.ledger import ledger_plane
from course_lib.figures.patching import recovery_map
from course_lib.figures.picture import Picture
from course_lib.figures.probing import probe_curve
from course_lib.figures.rates import rate_bars
from course_lib.figures.redteam import before_after
from course_lib.figures.roles import assigned_roles, role_map
from course_lib.figures.scan import scan_grid
from course_lib.figures.survey import survey_dots
from course_lib.figures.verdict_shares import verdict_shares
from course_lib.figures.verdicts import verdict_dots

__all__ = [
    "Picture",
    "ablation_map",
    "assigned_roles",
    "attention_map",
    "attribution_bars",
    "audit_dots",
    "before_after",
    "comparison_map",
    "defence_dots",
    "deployment_dots",
    "evasion_panels",
    "fairness_trade_off",
    "faithfulness_curves",
    "family_panels",
    "gap_scatter",
    "goodhart_curves",
    "guardrail_curves",
    "leaderboard_panels",
    "ledger_plane",
    "probe_curve",
    "rate_bars",
    "recovery_map",
    "reliability_curves",
    "roc_curves",
    "role_map",
    "scan_grid",
    "survey_dots",
    "trade_off",
    "verdict_dots",
    "verdict_shares",
]
