"""What an exercise is: a task with an answer key that knows the usual mistakes.

An automatic check that answers "wrong" teaches nothing. A check that answers "your numbers are what one gets by
averaging over the batch in place of the heads" does. To say that, the check keeps *named wrong solutions* beside the
reference: functions that make one known mistake each. When an answer is wrong, its results are laid beside theirs; the
one that agrees gives the message. The idea that real slips can be described as small mutants of a right solution is
from Clegg, McMinn and Fraser (2021).

Everything a case passes to the learner's function is plain data (numbers, strings, bytes, tensors, and lists and
dictionaries of them), except models, which are passed as a `ModelHandle`: a name that whoever runs the case turns into a
loaded model. That is what lets the same case run in the learner's own kernel and in a grader's sandbox.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class ModelHandle:
    """A model by name, as `load_model` takes it; resolved where the case runs."""

    name: str = "default"


@dataclass(frozen=True)
class Case:
    """One call of the learner's function.

    Attributes:
        name: what is special about it, as the learner reads it: "three target tokens".
        arguments: positional arguments; models as `ModelHandle`.
    """

    name: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Mistake:
    """A named wrong solution.

    Attributes:
        name: two or three words, for tables: "layers and batch".
        function: the wrong solution, with the exercise's signature.
        message: what the learner reads: which mistake it is, and where to look. It never contains the solution.
    """

    name: str
    function: Callable[..., Any]
    message: str


@dataclass(frozen=True)
class Exercise:
    """One autograded exercise. The same id stands in the notebook, the tests, the report and the gradebook.

    Attributes:
        id: "8.1": chapter, then number.
        title: a few words.
        points: what it is worth.
        difficulty: 1 (read and run) to 5 (an afternoon).
        minutes: for somebody who meets the topic for the first time.
        reference: where the library's function is, "package.module:name"; its name and signature are the exercise's.
        returns: one sentence, what the function returns.
        example: one worked example (Markdown).
        hints: three stages: nudge, approach, near-code (Markdown).
        why: why this matters to somebody who runs a model on their own machine.
        visible: the cases that learners see.
        hidden: makes further cases from a seed; a class has its own.
        mistakes: the named wrong solutions, most specific first.
        alternatives: other right solutions, which the check must accept.
        rtol: relative tolerance of numbers.
        atol: absolute tolerance of numbers.
        tolerance_reason: why these tolerances.
        sealed_parts: for exercises whose expected result would give a secret away: what the entries of the result are
            called. The report then names the entry that is not right, and shows nothing of what was expected.
        also_withheld: other functions of the library that give the same result, "package.module:name"; like the reference
            they are not there for learner code while a class is graded.
        not_withheld: why the reference stays there all the same, "" for the usual case that it does not: other answers
            of the chapter use a part of the library that rests on it.
    """

    id: str
    title: str
    points: int
    difficulty: int
    minutes: int
    reference: str
    returns: str
    example: str
    hints: tuple[str, str, str]
    why: str
    visible: tuple[Case, ...]
    hidden: Callable[[int], tuple[Case, ...]]
    mistakes: tuple[Mistake, ...]
    alternatives: tuple[Callable[..., Any], ...] = field(repr=False)
    rtol: float = 1e-4
    atol: float = 1e-4
    tolerance_reason: str = "sums of float32 numbers in another order differ by about 1e-5"
    sealed_parts: tuple[str, ...] = ()
    also_withheld: tuple[str, ...] = ()
    not_withheld: str = ""

    @property
    def chapter(self) -> int:
        """The chapter it belongs to."""
        return int(self.id.split(".")[0])

    @property
    def function(self) -> str:
        """The name that the learner defines."""
        return self.reference.rpartition(":")[2]

    @cached_property
    def reference_function(self) -> Callable[..., Any]:
        """The library's function."""
        module, _, name = self.reference.partition(":")
        function: Callable[..., Any] = getattr(import_module(module), name)
        return function
