"""Attention: where each position of a text looks, in every head of every layer, and what an average of that can say.

Read in this order: `weights` (how to get the numbers at all), `averages` (exercise 8.2), `sink` (why half of all
attention goes to the first token), `connections` (exercise 8.3), `summary` (the three together on one text). Then, for
every head: `layers` (long texts, one layer at a time), `entropy`, `roles` (previous token, induction, …), `pair` (one score,
dimension by dimension); across layers: `rollout`; across texts: `chat` (who speaks where), `baseline` and `anomaly`.

`evenness`, `repeats` and `alarm` are the plain versions that chapter 9 derives; `exchange` puts a pattern to the test: it gives
a head another one and looks whether the answer changes.

What no number in here can say is *why* the model answered as it did. A weight tells where a head looked; what it took
from there, and whether anything downstream used it, takes an intervention to find out (`course_lib.patching`). The
argument is old and unfinished: Jain and Wallace, *Attention is not Explanation* (2019, arXiv:1902.10186); Wiegreffe and
Pinter, *Attention is not not Explanation* (2019, arXiv:1908.04626).
"""

from course_lib.attention.alarm import attention_alarm
from course_lib.attention.anomaly import AttentionAnomaly, alarm_rate, attention_anomaly
from course_lib.attention.averages import mean_attention
from course_lib.attention.baseline import AttentionBaseline, attention_baseline
from course_lib.attention.chat import ChatSegments, chat_segments
from course_lib.attention.connections import strong_connections
from course_lib.attention.entropy import attention_entropy, even_entropy, mean_entropy, row_entropy, sink_by_head
from course_lib.attention.evenness import head_evenness
from course_lib.attention.exchange import even_pattern, exchange_effects, exchanged_attention, reordered_pattern
from course_lib.attention.layers import attention_layers
from course_lib.attention.pair import PairScore, pair_score
from course_lib.attention.repeats import repeat_scores
from course_lib.attention.roles import HeadRoles, head_roles, role_scores
from course_lib.attention.rollout import AttentionRollout, attention_rollout, rolled_out
from course_lib.attention.sink import sink_mass, uniform_sink_mass, without_sink
from course_lib.attention.summary import AttentionSummary, analyze_attention
from course_lib.attention.table import HeadTable
from course_lib.attention.weights import attention_weights

__all__ = [
    "AttentionAnomaly",
    "AttentionBaseline",
    "AttentionRollout",
    "AttentionSummary",
    "ChatSegments",
    "HeadRoles",
    "HeadTable",
    "PairScore",
    "alarm_rate",
    "analyze_attention",
    "attention_alarm",
    "attention_anomaly",
    "attention_baseline",
    "attention_entropy",
    "attention_layers",
    "attention_rollout",
    "attention_weights",
    "chat_segments",
    "even_entropy",
    "even_pattern",
    "exchange_effects",
    "exchanged_attention",
    "head_evenness",
    "head_roles",
    "mean_attention",
    "mean_entropy",
    "pair_score",
    "reordered_pattern",
    "repeat_scores",
    "role_scores",
    "rolled_out",
    "row_entropy",
    "sink_by_head",
    "sink_mass",
    "strong_connections",
    "uniform_sink_mass",
    "without_sink",
]
