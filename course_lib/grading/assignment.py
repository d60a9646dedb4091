"""What is graded: a chapter's release, its exercises with their cases for one class, and its questions."""

from __future__ import annotations

import ast
import hashlib
import json
import platform
import secrets
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from course_lib.authoring.chapters import Chapter
from course_lib.checks.exercise import Case, Exercise, ModelHandle
from course_lib.checks.questions import Question
from course_lib.checks.registry import exercises, questions
from course_lib.data.cache import cache_dir
from course_lib.errors import CourseError
from course_lib.grading.bubblewrap import MODULES, Place
from course_lib.grading.cell_code import parse_code
from course_lib.grading.matching import released_cells
from course_lib.grading.seal import PACKAGE, sealed_copy

PACKAGES = ("torch", "transformers", "numpy", "scikit-learn", "peft")
LIBRARY, CACHE = "/course", "/cache"
SEED_BITS = 40


@dataclass(frozen=True, eq=False)
class Assignment:
    """One chapter as one class gets it.

    Attributes:
        chapter: where its files are.
        exercises: in order.
        questions: in order.
        seed: of the hidden cases; a class has its own.
        modules: what the warm process imports.
        extra: further folders that learner code may import from, by their path outside; answers in them are withheld.
    """

    chapter: Chapter
    exercises: tuple[Exercise, ...]
    questions: tuple[Question, ...]
    seed: int
    modules: tuple[str, ...] = MODULES
    extra: tuple[str, ...] = ()

    @cached_property
    def whole(self) -> dict[str, Exercise]:
        """The exercises by id with all the cases that are graded, the hidden ones behind the visible ones.

        A visible case on a large model is left out where hidden cases use large models too: it costs seconds, the
        hidden ones ask for more, and every learner has it at home.
        """
        found = {}
        for exercise in self.exercises:
            hidden = tuple(exercise.hidden(self.seed))
            spare = any(map(_is_large, hidden))
            shown = tuple(case for case in exercise.visible if not (spare and _is_large(case)))
            found[exercise.id] = replace(exercise, visible=shown + hidden)
        return found

    @cached_property
    def shown(self) -> dict[str, int]:
        """How many of the cases in `whole` are visible, by exercise; they come first."""
        return {
            exercise.id: sum(
                any(case is known for known in exercise.visible) for case in self.whole[exercise.id].visible
            )
            for exercise in self.exercises
        }

    @cached_property
    def release(self) -> dict[str, Any]:
        """The learner's notebook as it was released.

        Raises:
            CourseError: it is not built.
        """
        try:
            found: dict[str, Any] = json.loads(self.chapter.release.read_bytes())
        except FileNotFoundError:
            raise CourseError(
                f"There is no {self.chapter.release.name}.", f"Run `course build {self.chapter.number}`."
            ) from None
        return found

    @cached_property
    def models(self) -> tuple[str, ...]:
        """The models that the cases use, without the tiny ones, which are made in a moment."""
        names = {
            argument.name
            for exercise in self.whole.values()
            for case in exercise.visible
            for argument in case.arguments
            if isinstance(argument, ModelHandle) and not argument.name.startswith("tiny:")
        }
        return tuple(sorted(names))

    @cached_property
    def version(self) -> str:
        """A hash of everything that a result depends on beside the submission: notebook, checks, packages, seed."""
        found = hashlib.sha256()
        for text in (*self._texts(), platform.python_version(), *map(_version, PACKAGES), str(self.seed)):
            found.update(hashlib.sha256(text.encode()).digest())
        return found.hexdigest()

    def _texts(self) -> list[str]:
        """The released notebook and the sources of the library, which is all that can change a mark."""
        folders = [PACKAGE, *map(Path, self.extra)]
        sources = [path for folder in folders for path in sorted(folder.rglob("*.py"))]
        return [json.dumps(self.release, sort_keys=True), *(path.read_text(encoding="utf-8") for path in sources)]

    def place(self, scratch: Path) -> Place:
        """What the sandbox has to offer; the sealed library is written to `scratch`."""
        sealed = sealed_copy(scratch, self.exercises, self.extra)
        binds = [(str(sealed), LIBRARY)]
        extra = [f"{LIBRARY}-{number}" for number in range(len(self.extra))]
        binds += [(str(sealed / f"extra-{number}"), folder) for number, folder in enumerate(extra)]
        environment: tuple[tuple[str, str], ...] = ()
        if cache_dir().is_dir():
            binds.append((str(cache_dir()), CACHE))
            environment = (("COURSE_CACHE", CACHE),)
        return Place((LIBRARY, *extra), tuple(binds), self.modules, self.models, environment, imports_of(self.release))


def imports_of(release: dict[str, Any]) -> tuple[str, ...]:
    """What the cells of a release import at their top level: once in the warm process, and not in every submission.

    Example:
        >>> cell = {"cell_type": "code", "source": "import os.path as p\\nfrom json import dumps, loads\\nprint(p)"}
        >>> imports_of({"cells": [cell, {"cell_type": "markdown", "source": "import this"}]})
        ('os.path', 'json:dumps', 'json:loads')
    """
    found: list[str] = []
    for cell in released_cells(release):
        tree = parse_code(cell.source) if cell.role in ("given", "answer") else None
        for node in tree.body if tree is not None else ():
            if isinstance(node, ast.Import):
                found += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found += [f"{node.module}:{alias.name}" for alias in node.names if alias.name != "*"]
    return tuple(dict.fromkeys(found))


def _is_large(case: Case) -> bool:
    """Whether a case uses a model that is not one of the tiny ones."""
    return any(isinstance(item, ModelHandle) and not item.name.startswith("tiny:") for item in case.arguments)


def assignment_of(chapter: Chapter, seed: int) -> Assignment:
    """A chapter of the course with the hidden cases of one seed."""
    return Assignment(chapter, tuple(exercises(chapter.number)), tuple(questions(chapter.number)), seed)


def new_seed() -> int:
    """A seed that nobody can guess; small enough for checks that multiply it, since torch takes 63 bits."""
    return secrets.randbits(SEED_BITS)


def read_seed(file: Path) -> int:
    """The seed in a file that `course release` wrote.

    Raises:
        CourseError: the file is not there, or holds something else.
    """
    try:
        return int(Path(file).read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise CourseError(
            f"{file} holds no seed of a class.",
            "`course release NN --class NAME` writes one: a whole number on one line.",
        ) from error


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
