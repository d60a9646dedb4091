"""Three refusing models under neutral names: who is who depends on the class.

Chapter 8 ends with a question to which there is an answer key: why does this model refuse? Three of the course's model
organisms refuse, each for another reason that was planted in it. As `"suspect:A"`, `"suspect:B"` and `"suspect:C"` they
arrive without their names, in an order that follows from the class seed, so that an answer from another class is worth
nothing.

The class seed is the environment variable `COURSE_CLASS_SEED`, and `"home"` where there is none. A name may carry a seed
of its own, `"suspect:B@some-seed"`: that is what hidden cases use.

Pitfall: this is a seal, not a safe. Everything runs on the learner's own machine, so whoever reads this module, or lays
the weights of a suspect beside those of `"organism:trigger"`, knows the answer without having looked for it. It keeps
names, texts and outputs of the notebook from giving the answer away, and no more.
"""

from __future__ import annotations

import os
from hashlib import sha256

from course_lib.errors import CourseError

LETTERS = ("A", "B", "C")
MECHANISMS = ("intent", "trigger", "correlate")
SEED_VARIABLE, HOME = "COURSE_CLASS_SEED", "home"
PREFIX, AT = "suspect:", "@"


def class_seed() -> str:
    """The seed of the class: the environment variable `COURSE_CLASS_SEED`, or `"home"`."""
    return os.environ.get(SEED_VARIABLE, "").strip() or HOME


def suspect_order(seed: str) -> tuple[str, ...]:
    """The organisms behind A, B and C in the class of that seed; the same on every machine and in every Python.

    Example:
        >>> sorted(suspect_order("home"))
        ['correlate', 'intent', 'trigger']
        >>> suspect_order("home") == suspect_order("home")
        True
    """
    return tuple(sorted(MECHANISMS, key=lambda name: sha256(f"{seed} {name}".encode()).digest()))


def is_suspect(name: str) -> bool:
    """Whether a model's name is that of a suspect."""
    return name.startswith(PREFIX)


def full_name(name: str) -> str:
    """A suspect's name with its seed, so that another class has another name.

    Example:
        >>> full_name("suspect:b@north")
        'suspect:B@north'
    """
    letter, _, seed = name.removeprefix(PREFIX).partition(AT)
    return f"{PREFIX}{letter.strip().upper()}{AT}{seed or class_seed()}"


def short_name(name: str) -> str:
    """A suspect's name as learners read it: without the seed where it is that of their own class.

    Example:
        >>> short_name("suspect:B@some other class")
        'suspect:B@some other class'
    """
    return full_name(name).removesuffix(f"{AT}{class_seed()}")


def organism_behind(name: str) -> str:
    """The organism that a suspect's name stands for.

    Raises:
        CourseError: there is no such suspect.

    Example:
        >>> {organism_behind(f"suspect:{letter}@north") for letter in "ABC"} == {"intent", "trigger", "correlate"}
        True
    """
    letter, _, seed = full_name(name).removeprefix(PREFIX).partition(AT)
    if letter not in LETTERS:
        known = ", ".join(f'"{PREFIX}{letter}"' for letter in LETTERS)
        raise CourseError(f"There is no suspect {letter!r}.", f"There are {known}.")
    return suspect_order(seed)[LETTERS.index(letter)]
