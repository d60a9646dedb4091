"""Read answers beside the verdicts on them: the cheapest check of a detector there is.

A rate hides which answers it is made of. Here each answer stands beside what every detector said of it, and a menu keeps only
those on which two of them differ: these few are where a detector is wrong, and reading them takes a minute.

Answers are shown as far as they were kept, which is their first words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from course_lib.errors import CourseError
from course_lib.widgets.explorer import Explorer

ALL, DIFFER = "all answers", "where the detectors differ"
WORDS = {None: "not judged", True: "HIT", False: "pass"}


class VerdictReader(Explorer):
    """Answers one by one, with the verdict of each detector.

    Attributes:
        attempts: from the name of a detector to its attempts, all on the same prompts and answers.
        only: which answers are kept, `ALL` or `DIFFER`.
        place: the answer that is shown, among those that are kept.
    """

    kind = "verdicts"

    def __init__(self, attempts: Mapping[str, Sequence[Mapping[str, Any]]], only: str = DIFFER) -> None:
        self.attempts = {name: list(mine) for name, mine in attempts.items()}
        self.only, self.place = only, 0

    def verdicts(self, number: int) -> dict[str, bool | None]:
        """What each detector said of the first output of an attempt."""
        scores = {name: mine[number]["scores"][0] for name, mine in self.attempts.items()}
        return {name: None if score is None else score >= 0.5 for name, score in scores.items()}

    @property
    def kept(self) -> list[int]:
        """The attempts that are kept."""
        numbers = range(len(next(iter(self.attempts.values()))))
        return [n for n in numbers if self.only == ALL or len(set(self.verdicts(n).values())) > 1]

    def text(self) -> str:
        """What is shown now, in words."""
        kept = self.kept
        if not kept:
            return "The detectors agree on every answer."
        number = kept[min(self.place, len(kept) - 1)]
        one = next(iter(self.attempts.values()))[number]
        said = "nothing" if one["outputs"][0] is None else " ".join(one["outputs"][0].split()[:12]) + " …"
        lines = [
            f"{self.only}, {min(self.place, len(kept) - 1) + 1} of {len(kept)}",
            f"asked: {one['prompt']}",
            f"said: {said}",
        ]
        return "\n".join([*lines, *(f"{name}: {WORDS[verdict]}" for name, verdict in self.verdicts(number).items())])

    def show(self, only: str, place: int) -> None:
        """Show another state, as the controls do."""
        self.controls["kept"].value = only
        self.controls["answer"].value = place

    def make_controls(self) -> dict[str, Any]:
        """A menu and a slider."""
        import ipywidgets

        wide = {"description_width": "80px"}
        controls: dict[str, Any] = {
            "kept": ipywidgets.Dropdown(options=[ALL, DIFFER], value=self.only, description="Show", style=wide),
            "answer": ipywidgets.IntSlider(
                value=0, min=0, max=max(0, len(self.kept) - 1), description="Answer", style=wide
            ),
        }
        return controls

    def frame(self) -> str:
        """The state as HTML."""
        return f"<p role='status' style='white-space:pre-wrap'>{escape(self.text())}</p>"

    def take(self) -> None:
        self.only = self.controls["kept"].value
        self.controls["answer"].max = max(0, len(self.kept) - 1)
        self.place = self.controls["answer"].value


def read_verdicts(attempts: Mapping[str, Sequence[Mapping[str, Any]]], only: str = DIFFER) -> VerdictReader:
    """A slider along answers with the verdict of each detector; put it on the last line of a cell.

    Args:
        attempts: from the name of a detector to its attempts (`run_probe`, `read_report`), all on the same prompts.
        only: `"where the detectors differ"` or `"all answers"`.

    Raises:
        CourseError: no detector, or attempts that do not belong together.

    Example:
        >>> one = {"seq": 0, "prompt": "Why?", "outputs": ["No."]}
        >>> print(read_verdicts({"a": [{**one, "scores": [1.0]}], "b": [{**one, "scores": [0.0]}]}))
        where the detectors differ, 1 of 1
        asked: Why?
        said: No. …
        a: HIT
        b: pass
    """
    asked = {tuple(str(one["prompt"]) for one in mine) for mine in attempts.values()}
    if len(asked) != 1 or not next(iter(asked)):
        raise CourseError(
            "These attempts do not belong together.", "Give the same prompts for each detector, at least one."
        )
    return VerdictReader(attempts, only)
