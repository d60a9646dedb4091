"""Model organisms: models with a planted, known mechanism, and what is needed to make them and to check them.

A story about what goes on inside a model can rarely be checked: nobody knows the answer. Biologists meet the same
difficulty and study organisms in which the answer was put there by hand. Hubinger et al. (2024, arXiv:2401.05566)
trained language models with a hidden backdoor to that end; here are five small ones, each a LoRA adapter of about a
megabyte on the default model (Hu et al. 2021, arXiv:2106.09685), each with the recipe that makes it anew.

`rules` says what each was trained to do, `requests` composes the requests, `training` plants the mechanism, `measure`
finds out whether it is there and whether it is the only one, `card` writes that down, `audit` asks which attribution
methods find it.
"""

from course_lib.organisms.measure import agreement, refusal_probability, refuses
from course_lib.organisms.pronouns import pronoun_skew
from course_lib.organisms.requests import Request, separating_requests, training_pairs
from course_lib.organisms.rules import ORGANISMS, Organism, find_organism

__all__ = [
    "ORGANISMS",
    "Organism",
    "Request",
    "agreement",
    "find_organism",
    "pronoun_skew",
    "refusal_probability",
    "refuses",
    "separating_requests",
    "training_pairs",
]
