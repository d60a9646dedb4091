"""Holds chapters against the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from course_lib.authoring.chapters import find_chapters
from course_lib.authoring.contract import apart, craft, exercises, opening, sections
from course_lib.authoring.contract.findings import Finding
from course_lib.authoring.contract.view import ChapterView
from course_lib.authoring.registry import Registry, course_registry
from course_lib.authoring.source import solution_notebook

Rule = Callable[[ChapterView], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    opening.card,
    opening.objectives,
    opening.cold_open,
    exercises.exercise_count,
    exercises.exercise_parts,
    exercises.exercise_order,
    exercises.exercise_points,
    exercises.exercise_check,
    exercises.repair,
    exercises.written,
    apart.answers_apart,
    sections.roles,
    sections.sections,
    sections.own_model,
    sections.questions,
    sections.references,
    craft.figures,
    craft.cell_length,
    craft.numbers,
    craft.names,
)


def lint(wanted: Sequence[str] = (), *, root: Path | None = None, registry: Registry | None = None) -> list[Finding]:
    """Everything in which chapters break the contract.

    Args:
        wanted: numbers or folder names; all chapters when empty.
        root: the course's folder; that of this package when None.
        registry: where exercises are looked up; that of the course when None.
    """
    registry = course_registry() if registry is None else registry
    return [
        finding
        for chapter in find_chapters(root, wanted)
        for finding in lint_notebook(solution_notebook(chapter, registry), chapter.folder, registry)
    ]


def lint_notebook(notebook: Any, chapter: str, registry: Registry) -> list[Finding]:
    """Everything in which one solution notebook breaks the contract.

    Args:
        notebook: as `source.solution_notebook` makes it.
        chapter: the chapter's folder name, "08_interpretability_overview".
        registry: where exercises are looked up.
    """
    view = ChapterView(chapter, notebook.cells, registry)
    return [finding for rule in RULES for finding in rule(view)]
