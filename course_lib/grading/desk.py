"""Where the work of one class on one chapter lies, and who grades it: `course grade`, `nbgrader autograde` and formgrader's
button all ask the same desk, so they all give the same mark.

In the folder of a course or of a class (the one with `nbgrader_config.py`) there are nbgrader's own folders and one of
ours:

    submitted/LEARNER/08_…/     what was handed in, as it came
    autograded/, feedback/      what nbgrader made of it
    gradebook.db                the marks
    grading/seed                the seed of the hidden cases: mode 0600, never handed out
    grading/results/            one file per result, by the hash of what it holds for
    grading/08_…/results/       the last result of each learner, for the report of the class
    grading/08_…/noticed/       what was noticed when a hand-in was found that is a copy now
    grading/08_…/               the report of the class

The pitfall is a released notebook that somebody has worked in. It is what answers are laid over, so its answer cells
must still be empty; nbgrader's checksums tell.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

from course_lib.authoring.chapters import Chapter
from course_lib.errors import CourseError
from course_lib.grading import service
from course_lib.grading.assignment import Assignment, assignment_of, new_seed, read_seed
from course_lib.grading.intake import Submission, Unreadable
from course_lib.grading.results import SubmissionResult
from course_lib.grading.store import ResultStore
from course_lib.grading.submissions import in_folder
from course_lib.grading.writing import write_file

Handed = Submission | Unreadable
AssignmentMaker = Callable[[Chapter, int], Assignment]


@dataclass(frozen=True)
class PlacedChapter(Chapter):
    """A chapter whose folders have other names, as in the folder of a class.

    Attributes:
        sources: the folder of solution notebooks, relative to `root`.
        releases: the folder of released notebooks, relative to `root`.
    """

    sources: str = "solutions"
    releases: str = "chapters"

    @property
    def source_folder(self) -> Path:
        """Where the solution notebook lies."""
        return self.root / self.sources / self.folder

    @property
    def release_folder(self) -> Path:
        """Where the released notebook lies."""
        return self.root / self.releases / self.folder


@dataclass(frozen=True, eq=False)
class Desk:
    """The work of one class on one chapter.

    Attributes:
        chapter: with `root`, the folder of the course or the class.
        make: makes the assignment of a chapter and a seed.
        sandboxed: False runs learner code without isolation.
        known: results that are at hand already, by learner.
    """

    chapter: Chapter
    make: AssignmentMaker = assignment_of
    sandboxed: bool = True
    known: dict[str, SubmissionResult] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Our own folder for this class."""
        return self.chapter.root / "grading"

    @property
    def reports(self) -> Path:
        """Where what was found out about this chapter lies."""
        return self.folder / self.chapter.folder

    @property
    def submitted(self) -> Path:
        """nbgrader's folder of submissions."""
        return self.chapter.root / "submitted"

    @cached_property
    def store(self) -> ResultStore:
        """Where results are kept."""
        return ResultStore(self.folder / "results")

    @cached_property
    def assignment(self) -> Assignment:
        """The chapter with this class's hidden cases.

        Raises:
            CourseError: the released notebook is missing or holds somebody's answers.
        """
        found = self.make(self.chapter, self.seed)
        _refuse_answers(self.chapter, found.release)
        return found

    @property
    def seed_note(self) -> Path:
        """Holds the place of the seed file, where that is another than ours."""
        return self.folder / "seed-file"

    @cached_property
    def seed(self) -> int:
        """The seed of the class; drawn and kept when there is none yet."""
        with suppress(FileNotFoundError):
            return read_seed(Path(self.seed_note.read_text(encoding="utf-8").strip()))
        return seed_in(self.folder / "seed")

    def use_seed_of(self, file: Path) -> None:
        """Use another seed file, now and whenever nbgrader grades in this folder."""
        read_seed(file)
        write_file(self.seed_note, f"{file.resolve()}\n".encode())

    def handed_in(self, learner: str) -> Handed:
        """What a learner handed in, read now from nbgrader's folder; believes nothing."""
        with tempfile.TemporaryDirectory(prefix="course-intake-") as scratch:
            found = in_folder(self.submitted / learner, self.chapter, scratch=Path(scratch))
        return self.recalled(replace(found, learner=learner))

    def remember(self, handed: Handed) -> None:
        """Keep what was noticed while a hand-in was looked for: its copy has lost the name and the place that it had."""
        warnings = list(getattr(handed, "warnings", ()))
        note = self.reports / "noticed" / f"{handed.learner}.json"
        if warnings:
            write_file(note, json.dumps({"sha256": handed.sha256, "warnings": warnings}).encode())
        else:
            note.unlink(missing_ok=True)

    def recalled(self, handed: Handed) -> Handed:
        """The copy of a hand-in with what was noticed when the hand-in was found."""
        if not isinstance(handed, Submission):
            return handed
        with suppress(OSError, ValueError, KeyError, TypeError):
            kept = json.loads((self.reports / "noticed" / f"{handed.learner}.json").read_text(encoding="utf-8"))
            if kept["sha256"] == handed.sha256:
                return replace(handed, warnings=tuple(dict.fromkeys((*kept["warnings"], *handed.warnings))))
        return handed

    def result(self, handed: Handed) -> SubmissionResult:
        """The result of a submission: at hand, stored, or computed now; it is noted for the report of the class."""
        known = self.known.get(handed.learner)
        if known is not None and known.sha256 == handed.sha256:
            return known
        found = service.grade_one(self.assignment, handed, store=self.store, sandboxed=self.sandboxed)
        found = noticed(found, handed)
        self.note(found)
        return found

    def grade_all(self, handed: list[Handed]) -> None:
        """Have results at hand for several learners, graded side by side where they are not stored."""
        by_learner = {one.learner: one for one in handed}
        for result in service.grade(self.assignment, handed, store=self.store, sandboxed=self.sandboxed):
            found = noticed(result, by_learner[result.learner])
            self.known[found.learner] = found
            self.note(found)

    def note(self, result: SubmissionResult) -> None:
        """Keep a result as its learner's last."""
        write_file(self.reports / "results" / f"{result.learner}.json", result.to_json().encode())

    def noted(self) -> list[SubmissionResult]:
        """The last result of every learner, by name."""
        found = []
        for path in sorted((self.reports / "results").glob("*.json")):
            with suppress(OSError, ValueError, TypeError, KeyError):
                found.append(SubmissionResult.from_json(path.read_text(encoding="utf-8")))
        return found


def noticed(result: SubmissionResult, handed: Handed) -> SubmissionResult:
    """The result with what was noticed while the submission was looked for."""
    before = getattr(handed, "warnings", ())
    return replace(result, warnings=tuple(dict.fromkeys((*before, *result.warnings))))


def desk_for(coursedir: Any, folder: str, maker: str, sandboxed: bool) -> Desk:
    """The desk of a chapter in the course folder that nbgrader works in.

    Args:
        coursedir: nbgrader's `CourseDirectory`.
        folder: nbgrader's name of the assignment, the chapter's folder.
        maker: where the function is that makes the assignment, "package.module:name".
        sandboxed: False runs learner code without isolation.
    """
    root = Path(coursedir.root).resolve()
    chapter = PlacedChapter(root, folder, coursedir.source_directory, coursedir.release_directory)
    module, _, name = maker.partition(":")
    return Desk(chapter, getattr(import_module(module), name), sandboxed)


def seed_in(file: Path) -> int:
    """The seed in a file that only its owner can read; drawn and written when there is none."""
    if not file.exists():
        write_file(file, f"{new_seed()}\n".encode(), mode=0o600)
    return read_seed(file)


def as_notebook(parsed: dict[str, Any]) -> Any:
    """A parsed notebook file as nbformat has it, with texts in place of lists of lines; not validated."""
    import nbformat

    found = nbformat.from_dict(parsed)
    for cell in found.cells:
        cell.source = cell.source if isinstance(cell.source, str) else "".join(cell.source)
    return found


def _refuse_answers(chapter: Chapter, release: dict[str, Any]) -> None:
    """Raise when somebody has worked in the released notebook."""
    from nbgrader.utils import compute_checksum

    for cell in as_notebook(release).cells:
        record = cell.metadata.get("nbgrader", {})
        if record.get("checksum") and record["checksum"] != compute_checksum(cell):
            problem = f"The released notebook {chapter.release} was changed in the cell {record.get('grade_id')}."
            raise CourseError(problem, f"Bring it back: `course build {chapter.number} --overwrite`.")
