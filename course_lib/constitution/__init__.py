"""Written principles as a target: critique, revise, judge, prefer, train, and measure both sides.

`principles` holds the constitution. `prompts` and `revise` are the first half of the method of Bai et al. (2022), with a model of
135 million parameters; `judge` asks that model which of two answers is better, and what its place does. `pairs` and
`dataset` make preferences from principles, `batch` and `training` an adapter from preferences (with TRL); `measure` and
`trade` say what came of it, on harmful requests and on harmless ones.

    from course_lib import load_model
    from course_lib.constitution import load_adapted, quick_check
    print(quick_check(load_adapted(load_model("default"), "principles")))
"""

from course_lib.constitution.adapters import folder_of, load_adapted
from course_lib.constitution.batch import preference_batch
from course_lib.constitution.judge import corrected_preference
from course_lib.constitution.measure import Behaviour, behaviour, stored_behaviour
from course_lib.constitution.pairs import principle_pairs
from course_lib.constitution.principles import Principle, constitution
from course_lib.constitution.prompts import revision_prompt
from course_lib.constitution.quick import QuickCheck, quick_check
from course_lib.constitution.trade import before_after

__all__ = [
    "Behaviour",
    "Principle",
    "QuickCheck",
    "before_after",
    "behaviour",
    "constitution",
    "corrected_preference",
    "folder_of",
    "load_adapted",
    "preference_batch",
    "principle_pairs",
    "quick_check",
    "revision_prompt",
    "stored_behaviour",
]
