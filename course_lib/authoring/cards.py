"""The texts of an exercise that every notebook shows in the same form: its card, its hints, why it matters.

Four lines in a chapter's source, each alone on its line, stand for them:

    {{exercise 8.1}}     heading, points, difficulty, minutes, signature, what it returns, one worked example
    {{hints 8.1}}        where the three hints and the reference answer are
    {{why 8.1}}          why it matters to somebody who runs a model
    {{question 8.Q1}}    a concept question with its choices

A hint that is open takes the exercise away, a hint that is missing takes the learner away. So the three stages (nudge,
approach, near-code) are one button each, under the check, where a learner is stuck; what was used is noted in the learner's
own progress. On the site, where nothing runs, they are folded one by one in `<details>` elements (`folded_hints`).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from course_lib.authoring.expand import function_text
from course_lib.authoring.registry import ExerciseFacts, Registry
from course_lib.errors import CourseError

_DIRECTIVE = re.compile(r"^\{\{(?P<part>\w+) (?P<id>\d+\.\w+)\}\}$", re.MULTILINE)
_STAGES = ("a nudge", "the approach", "almost the code")


def expand_cards(markdown: str, registry: Registry) -> tuple[str, list[str]]:
    """Put the exercise's texts in place of the directives.

    Args:
        markdown: the source of a Markdown cell.
        registry: where exercises are looked up.

    Returns:
        The text, and the parts that were put in, as "hints 8.1".

    Raises:
        CourseError: a directive of another name.
    """
    parts: list[str] = []

    def replace(match: re.Match[str]) -> str:
        writer = _WRITERS.get(match["part"])
        if writer is None:
            remedy = f"Write one of: {', '.join(_WRITERS)}."
            raise CourseError(f"There is no directive {match[0]}.", remedy)
        parts.append(f"{match['part']} {match['id']}")
        return writer(registry, match["id"])

    return _DIRECTIVE.sub(replace, markdown), parts


def card(exercise: ExerciseFacts) -> str:
    """Heading, facts, signature with shapes, what it returns, one worked example."""
    points = f"{exercise.points} point" + ("s" if exercise.points != 1 else "")
    facts = f"*{points} · difficulty {exercise.difficulty} of 5 · about {exercise.minutes} minutes*"
    signature = function_text(exercise.reference).signature.rstrip().removesuffix(":")
    return "\n\n".join(
        [
            f"### Exercise {exercise.id}: {exercise.title}",
            facts,
            f"```python\n{signature}\n```",
            f"**Returns** {_lower_first(exercise.returns.strip())}",
            f"**Example.** {exercise.example.strip()}",
        ]
    )


def hints(exercise: ExerciseFacts) -> str:
    """Where the three hints and the reference answer are."""
    return (
        "**Stuck?** Run the check below: under it are three hints (a nudge, the approach, almost the code) and the reference "
        f'answer, one button each. In a new cell, `hint("{exercise.id}", 1)` and `reveal("{exercise.id}")` show the same.'
    )


def folded_hints(exercise: ExerciseFacts) -> str:
    """Three folded hints as HTML, for a page on which nothing runs."""
    folded = [
        f"<details>\n<summary>Hint {number} of 3: {stage}</summary>\n\n{hint.strip()}\n\n</details>"
        for number, (stage, hint) in enumerate(zip(_STAGES, exercise.hints, strict=True), start=1)
    ]
    return "\n\n".join(folded)


def why(exercise: ExerciseFacts) -> str:
    """Why it matters, as one paragraph."""
    return f"**Why this matters.** {exercise.why.strip()}"


def _lower_first(text: str) -> str:
    """ "A tensor" after "Returns" becomes "a tensor"; "KL" and "`x`" stay."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


_WRITERS: dict[str, Callable[[Registry, str], str]] = {
    "exercise": lambda registry, id: card(registry.exercise(id)),
    "hints": lambda registry, id: hints(registry.exercise(id)),
    "why": lambda registry, id: why(registry.exercise(id)),
    "question": lambda registry, id: str(registry.question(id).markdown()),
}
