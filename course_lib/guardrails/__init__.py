"""Guardrails: what stands between a prompt and a model, and between a model and its text.

Before the model: `decision` (exercise 14.1), `calibration` (14.2), `thresholds` (14.3), `scorers`, `sets`, `intervals`, and
`guardrail` with everything put together. While it writes: `trie` (14.4), `forbidden` (14.5), `automaton`, `blocklist`,
`processor`.
"""

from course_lib.guardrails.blocklist import Blocklist
from course_lib.guardrails.calibration import Platt, area_and_calibration, brier, fit_platt, reliability
from course_lib.guardrails.decision import guard_decision
from course_lib.guardrails.forbidden import forbidden_tokens
from course_lib.guardrails.guardrail import PRICES, GuardrailVerdict, SafetyGuardrail, best_probe, default_guardrail
from course_lib.guardrails.intervals import Estimate, group_draws, over_groups
from course_lib.guardrails.processor import BlocklistProcessor, TimedProcessor, looker
from course_lib.guardrails.scorers import (
    KEYWORDS,
    Probe,
    fit_probe,
    fit_tfidf,
    keyword_scores,
    profanity_scores,
    sentiment_scores,
    states_of,
)
from course_lib.guardrails.sets import GuardPrompt, other_prompts, own_prompts
from course_lib.guardrails.spellings import spellings, write
from course_lib.guardrails.thresholds import choose_thresholds, cost_of, decisions, thresholds_by_costs, to_share
from course_lib.guardrails.trie import all_below, ends_of, token_trie
from course_lib.guardrails.words import holds_phrase, plain_phrase, plain_spacing

__all__ = [
    "KEYWORDS",
    "PRICES",
    "Blocklist",
    "BlocklistProcessor",
    "Estimate",
    "GuardPrompt",
    "GuardrailVerdict",
    "Platt",
    "Probe",
    "SafetyGuardrail",
    "TimedProcessor",
    "all_below",
    "area_and_calibration",
    "best_probe",
    "brier",
    "choose_thresholds",
    "cost_of",
    "decisions",
    "default_guardrail",
    "ends_of",
    "fit_platt",
    "fit_probe",
    "fit_tfidf",
    "forbidden_tokens",
    "group_draws",
    "guard_decision",
    "holds_phrase",
    "keyword_scores",
    "looker",
    "other_prompts",
    "over_groups",
    "own_prompts",
    "plain_phrase",
    "plain_spacing",
    "profanity_scores",
    "reliability",
    "sentiment_scores",
    "spellings",
    "states_of",
    "thresholds_by_costs",
    "to_share",
    "token_trie",
    "write",
]
