"""The help under a check: three hints and the reference answer, each one press away.

Help that is hard to find is not used, and help that nobody remembers having used tells no one anything. So the hints stand
where the trouble is, under the check, as buttons in their order (nudge, approach, near-code), and each press is noted in
the learner's own record of progress (`course_lib.progress`). That record stays on the machine and is no mark.

The buttons are ordinary buttons: Tab reaches them, Enter or Space presses them, and what appears below them is text.
Where widgets are not shown (a terminal, some viewers), `hint("8.1", 2)` and `reveal("8.1")` do the same.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

from course_lib.checks.exercise import Exercise
from course_lib.progress import note

STAGES = ("a nudge", "the approach", "almost the code")


class Shown(str):
    """Markdown that a notebook renders and a terminal prints."""

    __slots__ = ()

    def _repr_markdown_(self) -> str:
        return str(self)

    __repr__ = str.__str__


def hint_text(exercise: Exercise, stage: int) -> Shown:
    """The hint of a stage (1 to 3), noted as used."""
    note(exercise.id, "hint", str(stage))
    return Shown(exercise.hints[stage - 1])


def answer_text(exercise: Exercise) -> Shown:
    """The reference answer, noted as shown."""
    note(exercise.id, "answer")
    return Shown(f"```python\n{inspect.getsource(exercise.reference_function)}```")


def help_panel(exercise: Exercise, *, solved: bool = False) -> Any:
    """A row of buttons and the text that they show.

    Args:
        exercise: what the help is for.
        solved: whether the check has passed; then there is only the reference answer, to compare.

    Returns:
        An ipywidgets `VBox`.
    """
    import ipywidgets as widgets

    shown = widgets.Output()

    def button(label: str, text: Callable[[], Shown]) -> Any:
        made = widgets.Button(description=label, layout=widgets.Layout(width="auto"))
        made.on_click(lambda _button: _put(shown, f"**{label}** (exercise {exercise.id})\n\n{text()}"))
        return made

    hints = [] if solved else list(enumerate(STAGES[: len(exercise.hints)], start=1))
    buttons = [button(f"Hint {n}: {name}", partial(hint_text, exercise, n)) for n, name in hints]
    buttons.append(button("Show the reference answer", partial(answer_text, exercise)))
    row = widgets.HBox(buttons, layout=widgets.Layout(flex_flow="row wrap"))
    return widgets.VBox([row, shown])


def _put(output: Any, text: str) -> None:
    """Show one text in an output area, in place of what stood there."""
    output.outputs = (
        {"output_type": "display_data", "metadata": {}, "data": {"text/markdown": text, "text/plain": text}},
    )
