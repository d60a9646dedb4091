"""A copy of the library for the sandbox, without the answers.

The reference solution of an exercise is a function of the library, and the library is what learners import. So the copy
that lies in the sandbox has the functions that the chapter asks for *withheld*: their bodies are replaced by one line
that says so. The checks (cases, known mistakes, other right solutions) are not in it at all, and neither are the sources
of the chapters. `check`, `choose`, `hint` and `reveal` are there and do nothing, because learners leave calls of them in cells.

Pitfall: a second function that gives the same numbers would be as good as the reference. An exercise names such
functions in `also_withheld`.
"""

from __future__ import annotations

import ast
import inspect
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from course_lib.checks.exercise import Exercise

PACKAGE = Path(__file__).resolve().parents[1]
LEFT_OUT = ("authoring", "benchmarks", "cli")
SILENT_CHECKS = '''"""Stand-ins: while a class is graded, answers are taken and not checked here."""

from typing import Any

from course_lib.errors import CourseError


class CheckFailed(CourseError):
    """An answer is not right yet."""


def check(exercise_id: str, answer: Any, *, feedback: str = "now") -> None:
    """Nothing."""


def choose(question_id: str, *, feedback: str = "now") -> str:
    """Not answered; a choice that was made is in the cell's saved output, and is put in place of the call before."""
    return "?"


def in_notebook() -> bool:
    """Nobody looks here."""
    return False


def hint(exercise_id: str, stage: int = 1) -> str:
    """Nothing."""
    return ""


def reveal(exercise_id: str) -> str:
    """Nothing."""
    return ""
'''


def sealed_copy(target: Path, exercises: Iterable[Exercise], extra: Sequence[str] = ()) -> Path:
    """Write the library without the answers to `target/course_lib`; return `target`.

    Args:
        target: an empty folder.
        exercises: whose functions are withheld.
        extra: further folders to import from; they are copied to `target/extra-0` and so on.
    """
    copy = target / "course_lib"

    def unwanted(folder: str, names: list[str]) -> set[str]:
        inside = Path(folder).relative_to(PACKAGE)
        found = {name for name in names if name == "__pycache__" or name.endswith(".pyc")}
        if inside == Path("."):
            found |= set(LEFT_OUT) & set(names)
        if inside == Path("checks"):
            found |= {name for name in names if name.startswith("chapter")}
        return found

    shutil.copytree(PACKAGE, copy, ignore=unwanted)
    (copy / "checks" / "__init__.py").write_text(SILENT_CHECKS, encoding="utf-8")
    copies = {PACKAGE: copy}
    for number, folder in enumerate(extra):
        copies[Path(folder).resolve()] = target / f"extra-{number}"
        shutil.copytree(folder, target / f"extra-{number}", ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    for exercise in exercises:
        own = () if exercise.not_withheld else (exercise.reference,)
        for place in (*own, *exercise.also_withheld):
            file, name = where(place)
            for original, copied in copies.items():
                if file.is_relative_to(original):
                    target_file = copied / file.relative_to(original)
                    target_file.write_text(withhold(target_file.read_text(encoding="utf-8"), name), encoding="utf-8")
    return target


def where(place: str) -> tuple[Path, str]:
    """The file in which "package.module:name" is defined, and the name there."""
    from importlib import import_module

    module, _, name = place.partition(":")
    function = inspect.unwrap(getattr(import_module(module), name))
    return Path(inspect.getsourcefile(function) or "").resolve(), function.__name__


def withhold(source: str, name: str) -> str:
    """The source with the body of one function (or class) replaced by a line that says that it is withheld.

    Example:
        >>> print(withhold("def f(x):\\n    return x", "f"))
        def f(x):
            raise NotImplementedError("f is withheld while answers to it are graded")
    """
    lines = source.splitlines()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            assert node.end_lineno is not None
            first = node.body[0]
            said = f'raise NotImplementedError("{name} is withheld while answers to it are graded")'
            inside = [" " * first.col_offset + said]
            if isinstance(node, ast.ClassDef):
                inside = [f"{' ' * first.col_offset}def __init__(self, *_: object, **__: object) -> None:"]
                inside += [f"{' ' * (first.col_offset * 2)}{said}"]
            return "\n".join([*lines[: first.lineno - 1], *inside, *lines[node.end_lineno :]])
    raise LookupError(f"there is no function {name} at the top of this module")
