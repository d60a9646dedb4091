"""Builds a chapter: solution notebook, learner's notebook, pictures. Or says what is stale.

A generated file that is committed can differ from its source, and then nobody knows which one is right. So the same
code that writes the files can compare them instead (`check=True`), byte for byte, and tests and CI do. That works only
because a build depends on nothing but the source, the registry and the library: no time stamp, no random id, no version.

The solution notebook is not committed, and instructors run it and save outputs in it. It is therefore only looked at
when it is there, and only its cells' text is compared: an edit in it would be lost with the next build.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_lib.authoring.chapters import Chapter, find_chapters
from course_lib.authoring.expand import function_text
from course_lib.authoring.leaks import all_answers, find_leaks, leaks_in_text
from course_lib.authoring.learner_work import refuse_to_overwrite
from course_lib.authoring.registry import Registry, course_registry
from course_lib.authoring.release import released_files
from course_lib.authoring.source import notebook_bytes, solution_notebook
from course_lib.errors import CourseError


@dataclass(frozen=True)
class FileState:
    """What a build did with one file, or would do.

    Attributes:
        chapter: the chapter's folder name.
        file: path relative to the course's folder.
        state: "same" or "written" after a build; "same", "missing", "stale", "edited" or "left over" in check mode.
    """

    chapter: str
    file: str
    state: str

    @property
    def right(self) -> bool:
        """Whether the file on disk is what the source gives."""
        return self.state in ("same", "written")


def build(
    wanted: Sequence[str] = (),
    *,
    check: bool = False,
    overwrite: bool = False,
    root: Path | None = None,
    registry: Registry | None = None,
) -> list[FileState]:
    """Build chapters, or compare them with their sources.

    Args:
        wanted: numbers or folder names; all chapters when empty.
        check: compare only, write nothing.
        overwrite: write also over a notebook that holds somebody's answers.
        root: the course's folder; that of this package when None.
        registry: where exercises are looked up; that of the course when None.

    Returns:
        One entry per file.

    Raises:
        CourseError: a chapter cannot be built, its release would give an answer away, or a notebook holds answers.
    """
    registry = course_registry() if registry is None else registry
    chapters = find_chapters(root, wanted)
    return [state for chapter in chapters for state in _build_chapter(chapter, check, overwrite, registry)]


def _build_chapter(chapter: Chapter, check: bool, overwrite: bool, registry: Registry) -> list[FileState]:
    solution = solution_notebook(chapter, registry)
    files = released_files(chapter, solution)
    references = {item.id: function_text(item.reference).body for item in registry.exercises(chapter.number)}
    refuse_leaks(chapter, all_answers(solution, references), files)
    contents = {chapter.release_folder / name: content for name, content in files.items()}
    if check:
        left_over = [FileState(chapter.folder, _shown(p, chapter), "left over") for p in _left_over(chapter, contents)]
        return [*_compare(chapter, solution, contents), *left_over]
    for path, content in contents.items():
        if not overwrite and _state(path, content) == "stale":
            refuse_to_overwrite(path, _shown(path, chapter))
    contents = {chapter.solution: notebook_bytes(solution), **contents}
    return [FileState(chapter.folder, _shown(path, chapter), _write(path, contents[path])) for path in contents]


def refuse_leaks(chapter: Chapter, answers: Sequence[tuple[str, str]], files: dict[str, bytes]) -> None:
    """Raise when a file that goes to learners holds a line of an answer."""
    import nbformat

    for name, content in files.items():
        if name.endswith(".ipynb"):
            released: Any = nbformat.reads(content.decode(), as_version=4)
            found = [f"cell {leak.cell} shows “{leak.line}”" for leak in find_leaks(answers, released)]
        else:
            found = [f"{name} shows “{line}”" for line in leaks_in_text(answers, content.decode(errors="ignore"))]
        if found:
            problem = f"The learner's version of {chapter.folder} would give an answer away: {'; '.join(found)}."
            remedy = (
                'Reword it there, or declare course={"shares": ["ID"]} in that cell where the line belongs in both.'
            )
            raise CourseError(problem, remedy)


def _compare(chapter: Chapter, solution: Any, contents: dict[Path, bytes]) -> list[FileState]:
    states = []
    if chapter.solution.is_file():
        same = _cell_texts(chapter.solution.read_bytes()) == _cell_texts(notebook_bytes(solution))
        states.append(FileState(chapter.folder, _shown(chapter.solution, chapter), "same" if same else "edited"))
    for path, content in contents.items():
        states.append(FileState(chapter.folder, _shown(path, chapter), _state(path, content)))
    return states


def _state(path: Path, content: bytes) -> str:
    if not path.is_file():
        return "missing"
    return "same" if path.read_bytes() == content else "stale"


def _left_over(chapter: Chapter, contents: dict[Path, bytes]) -> list[Path]:
    """Committed files in the chapter's folder that no source gives. Files of a learner are not committed."""
    command = ["git", "ls-files", "-z", "--", chapter.release_folder.relative_to(chapter.root).as_posix()]
    try:
        listed = subprocess.run(command, cwd=chapter.root, capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    paths = [chapter.root / name for name in listed.split("\0") if name]
    return [path for path in paths if path not in contents and path.is_file()]


def _write(path: Path, content: bytes) -> str:
    if path.is_file() and path.read_bytes() == content:
        return "same"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return "written"


def _cell_texts(content: bytes) -> list[tuple[str, str]] | None:
    try:
        cells = json.loads(content)["cells"]
        return [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
    except (ValueError, KeyError, TypeError):
        return None


def _shown(path: Path, chapter: Chapter) -> str:
    return path.relative_to(chapter.root).as_posix()
