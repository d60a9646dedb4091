"""Answers on their way from a machine that ran a submission to the one that gives the marks.

What came out of a sandbox is taken apart into plain data again (`plain`) and put together where it is compared. So the
references and the known mistakes are computed once for a class, in the process that compares, and not once more in each
worker of a cluster; and a worker needs no model outside its sandbox.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from course_lib.checks.runner import Outcome
from course_lib.grading.attempt import Answers
from course_lib.grading.judge import Taken, exception
from course_lib.grading.plain import NotPlain, decode, encode, other


@dataclass(frozen=True)
class Parcel:
    """One submission's answers as bytes.

    Attributes:
        answers: by exercise or question: what is known of it, then each outcome.
        said: as in `Answers`.
        warnings: what was noticed while the submission was laid over the release.
        clocks: seconds of everything, of its own cells and cases, and the same in CPU seconds.
    """

    answers: tuple[tuple[str, bytes, tuple[bytes, ...]], ...]
    said: tuple[str, ...]
    warnings: tuple[str, ...]
    clocks: tuple[float, float, float, float]


def pack(answers: Answers, warnings: tuple[str, ...], seconds: float, cpu: float) -> Parcel:
    """Answers as bytes.

    Example:
        >>> found = Answers({"1.1": Taken([Outcome(2), Outcome(error=KeyError("k"))], found=True)})
        >>> unpack(pack(found, (), 1.0, 0.5)).taken["1.1"].outcomes[1].error
        KeyError('k')
    """
    taken = tuple(
        (item, _taken(one), tuple(_outcome(outcome) for outcome in one.outcomes)) for item, one in answers.taken.items()
    )
    return Parcel(taken, tuple(answers.said), warnings, (seconds, answers.inside, cpu, answers.inside_cpu))


def unpack(parcel: Parcel) -> Answers:
    """The answers of a parcel."""
    taken = {}
    for item, head, outcomes in parcel.answers:
        taken[item] = Taken([_read_outcome(one) for one in outcomes], **decode(head))
    return Answers(taken, list(parcel.said), parcel.clocks[1], parcel.clocks[3], parcel.clocks[2])


def _taken(one: Taken) -> bytes:
    known = {name: getattr(one, name) for name in ("stopped", "found", "kind", "cell_error", "output")}
    return _encoded(known, one.value)


def _outcome(one: Outcome) -> bytes:
    error = None
    if one.error is not None:
        error = [type(one.error).__name__, str(one.error.args[0]) if one.error.args else ""]
    return _encoded({"error": error, "line": one.line, "side_effect": one.side_effect, "stderr": one.stderr}, one.value)


def _encoded(known: dict[str, Any], value: Any) -> bytes:
    try:
        return encode({**known, "value": value})
    except NotPlain as error:
        return encode({**known, "value": other(f"{type(value).__name__} {error}")})


def _read_outcome(frame: bytes) -> Outcome:
    found = decode(frame)
    error = found.pop("error")
    return Outcome(error=None if error is None else exception(*error), **found)
