"""Bias of a local model, measured: which groups does it treat differently, how sure is that, and who looks at the rest?

A single sentence in which a model says *she* of a nurse shows nothing that a coin could not. This package has what
turns it into a finding: the gap of two pronouns in the same sentence (`pronouns`, `measure`), texts that differ in
nothing but the group (`swap`, `decisions`), the association test for vectors (`embedding_test`, `encoder`, `words`),
p-values for forty tests at once (`multiple`), four detectors held against a planted bias (`detectors`), benchmark
pairs with their control (`stereotypes`), and people: do reviewers agree (`agreement`)?
"""

from course_lib.bias.agreement import alpha_interval, krippendorff_alpha
from course_lib.bias.decisions import Decision, load_decisions, yes_log_odds
from course_lib.bias.detectors import (
    NAMING,
    associations,
    by_association,
    by_names,
    by_occupation,
    by_pronouns,
    detect,
    gap_table,
    halves,
)
from course_lib.bias.embedding_test import random_deals, weat
from course_lib.bias.encoder import in_a_frame, sentence_vectors
from course_lib.bias.groups import Separation, correlation, separation
from course_lib.bias.measure import BiasResult, measure_bias, shuffled, summarise
from course_lib.bias.multiple import adjust_p_values
from course_lib.bias.pronouns import pronoun_gap
from course_lib.bias.stereotypes import StereotypePair, leads, stereotype_pairs
from course_lib.bias.swap import BEGINNERS, PAIRS, swap_gender
from course_lib.bias.words import SHARES_SOURCE, WeatLists, labour_shares, weat_lists, word_vectors

__all__ = [
    "BEGINNERS",
    "NAMING",
    "PAIRS",
    "SHARES_SOURCE",
    "BiasResult",
    "Decision",
    "Separation",
    "StereotypePair",
    "WeatLists",
    "adjust_p_values",
    "alpha_interval",
    "associations",
    "by_association",
    "by_names",
    "by_occupation",
    "by_pronouns",
    "correlation",
    "detect",
    "gap_table",
    "halves",
    "in_a_frame",
    "krippendorff_alpha",
    "labour_shares",
    "leads",
    "load_decisions",
    "measure_bias",
    "pronoun_gap",
    "random_deals",
    "sentence_vectors",
    "separation",
    "shuffled",
    "stereotype_pairs",
    "summarise",
    "swap_gender",
    "weat",
    "weat_lists",
    "word_vectors",
    "yes_log_odds",
]
