"""Which attribution method can be trusted? Ask them all where the answer is known.

Methods disagree, and on an ordinary model nobody can say which of them is right. An organism that was trained to turn on
certain words can settle it: a method that works puts those words on top. `methods` has the methods under audit, `cases`
the requests with their answer key, `scoring` counts hits against chance, `store` keeps scores so that an audit can be
stopped and go on, `result` says what may be said of the outcome.

What a high hit rate does not show: that the method finds a mechanism that nobody planted, or one that is spread over
many words. And a planted word may stand out for other reasons. The *control* therefore puts the same questions to the
default model, which has no mechanism; what a method finds there as well, it has not found in the mechanism (the thought
of Adebayo et al. 2018, arXiv:1810.03292, *Sanity Checks for Saliency Maps*).
"""

from course_lib.organisms.audit.cases import AUDITED, Case, Selection, choose_cases
from course_lib.organisms.audit.methods import METHODS, Method, Question, find_methods
from course_lib.organisms.audit.result import Audit
from course_lib.organisms.audit.scoring import MethodScore, chance, score_method
from course_lib.organisms.audit.store import ScoreStore, weights_of

__all__ = [
    "AUDITED",
    "METHODS",
    "Audit",
    "Case",
    "Method",
    "MethodScore",
    "Question",
    "ScoreStore",
    "Selection",
    "chance",
    "choose_cases",
    "find_methods",
    "score_method",
    "weights_of",
]
