"""Attention: where each position of a text looks, in every head of every layer, and what an average of that can say.

Read in this order: `weights` (how to get the numbers at all), `averages` (exercise 8.2), `sink` (why half of all
attention goes to the first token), `connections` (exercise 8.3), `summary` (the three together on one text).

What no number in here can say is *why* the model answered as it did. A weight tells where a head looked; what it took
from there, and whether anything downstream used it, takes an intervention to find out (`course_lib.patching`). The
argument is old and unfinished: Jain and Wallace, *Attention is not Explanation* (2019, arXiv:1902.10186); Wiegreffe and
Pinter, *Attention is not not Explanation* (2019, arXiv:1908.04626).
"""

from course_lib.attention.averages import mean_attention
from course_lib.attention.connections import strong_connections
from course_lib.attention.sink import sink_mass, uniform_sink_mass
from course_lib.attention.summary import AttentionSummary, analyze_attention
from course_lib.attention.weights import attention_weights

__all__ = [
    "AttentionSummary",
    "analyze_attention",
    "attention_weights",
    "mean_attention",
    "sink_mass",
    "strong_connections",
    "uniform_sink_mass",
]
