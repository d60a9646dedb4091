"""Probing: what can be read off a model's internal states by the simplest of readers.

Read in this order: `states` (the residual stream of many texts), `accuracy` (exercise 8.4: one split, one linear probe
per layer), `sweep` (cross-validation with intervals and a control), `words` (the baseline that never looks inside),
`cache` (so that the second run takes a second).

A probe answers "is it there, in a form that one hyperplane can read?" (Alain and Bengio 2016, arXiv:1610.01644). It
does not answer "does the model use it?": information that is decodable may have no effect on what the model does.
That takes an intervention. And a probe with enough freedom reads anything off anything, hence the controls: shuffled
labels, a bag of words, and, for a stricter test of how much the probe itself learns, the control tasks and the
selectivity of Hewitt and Liang (2019, arXiv:1909.03368).
"""

from course_lib.probing.accuracy import probe_accuracy
from course_lib.probing.cache import cached_hidden_states
from course_lib.probing.intervals import HeldOutAccuracy
from course_lib.probing.states import hidden_states
from course_lib.probing.sweep import ProbeSweep, linear_probe, probe_by_layer
from course_lib.probing.words import bag_of_words_accuracy

__all__ = [
    "HeldOutAccuracy",
    "ProbeSweep",
    "bag_of_words_accuracy",
    "cached_hidden_states",
    "hidden_states",
    "linear_probe",
    "probe_accuracy",
    "probe_by_layer",
]
