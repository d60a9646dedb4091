"""How nbgrader reads what learners handed in: through `intake`, and never by itself.

nbgrader opens a submission with `nbformat`, copies every file beside it (links are followed) into the folders that
formgrader serves, and reads the note of the time with whatever is in it. A file that is no notebook, a link to somebody
else's work, a page with a script that opens in the instructor's session: each comes in that way.

`c.Autograde.exporter_class` may be another class, so this one stands there. It replaces the submitted notebook by the
release with the learner's answers in it (`clean_notebook`), for a file that cannot be read by the release and the
reason; it lets no other file of the learner through, and takes the pictures from the release.
"""

from __future__ import annotations

import copy
import os
import re
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import parse_utc
from traitlets import Bool, Unicode

from course_lib.grading.desk import Desk, Handed, as_notebook, desk_for
from course_lib.grading.intake import Refused, Unreadable, read_file, read_timestamp
from course_lib.grading.normalise import clean_notebook
from course_lib.grading.results import SubmissionResult
from course_lib.grading.staging import mend_time

MARK = "course_grading"
"""The notebook's metadata under which its result is noted."""
SECRET = "submission_secret.txt"
_HEX = re.compile(r"[0-9a-f]{32,128}")


class SubmissionExporter(NotebookExporter):
    """Reads a submission for `nbgrader autograde`; see the module."""

    assignment = Unicode(
        "course_lib.grading.assignment:assignment_of", help="makes the assignment of a chapter and a seed"
    ).tag(config=True)
    sandboxed = Bool(True, help="False runs learner code without isolation").tag(config=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._desks: dict[str, Desk] = {}
        self._handed: dict[str, Handed] = {}
        if isinstance(self.converter, Autograde):
            self.converter.coursedir = careful(self.converter.coursedir)

    @property
    def converter(self) -> Any:
        """nbgrader's autograder, or whoever else uses this exporter."""
        return self.parent

    def desk(self, folder: str) -> Desk:
        """The desk of a chapter; the one that the converter brings, if it does."""
        brought: Desk | None = getattr(self.converter, "desk", None)
        if brought is not None:
            return brought
        if folder not in self._desks:
            self._desks[folder] = desk_for(self.converter.coursedir, folder, self.assignment, self.sandboxed)
        return self._desks[folder]

    def handed_in(self, resources: Any) -> Handed:
        """What the learner of this conversion handed in."""
        learner, folder = resources["nbgrader"]["student"], resources["nbgrader"]["assignment"]
        brought: dict[str, Handed] = getattr(self.converter, "handed", self._handed)
        return brought[learner] if learner in brought else self.desk(folder).handed_in(learner)

    def result(self, resources: Any) -> SubmissionResult:
        """The result of this conversion's submission; in a run over a class, all are graded before the first is asked for."""
        desk = self.desk(resources["nbgrader"]["assignment"])
        if not desk.known:
            folders = [Path(folder) for folder in getattr(self.converter, "assignments", {})]
            todo = [
                folder.parent.name for folder in folders if self.converter.force or not self._is_graded(desk, folder)
            ]
            if len(todo) > 1:
                self._handed = {learner: desk.handed_in(learner) for learner in todo}
                desk.grade_all(list(self._handed.values()))
        return desk.result(self.handed_in(resources))

    def _is_graded(self, desk: Desk, folder: Path) -> bool:
        done = Path(self.converter._format_dest(desk.chapter.folder, folder.parent.name)) / desk.chapter.release.name
        return done.exists() and MARK in done.read_text(encoding="utf-8")

    def from_filename(self, filename: str, resources: Any = None, **kw: Any) -> Any:
        """Convert a notebook; a submission is read by `intake`, our own copy of it in the ordinary way."""
        if not isinstance(self.converter, Autograde) or not self.converter._sanitizing:
            return super().from_filename(filename, resources=resources, **kw)
        desk, handed = self.desk(resources["nbgrader"]["assignment"]), self.handed_in(resources)
        destination = Path(self.converter._format_dest(desk.chapter.folder, handed.learner))
        _copy_from_release(desk, destination)
        when = read_timestamp(desk.submitted / handed.learner / desk.chapter.folder / "timestamp.txt")
        if when:
            (destination / "timestamp.txt").write_text(f"{when}\n", encoding="ascii")
        _copy_secret(desk.submitted / handed.learner / desk.chapter.folder / SECRET, destination)
        resources["metadata"] = {"name": desk.chapter.name, "path": str(destination)}
        return self.from_notebook_node(as_notebook(shown_notebook(desk, handed)), resources=resources, **kw)


def expect_notebook(*, notebooks: list[str], **_: Any) -> None:
    """nbgrader's hook before a learner's conversion: a notebook under another name is taken for the one that is expected.

    nbgrader passes its own list of notebooks, and goes on with what is in it; whatever lies in the folder, intake finds
    the right file or says why there is none.
    """
    for path in map(Path, notebooks[:1]):
        mend_time(path.parent)
        notebooks[:] = [str(path.with_name(f"{path.parent.name[3:]}.ipynb"))]


def shown_notebook(desk: Desk, handed: Handed) -> dict[str, Any]:
    """What is shown of a submission: the release with the answers, or with the reason why there are none."""
    release = desk.assignment.release
    if not isinstance(handed, Unreadable):
        return clean_notebook(release, handed.notebook)
    shown: dict[str, Any] = copy.deepcopy(release)
    text = f"**This submission could not be read.** {plain_words(handed.reason)}\n\nBelow is the notebook as it was released."
    shown["cells"].insert(0, {"cell_type": "markdown", "id": "course-unreadable", "metadata": {}, "source": text})
    return shown


def plain_words(text: str) -> str:
    """Text that stays text where Markdown, HTML and formulas are rendered: signs that begin something become others.

    Example:
        >>> plain_words("a <b> [c](d) `e`")
        "a ‹b› (c)(d) 'e'"
    """
    return " ".join(text.translate(str.maketrans("<>[]`\\$", "‹›()'/＄")).split())


class CarefulCourse(CourseDirectory):
    """A course folder as the autograder sees it: no file beside the notebook, no time that cannot be one."""

    def get_existing_timestamp(self, dest_path: str) -> Any:
        """The time of a submission, or None for whatever is no time."""
        try:
            return parse_utc(read_timestamp(Path(dest_path) / "timestamp.txt")) or None
        except (ValueError, OverflowError):
            return None


def careful(coursedir: CourseDirectory) -> CarefulCourse:
    """A copy of the folder's settings under which no file of a learner is copied."""
    values = {
        name: getattr(coursedir, name) for name in coursedir.trait_names() if name not in ("parent", "config", "log")
    }
    found = CarefulCourse(parent=coursedir.parent, config=copy.deepcopy(coursedir.config), log=coursedir.log)
    for name, value in values.items():
        setattr(found, name, value)
    found.ignore = ["*"]
    return found


def _copy_secret(secret: Path, destination: Path) -> None:
    """What nbgrader's exchange names a learner's feedback by; `submit` wrote it, and only its learner knows it."""
    with suppress(Refused):
        text = read_file(secret, 200).decode("ascii", "replace").strip()
        if _HEX.fullmatch(text):
            (destination / SECRET).write_text(text, encoding="ascii")


def _copy_from_release(desk: Desk, destination: Path) -> None:
    """The pictures that the release shows; nothing else lies beside the notebook that formgrader serves."""
    destination.mkdir(parents=True, exist_ok=True)
    source = desk.chapter.release_folder
    for folder, _, names in os.walk(source):
        for name in names:
            path = Path(folder) / name
            if path.suffix in (".ipynb", ".py") or path.is_symlink() or ".ipynb_checkpoints" in path.parts:
                continue
            target = destination / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            shutil.copyfile(path, target)
