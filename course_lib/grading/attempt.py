"""Runs the program of one submission in the sandbox, and goes on behind whatever stops it.

A cell that never ends must not cost the answers behind it. When the sandbox had to stop a submission at some step, the
program is started again without that step, up to a number of times; what was taken already is not taken twice. When
an answer misses a name, because it depended on a cell in a way that cannot be seen in the source, the complete notebook
is run once.

All answers get their hidden cases in one process, at its end, because a process for each costs more than most answers. An
answer that fails there and nowhere else is taken again by itself, with nothing run behind it (`take_again`): so whatever
other answers have left behind, it costs nobody a mark.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from course_lib.checks.exercise import Exercise
from course_lib.grading.judge import Taken, outcome_of
from course_lib.grading.limits import Limits
from course_lib.grading.plain import encode
from course_lib.grading.program import Cell, Program, Step, Take
from course_lib.grading.sandbox import Ended, Sandbox

STARTS = 6
LOST_NAMES = ("NameError", "UnboundLocalError", "AttributeError", "KeyError", "ImportError", "ModuleNotFoundError")
OUT_OF_CPU, KILLED = 128 + 24, 128 + 9
FROM_OUTSIDE = (KILLED, -9)  # the submission's process, or the one that keeps it, was killed


@dataclass
class Answers:
    """What came out of one submission.

    Attributes:
        taken: by exercise or question.
        said: how it ran, one sentence for each thing that was stopped.
        inside: seconds in which its cells and cases ran, as the sandbox says.
        inside_cpu: CPU seconds of them, likewise.
        cpu: CPU seconds of its processes altogether, from fork to end.
    """

    taken: dict[str, Taken]
    said: list[str] = field(default_factory=list)
    inside: float = 0.0
    inside_cpu: float = 0.0
    cpu: float = 0.0

    def replaced(self, again: Answers, items: Iterable[str]) -> None:
        """Take some answers from another run, and add what it cost."""
        self.taken.update({item: again.taken[item] for item in items if item in again.taken})
        self.said.extend(text for text in again.said if text not in self.said)
        self.inside += again.inside
        self.inside_cpu += again.inside_cpu
        self.cpu += again.cpu


@dataclass(frozen=True)
class Cases:
    """The cases of one exercise, encoded once for a class.

    Attributes:
        shown: the frame of those that learners see.
        hidden: the frame of the others.
        visible: how many learners see.
        count: how many there are.
    """

    shown: bytes
    hidden: bytes
    visible: int
    count: int


def encoded_cases(exercises: Mapping[str, Exercise], visible: Mapping[str, int]) -> dict[str, Cases]:
    """The cases of exercises.

    Args:
        exercises: by id, with all cases in `visible`.
        visible: how many of those learners see, by id.
    """
    found = {}
    for item, exercise in exercises.items():
        cases, most = [case.arguments for case in exercise.visible], visible[item]
        found[item] = Cases(encode(cases[:most]), encode(cases[most:]), most, len(cases))
    return found


def take_answers(sandbox: Sandbox, program: Program, cases: Mapping[str, Cases], limits: Limits) -> Answers:
    """Run a program and take the answers.

    Args:
        sandbox: a warm one.
        program: of the submission.
        cases: by exercise.
        limits: of the submission.

    Raises:
        SandboxDied: the warm process has ended; the submission is as it was.
    """
    return _with_lost_names(sandbox, program, cases, limits, None)


def take_again(
    sandbox: Sandbox, program: Program, cases: Mapping[str, Cases], limits: Limits, items: Iterable[str]
) -> Answers:
    """Take some answers once more, each in a run of its own in which no other is called and nothing is run behind it.

    Args:
        sandbox: a warm one.
        program: of the submission.
        cases: by exercise.
        limits: of all these runs together.
        items: the exercises.

    Raises:
        SandboxDied: the warm process has ended; the submission is as it was.
    """
    begin, found = time.monotonic(), Answers({})
    for item in items:
        found.replaced(_with_lost_names(sandbox, program, cases, _left(limits, begin), item), [item])
    return found


def _with_lost_names(
    sandbox: Sandbox, program: Program, cases: Mapping[str, Cases], limits: Limits, only: str | None
) -> Answers:
    begin = time.monotonic()
    found = _Run(sandbox, program.steps, cases, limits, only).go()
    lost = {item for item, taken in found.taken.items() if _lost_a_name(taken)}
    if lost and program.complete != program.steps:
        found.replaced(_Run(sandbox, program.complete, cases, _left(limits, begin), only).go(), lost)
    return found


def _left(limits: Limits, begin: float) -> Limits:
    """The limits of what follows something that began then."""
    return replace(limits, total_seconds=max(1.0, limits.total_seconds - (time.monotonic() - begin)))


def _lost_a_name(taken: Taken) -> bool:
    if not taken.found and not taken.stopped:
        return not taken.cell_error.startswith("NotImplementedError")
    return any(type(outcome.error).__name__ in LOST_NAMES for outcome in taken.outcomes)


class _Run:
    """One program on its way, over as many starts as it needs."""

    def __init__(
        self,
        sandbox: Sandbox,
        steps: Sequence[Step],
        cases: Mapping[str, Cases],
        limits: Limits,
        only: str | None,
    ) -> None:
        self.sandbox, self.cases = sandbox, cases
        self.steps = steps if only is None else _up_to(steps, only)
        self.limits, self.end = limits, time.monotonic() + limits.total_seconds
        self.taken = {step.item: Taken() for step in self.steps if isinstance(step, Take)}
        self.skip: set[int] = set()
        self.found = Answers(self.taken)
        self.at = -1
        self.spared = False

    def go(self) -> Answers:
        """Run until the end, or until nothing is left to try."""
        for _ in range(STARTS):
            self.at = -1
            ended = self._once()
            if ended.how == "done":
                return self.found
            if ended.how == "died" and ended.code in FROM_OUTSIDE and not self.spared:
                self.spared = True  # it may have been the machine's doing; once more, then it was the submission's
                continue
            self._stopped_at(self.at, _why(ended))
            if time.monotonic() >= self.end:
                break
        late = time.monotonic() >= self.end
        for number, step in enumerate(self.steps):
            if isinstance(step, Take) and number not in self.skip:
                self.taken[step.item].stopped = self.taken[step.item].stopped or ("timeout" if late else "killed")
        return self.found

    def _once(self) -> Ended:
        limits = replace(self.limits, total_seconds=max(1.0, self.end - time.monotonic()))
        for event in self.sandbox.run(self._job(), limits):
            if isinstance(event, Ended):
                self.found.cpu += event.cpu
                return event
            self._hear(event)
        raise AssertionError("a job ends with an Ended")

    def _job(self) -> dict[str, Any]:
        steps = [
            ("cell", step.name, step.source) if isinstance(step, Cell) else ("take", step.item, step.variable)
            for step in self.steps
        ]
        wanted = {
            step.item for number, step in enumerate(self.steps) if isinstance(step, Take) and number not in self.skip
        }
        asked = {item: self.cases[item] for item in wanted if item in self.cases}
        shown, hidden = ({item: getattr(one, kind) for item, one in asked.items()} for kind in ("shown", "hidden"))
        return {"steps": steps, "skip": sorted(self.skip), "cases": shown, "hidden": hidden}

    def _hear(self, event: dict[str, Any]) -> None:
        """One message. It may be forged by the submission: then it harms its own answers, and no others."""
        number = event.get("step")
        if type(number) is not int or not 0 <= number < len(self.steps) or number in self.skip:
            return
        step, kind = self.steps[number], event["event"]
        self.found.inside += _seconds(event.get("seconds"))
        self.found.inside_cpu += _seconds(event.get("cpu"))
        if kind == "begin":
            self.at = number
        elif event.get("late") is True and not self._is_hidden(step, event):
            return  # learners would see it, and by now it may tell of hidden cases
        elif isinstance(step, Cell):
            if kind == "cell":
                self._hear_cell(step, event)
        elif kind == "case" and step.item in self.cases:
            self._hear_case(step, number, event)
        elif kind in ("missing", "value", "no function", "unwritten"):
            taken = self.taken[step.item]
            taken.stopped = "unwritten" if kind == "unwritten" else taken.stopped
            taken.found = kind == "value" and step.item not in self.cases
            taken.value = event.get("value") if taken.found else None
            taken.kind = str(event.get("type", ""))[:40] if kind == "no function" else ""
            self.skip.add(number)

    def _is_hidden(self, step: Step, event: dict[str, Any]) -> bool:
        """Whether this is what a hidden case gave."""
        case = event.get("case")
        known = isinstance(step, Take) and step.item in self.cases and event["event"] == "case"
        return known and type(case) is int and case >= self.cases[step.item].visible

    def _hear_cell(self, step: Cell, event: dict[str, Any]) -> None:
        error, output = event.get("error"), event.get("output")
        for item in [step.item] if step.item in self.taken else []:
            self.taken[item].cell_error = error if type(error) is str else ""
            self.taken[item].output = output if type(output) is str else ""

    def _hear_case(self, step: Take, number: int, event: dict[str, Any]) -> None:
        taken, cases = self.taken[step.item], self.cases[step.item]
        if event.get("case") != len(taken.outcomes):
            return
        taken.found = True
        taken.outcomes.append(outcome_of(event))
        output = event.get("output")
        if len(taken.outcomes) <= cases.visible and type(output) is str:
            taken.output = (taken.output + output)[: self.limits.output]
        if len(taken.outcomes) == cases.count:
            self.skip.add(number)

    def _stopped_at(self, number: int, why: str) -> None:
        """Leave the step out at the next start, and say what happened."""
        if not 0 <= number < len(self.steps):
            self.skip |= set(range(len(self.steps)))
            for taken in self.taken.values():
                taken.stopped = taken.stopped or ("" if taken.found else why)
            return
        step = self.steps[number]
        self.skip.add(number)
        if isinstance(step, Take):
            self.taken[step.item].stopped = why
            return
        if step.item in self.taken:
            self.taken[step.item].stopped = why
            self.skip |= {
                place for place, other in enumerate(self.steps) if isinstance(other, Take) and other.item == step.item
            }
        self.found.said.append(f"Cell {step.name} was stopped ({why}) and left out.")

    # An answer that was begun and stopped keeps nothing of what it had: `stopped` outranks the outcomes.


def _up_to(steps: Sequence[Step], item: str) -> list[Step]:
    """A program up to where one answer is taken, in which no other is."""
    found: list[Step] = []
    for step in steps:
        if isinstance(step, Cell) or step.item == item:
            found.append(step)
        if isinstance(step, Take) and step.item == item:
            break
    return found


def _seconds(value: Any) -> float:
    return value if type(value) is float and 0 <= value < 1e6 else 0.0


def _why(ended: Ended) -> str:
    """In one word, why a job did not reach its end."""
    if ended.how == "timeout" or ended.code == OUT_OF_CPU:
        return "timeout"
    if ended.how == "died" and ended.code == KILLED:
        return "memory"
    return "killed"
