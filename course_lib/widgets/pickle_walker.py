"""Walk through a pickle, one instruction at a time, and see what lies on the stack. Nothing is loaded.

A list of instructions is hard to read because their effects are not in it. Here the stack and the memo are drawn beside each
instruction, as they would be if it ran, and what would be fetched or called is said in words.

The pitfall is to look for the dangerous string. Look at the instruction that fetches, and at what lies on top then.

Two controls with labels, a menu and a slider; both work from the keyboard. A notebook executed without a browser keeps the text
of the first state.
"""

from __future__ import annotations

import pickletools
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from course_lib.errors import CourseError
from course_lib.widgets.explorer import Explorer

MARK = "("
LONGEST = 40
WORDS = {
    "PROTO": "says which protocol follows",
    "FRAME": "says how many bytes belong together",
    "STOP": "ends; what lies on top is the result",
    "REDUCE": "CALLS what lies below with the tuple on top",
    "NEWOBJ": "makes an object of the class below",
    "BUILD": "hands the object its state",
    "POP": "throws away what lies on top",
    "MARK": "puts a mark on the stack",
    "MEMOIZE": "notes what lies on top in the memo",
    "DUP": "copies what lies on top",
}


@dataclass(frozen=True)
class Step:
    """One instruction and what lies there behind it.

    Attributes:
        opcode: the instruction's name.
        argument: its argument, short; "" where it has none.
        says: what it does, in words.
        stack: from bottom to top, short texts.
        memo: what is noted, by number.
    """

    opcode: str
    argument: str
    says: str
    stack: tuple[str, ...]
    memo: dict[int, str]


def walk(pickle: bytes) -> list[Step]:
    """Every instruction of one pickle, with stack and memo as they would be behind it.

    Example:
        >>> import pickle
        >>> [step.opcode for step in walk(pickle.dumps((1, 2), protocol=2))]
        ['PROTO', 'BININT1', 'BININT1', 'TUPLE2', 'BINPUT', 'STOP']
        >>> walk(pickle.dumps((1, 2), protocol=2))[3].stack
        ('a tuple',)
    """
    steps: list[Step] = []
    stack: list[str] = []
    memo: dict[int, str] = {}
    try:
        for opcode, argument, _ in pickletools.genops(pickle):
            says = _apply(opcode, argument, stack, memo)
            shown = "" if argument is None else _short(repr(argument))
            steps.append(Step(opcode.name, shown, says, tuple(stack), dict(memo)))
    except (ValueError, IndexError):
        steps.append(Step("(breaks off)", "", "cannot be read; what stands above has run by then", tuple(stack), memo))
    return steps


def _apply(opcode: Any, argument: Any, stack: list[str], memo: dict[int, str]) -> str:
    """Let one instruction act on stack and memo; what it does, in words."""
    name = opcode.name
    if name in ("MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT"):
        memo[len(memo) if name == "MEMOIZE" else int(argument)] = stack[-1]
        return WORDS["MEMOIZE"]
    taken = [kind.name for kind in opcode.stack_before]
    pushed = [f"a {kind.name}" if kind.name != "any" else "something" for kind in opcode.stack_after]
    says = WORDS.get(name, "puts a value on the stack" if pushed else "")
    if name in ("GLOBAL", "INST", "STACK_GLOBAL"):
        fetched = argument.replace(" ", ".") if argument else ".".join(part.strip("'") for part in stack[-2:])
        says, pushed = f"FETCHES {fetched}", [f"⟨{fetched}⟩"]
    elif name == "REDUCE":
        says, pushed = f"CALLS {stack[-2]} with {stack[-1]}", [f"what {stack[-2]} returns"]
    elif name == "MARK":
        pushed = [MARK]
    elif name == "DUP":
        pushed = stack[-1:] * 2
    elif "GET" in name:
        pushed = [memo.get(int(argument), "something")]
        says = "takes out of the memo"
    elif argument is not None and pushed:
        pushed = [_short(repr(argument))]
    elif name in ("TUPLE1", "TUPLE2", "TUPLE3"):
        pushed = [f"({', '.join(stack[-len(taken) :])})"] if name == "TUPLE1" else pushed
    if "mark" in taken and MARK in stack:
        del stack[len(stack) - 1 - stack[::-1].index(MARK) :]
        taken = taken[: taken.index("mark")]
    del stack[max(0, len(stack) - len(taken)) :]
    stack += pushed
    return says


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


class PickleWalker(Explorer):
    """One pickle, one instruction.

    Attributes:
        pickles: the pickles by name.
        name, place: what is shown now; set them by `show`.
    """

    kind = "pickle"

    def __init__(self, pickles: Mapping[str, bytes], place: int = 0) -> None:
        self.pickles = dict(pickles)
        self.name = next(iter(self.pickles))
        self.steps = walk(self.pickles[self.name])
        self.place = min(place, len(self.steps) - 1)

    def text(self) -> str:
        """What is shown now, in words."""
        step = self.steps[self.place]
        memo = ", ".join(f"{number}: {value}" for number, value in step.memo.items()) or "empty"
        return (
            f"{self.name}, instruction {self.place + 1} of {len(self.steps)}: {step.opcode} {step.argument}".rstrip()
            + f"\n{step.says}\nstack (top on the right): {' | '.join(step.stack) or 'empty'}\nmemo: {memo}"
        )

    def show(self, name: str, place: int) -> None:
        """Show another state, as the controls do; `place` is cut to what the pickle has."""
        self.controls["pickle"].value = name
        self.controls["instruction"].value = min(place, len(self.steps) - 1)

    def frame(self) -> str:
        """The state as HTML: the instructions around the current one, then stack and memo."""
        around = range(max(0, self.place - 3), min(len(self.steps), self.place + 4))
        lines = []
        for place in around:
            step = self.steps[place]
            line = escape(f"{place + 1:3d} {step.opcode} {step.argument}")
            lines.append(f"<b>→ {line}</b>" if place == self.place else f"  {line}")
        return (
            f"<pre style='margin:.3em 0'>{'<br>'.join(lines)}</pre>"
            f"<p role='status' style='white-space:pre-wrap'>{escape(self.text())}</p>"
        )

    def make_controls(self) -> dict[str, Any]:
        """The two controls by name."""
        import ipywidgets

        wide = {"description_width": "80px"}
        controls: dict[str, Any] = {
            "pickle": ipywidgets.Dropdown(
                options=list(self.pickles), value=self.name, description="Pickle", style=wide
            ),
            "instruction": ipywidgets.IntSlider(
                value=self.place, min=0, max=len(self.steps) - 1, description="Instruction", style=wide
            ),
        }
        return controls

    def take(self) -> None:
        if self.controls["pickle"].value != self.name:
            self.name = self.controls["pickle"].value
            self.steps = walk(self.pickles[self.name])
            self.controls["instruction"].max = len(self.steps) - 1  # lowers the value where it has become too large
        self.place = self.controls["instruction"].value


def walk_pickle(pickles: Mapping[str, bytes], place: int = 0) -> PickleWalker:
    """A slider along the instructions of each pickle; put it on the last line of a cell.

    Args:
        pickles: the bytes of each, by name; they are taken apart and never loaded.
        place: the instruction to begin with, from 0.

    Raises:
        CourseError: there is no pickle.

    Example:
        >>> import pickle
        >>> print(walk_pickle({"a pair": pickle.dumps((1, 2), protocol=2)}, 1))
        a pair, instruction 2 of 6: BININT1 1
        puts a value on the stack
        stack (top on the right): 1
        memo: empty
    """
    if not pickles:
        raise CourseError("There is no pickle to walk through.", "Give at least one, by name.")
    return PickleWalker(pickles, place)
