"""Where a class's files lie, and whose they are.

Three ways in which hand-ins reach an instructor are understood:

* **nbgrader's folders**, `submitted/LEARNER/ASSIGNMENT/NAME.ipynb` with a `timestamp.txt`: give `submitted` or the folder
  that holds it.
* **a download from a learning platform**, as a zip or unpacked. Moodle: `Ada Lovelace_12345_assignsubmission_file_/x.ipynb`, or
  the same without a folder (`…_file_x.ipynb`). Canvas: `lovelaceada_LATE_12345_67890_x.ipynb`. The learner is then called
  by name and the platform's number, `Ada_Lovelace_12345`, since names are not unique.
* **loose files** by a naming pattern, `{learner}_{chapter}.ipynb`, or a regular expression with a group `learner`.

A folder or an archive of a learner may hold several files. The notebook of the chapter's name counts; if there is none, the
only notebook there is. Of several that could be meant the newest wins, and the learner is told: newest is the highest
attempt number that the platform put into the name (`x-2.ipynb` in Canvas), then the latest time of change, then the last
name in the alphabet. No link is followed, anywhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from course_lib.authoring.chapters import Chapter
from course_lib.errors import CourseError
from course_lib.grading.archives import BadArchive, is_archive, is_other_archive
from course_lib.grading.hand_ins import (
    MOST_FILES,
    MOST_OF_A_CLASS,
    File,
    HandIn,
    entries_of,
    files_below,
    stem_of,
    unpacked_class,
    unpacked_learner,
)
from course_lib.grading.intake import HAND_IN, Submission, Unreadable, read_submission, read_timestamp
from course_lib.grading.learners import safe_name
from course_lib.grading.naming import by_name


def find(source: Path, chapter: Chapter, *, pattern: str, scratch: Path) -> list[Submission | Unreadable]:
    """What a class handed in for a chapter, one entry per learner, in order of name.

    Args:
        source: a folder, or a zip from a learning platform.
        chapter: which chapter.
        pattern: for loose files, see above; "" to look for what is there.
        scratch: a folder for what is taken out of archives; it is the caller's to delete.

    Raises:
        CourseError: there is nothing to be found in `source`, or the pattern cannot be used.
    """
    found: dict[str, HandIn] = {}
    for hand_in in _hand_ins(source, chapter, pattern, scratch):
        mine = found.setdefault(hand_in.learner, hand_in)
        if mine is not hand_in:
            mine.files += hand_in.files
            mine.warnings += hand_in.warnings
    if not found:
        problem = f"There is no submission for {chapter.folder} in {source}."
        raise CourseError(
            problem, "Give nbgrader's folder `submitted`, a platform's zip, or --pattern for loose files."
        )
    return [_read(found[learner], chapter, scratch) for learner in sorted(found)]


def in_folder(folder: Path, chapter: Chapter, *, scratch: Path) -> Submission | Unreadable:
    """What one learner handed in, from nbgrader's folder `submitted/LEARNER`; the same choice as `find` makes."""
    return _read(_nbgrader_hand_in(folder, chapter), chapter, scratch)


def _hand_ins(source: Path, chapter: Chapter, pattern: str, scratch: Path) -> Iterator[HandIn]:
    if source.is_file():
        if not is_archive(source.name):
            raise CourseError(f"{source} is a file and no zip.", "Give a folder, or the zip that the platform made.")
        yield from by_name(list(unpacked_class(source, scratch)), chapter, pattern)
        return
    if not source.is_dir():
        raise CourseError(f"There is no folder {source}.", "Check the path of the submissions.")
    submitted = source / "submitted" if (source / "submitted").is_dir() else source
    entries = [] if pattern else entries_of(submitted, MOST_OF_A_CLASS)
    ours = [Path(entry.path) for entry in entries if os.path.lexists(Path(entry.path) / chapter.folder)]
    yield from (_nbgrader_hand_in(folder, chapter) for folder in ours)
    if pattern or (not ours and submitted == source):
        yield from by_name(list(files_below(source, MOST_OF_A_CLASS)), chapter, pattern)


# nbgrader's folders


def _nbgrader_hand_in(folder: Path, chapter: Chapter) -> HandIn:
    """`submitted/LEARNER/ASSIGNMENT`: its files and the note of the time."""
    learner, work = safe_name(folder.name), folder / chapter.folder
    hand_in = HandIn(learner, work)
    if learner != folder.name:
        hand_in.warnings.append(f"The folder's name {folder.name!a} cannot be a learner's name; {learner} is used.")
    if folder.is_symlink() or work.is_symlink() or not work.is_dir():
        hand_in.files = [File(work, chapter.folder, problem=f"What was handed in is a link or no folder. {HAND_IN}")]
        return hand_in
    hand_in.timestamp = read_timestamp(work / "timestamp.txt")
    hand_in.files = [replace(file, name=Path(file.name).name) for file in files_below(work, MOST_FILES)]
    return hand_in


# From a learner's files to the one that counts


def _read(hand_in: HandIn, chapter: Chapter, scratch: Path) -> Submission | Unreadable:
    files = [file for file in hand_in.files if file.name.lower().endswith(".ipynb")]
    sound = [file for file in files if not file.problem]
    archives = [file for file in hand_in.files if is_archive(file.name) and not file.problem]
    if not sound and archives:
        newest = max(archives, key=lambda file: file.age)
        try:
            sound = unpacked_learner(newest, scratch / "learners" / hand_in.learner)
        except BadArchive as error:
            return Unreadable(hand_in.learner, newest.path, str(error))
    if not sound:
        return _nothing(hand_in, files)
    chosen = _choose(sound, chapter, hand_in.warnings)
    result = read_submission(hand_in.learner, chosen.path)
    if isinstance(result, Unreadable):
        return result
    return replace(result, timestamp=hand_in.timestamp, warnings=tuple(dict.fromkeys(hand_in.warnings)))


def _nothing(hand_in: HandIn, files: list[File]) -> Unreadable:
    """Why there is nothing to read."""
    bad = next((file for file in [*files, *hand_in.files] if file.problem), None)
    if bad is not None:
        return Unreadable(hand_in.learner, bad.path, bad.problem)
    other = next((file for file in hand_in.files if is_other_archive(file.name)), None)
    if other is not None:
        return Unreadable(hand_in.learner, other.path, f"This kind of archive is not read. {HAND_IN}")
    return Unreadable(hand_in.learner, hand_in.folder, f"There is no notebook in what was handed in. {HAND_IN}")


def _choose(files: list[File], chapter: Chapter, warnings: list[str]) -> File:
    """The notebook that counts: that of the chapter's name, else the newest."""
    named = [file for file in files if stem_of(file.name) == chapter.name]
    chosen = max(named or files, key=lambda file: file.age)
    if len(named or files) > 1:
        warnings.append(f"There are {len(named or files)} notebooks; the newest, {chosen.name!a}, was taken.")
    elif not named:
        warnings.append(f"The notebook is called {chosen.name!a} in place of {chapter.name}.ipynb.")
    return chosen
