"""A concept question to click: a button for each choice, and for each what there is to say about it.

    choice_q1 = choose("8.Q1")

shows the choices. Picking one is the answer: it is in `choice_q1` for the check below, and it is written into the saved notebook
(as an output of the cell, in a format of its own), so that whoever grades the notebook reads it there. A letter typed in place of
the call, `choice_q1 = "b"`, is the same answer; that works in every viewer.

At home each choice answers at once, the wrong ones too: a learner who picks a wrong choice has a reason for it. In a class the
released notebook asks `choose("8.Q1", feedback="with the marks")`: the choice is noted and nothing else is said until then.

Every choice is a button of its own: Tab reaches it, Enter or Space presses it. (Radio buttons would need the arrow keys, and
JupyterLab takes these for itself to move from cell to cell.) What is said appears as text below, in a region that screen readers
announce.

Pitfall: "clear all outputs" also clears the noted choice from the notebook. Running the cell again brings it back on the same
machine (from the learner's own record of progress), and the widget shows which choice is noted.
"""

from __future__ import annotations

from html import escape
from typing import Any, Literal

from course_lib.checks.questions import UNANSWERED, Answered, Question
from course_lib.checks.registry import question
from course_lib.progress import note, read_events

CHOICE = "application/vnd.ai-safety-hands-on.choice+json"
Feedback = Literal["now", "with the marks"]


class Chosen:
    """The letter that is picked now; as text it is that letter, or "?"."""

    def __init__(self, asked: Question, letter: str = UNANSWERED, feedback: Feedback = "now") -> None:
        self.question, self.letter, self.feedback = asked, letter, feedback
        self._display: Any = None

    def __str__(self) -> str:
        return self.letter

    def __repr__(self) -> str:
        return f"{self.question.id}: {self.letter}"

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other)

    def __hash__(self) -> int:
        return hash(self.question.id)

    def pick(self, letter: str) -> str:
        """Take this choice, note it, and return what is said about it."""
        self.letter = letter
        note(self.question.id, "chosen", letter)
        if self._display is not None:
            self._display.update(self.bundle(), raw=True)
        if self.feedback != "now":
            return f"Noted: {letter}. The explanation comes with the marks."
        answered = Answered(self.question, letter)
        note(self.question.id, "passed" if answered.right else "failed", letter)
        return answered.text()

    def bundle(self) -> dict[str, Any]:
        """What is saved with the notebook, and its text."""
        words = "not chosen yet" if self.letter == UNANSWERED else f"your choice is {self.letter}"
        return {
            CHOICE: {"question": self.question.id, "letter": self.letter},
            "text/plain": f"{self.question.id}: {words}",
        }

    def show(self) -> None:
        """Show the choices below the cell."""
        from IPython.display import display

        display(self.widget())
        self._display = display(self.bundle(), raw=True, display_id=True)

    def widget(self) -> Any:
        """A button for each choice, whose text stands in the cell above, and below them what is said; an ipywidgets `VBox`."""
        import ipywidgets as widgets

        said = widgets.HTML()
        buttons = {}
        for choice in self.question.choices:
            button = widgets.Button(
                description=choice.letter, tooltip=f"Choose {choice.letter}: {plain(choice.text)}",
                layout=widgets.Layout(width="4.5em", flex="none"),
            )  # fmt: skip
            button.on_click(lambda _button, letter=choice.letter: press(letter))
            buttons[choice.letter] = button

        def press(letter: str) -> None:
            said.value = spoken(self.pick(letter))
            self._mark(buttons)

        self._mark(buttons)
        row = widgets.HBox(list(buttons.values()), layout=widgets.Layout(flex_flow="row wrap"))
        return widgets.VBox([row, said])

    def _mark(self, buttons: dict[str, Any]) -> None:
        """Let the chosen button be seen, by a tick and not by colour alone."""
        for letter, button in buttons.items():
            chosen = letter == self.letter
            button.icon, button.button_style = ("check", "info") if chosen else ("", "")


def choose(question_id: str, *, feedback: Feedback = "now") -> Chosen | str:
    """Ask a concept question below the cell.

    Args:
        question_id: for example "8.Q1".
        feedback: "now", or "with the marks" in a class.

    Returns:
        What is picked, also later; hand it to `check`. Outside a notebook it is "?", not answered.

    Raises:
        CourseError: there is no such question.
    """
    from course_lib.checks import in_notebook

    asked = question(question_id)
    if not in_notebook():
        return UNANSWERED
    chosen = Chosen(asked, last_letter(asked), feedback)
    chosen.show()
    return chosen


def last_letter(asked: Question) -> str:
    """The letter that this learner picked last; "?" when there is none."""
    letters = [event.detail for event in read_events() if event.item == asked.id and event.kind == "chosen"]
    return letters[-1] if letters and asked.choice(letters[-1]) else UNANSWERED


def plain(text: str) -> str:
    """Markdown of a choice as the plain text that a label can show."""
    return text.replace("`", "").replace("**", "").replace("*", "")


def spoken(text: str) -> str:
    """Text in a region that screen readers announce when it changes."""
    return f'<p role="status" style="line-height:1.4">{escape(plain(text))}</p>'


def saved_choice(outputs: Any, question_id: str) -> str:
    """The letter in a saved cell's outputs; "" when there is none. The outputs may be anything.

    Example:
        >>> saved_choice([{"data": {CHOICE: {"question": "8.Q1", "letter": "b"}}}], "8.Q1")
        'b'
    """
    found = ""
    for output in outputs if isinstance(outputs, list) else ():
        data = output.get("data") if isinstance(output, dict) else None
        held = data.get(CHOICE) if isinstance(data, dict) else None
        if isinstance(held, dict) and held.get("question") == question_id:
            letter = held.get("letter")
            found = (
                letter if isinstance(letter, str) and len(letter) == 1 and letter.isascii() and letter.isalpha() else ""
            )
    return found
