"""Jailbreaks and defences: how often a refusal is talked away, and what each defence costs.

`success`, `consistency`, `perplexity`, `coordinate` and `smoothing` hold the five methods of chapter 5, one in each;
`families` wraps the course's own requests in the ways that published attacks do; `measured` says which prompts are
asked and how their verdicts are read; `stored` and `kept_surprises` keep what was measured on thousands of prompts;
`search` takes several steps toward a harmless target; `wild` looks at jailbreaks that people wrote.
"""

from course_lib.robustness.consistency import consistency, kappa_of
from course_lib.robustness.coordinate import coordinate_step
from course_lib.robustness.families import FAMILIES, Family, parts_of, perturbed, plain_requests, reworded
from course_lib.robustness.kept_surprises import kept_surprises
from course_lib.robustness.perplexity import perplexity_filter, surprises, threshold_of
from course_lib.robustness.search import Search, shipped_searches, suffix_search
from course_lib.robustness.smoothing import smoothed_rates
from course_lib.robustness.stored import verdicts
from course_lib.robustness.success import attack_success

__all__ = [
    "FAMILIES",
    "Family",
    "Search",
    "attack_success",
    "consistency",
    "coordinate_step",
    "kappa_of",
    "kept_surprises",
    "parts_of",
    "perplexity_filter",
    "perturbed",
    "plain_requests",
    "reworded",
    "shipped_searches",
    "smoothed_rates",
    "suffix_search",
    "surprises",
    "threshold_of",
    "verdicts",
]
