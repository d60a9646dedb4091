"""Whose a file is, from its name: learning platforms put the learner into it, and so do instructors.

Moodle    Ada Lovelace_12345_assignsubmission_file_/x.ipynb, or Ada Lovelace_12345_assignsubmission_file_x.ipynb
Canvas    lovelaceada_12345_67890_x.ipynb, lovelaceada_LATE_12345_67890_x-1.ipynb for a second, late attempt
folders   ada/x.ipynb, or nbgrader's own ada/08_interpretability_overview/x.ipynb
loose     ada_interpretability_overview.ipynb, ada.ipynb, or what an instructor's pattern says
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from course_lib.authoring.chapters import Chapter
from course_lib.errors import CourseError
from course_lib.grading.hand_ins import ATTEMPT, File, HandIn, is_interesting, stem_of
from course_lib.grading.learners import joined, safe_name

_MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d{1,18})_assignsubmission_(file|onlinetext)(_(?P<file>.*))?")
_CANVAS = re.compile(r"(?P<name>[^_]+)(?P<late>_LATE)?_(?P<number>\d{1,18})_(?P<upload>\d{1,18})_(?P<file>.+)")
_CHAPTER = re.compile(r"\d\d_[a-z][a-z0-9_]*")
LATE = "The learning platform marks it as late."


def by_name(files: Sequence[File], chapter: Chapter, pattern: str) -> Iterator[HandIn]:
    """The files with the learner whose each is; files that are nobody's are left out.

    Args:
        files: all files that were found, named by their path.
        chapter: which chapter.
        pattern: an instructor's, see `submissions`; "" to go by the forms above.

    Raises:
        CourseError: the pattern cannot be used.
    """
    expression = _expression(pattern, chapter) if pattern else None
    guesses = [_expression(guess, chapter) for guess in GUESSES]
    in_folders = any(chapter.folder in file.name.split("/")[1:-1] for file in files)
    for file in files if pattern else _without_wrapper(files, chapter):
        hand_in: HandIn | None
        if expression is not None:
            found = _matches(expression, file.name)
            hand_in = HandIn(safe_name(found["learner"]), files=[file]) if found else None
        elif in_folders:
            hand_in = _from_assignment(file, chapter)
        else:
            hand_in = _from_platform(file) or _from_folder(file) or _from_guess(file, guesses, chapter)
        if hand_in is not None:
            yield hand_in


GUESSES = ("{learner}_{chapter}.ipynb", "{chapter}_{learner}.ipynb", "{learner}.ipynb", "{learner}.zip")


def _without_wrapper(files: Sequence[File], chapter: Chapter) -> Sequence[File]:
    """The files without a folder that holds all of them; many programs put one into an archive."""
    tops = {file.name.partition("/")[0] for file in files}
    others = [file for file in files if is_interesting(file.name) and stem_of(file.name) != chapter.name]
    inside = all("/" in file.name for file in files)
    if len(tops) != 1 or not inside or len(others) < 2 or _MOODLE.fullmatch(next(iter(tops))):
        return files
    return [replace(file, name=file.name.partition("/")[2]) for file in files]


def _expression(pattern: str, chapter: Chapter) -> re.Pattern[str]:
    """A pattern with `{learner}`, `{chapter}` and `*` as a regular expression; a regular expression as it is."""
    if "{learner}" in pattern:
        words = (chapter.folder, chapter.name, f"{chapter.number:02}", str(chapter.number))
        text = re.escape(pattern).replace(re.escape("{learner}"), r"(?P<learner>[^/]+?)", 1).replace(r"\*", "[^/]*")
        text = text.replace(re.escape("{chapter}"), f"(?:{'|'.join(map(re.escape, words))})")
    else:
        text = pattern
    try:
        found = re.compile(text)
    except re.error as error:
        raise CourseError(f"The pattern {pattern!r} cannot be used: {error}.", _PATTERNS) from error
    if "learner" not in found.groupindex:
        raise CourseError(f"The pattern {pattern!r} does not say where the learner's name stands.", _PATTERNS)
    return found


_PATTERNS = 'Write it like "{learner}_{chapter}.ipynb", or as a regular expression with a group (?P<learner>...).'


def _matches(expression: re.Pattern[str], name: str) -> re.Match[str] | None:
    found = expression.fullmatch(name) or expression.fullmatch(name.rpartition("/")[2])
    return found if found and found["learner"] else None


def _from_platform(file: File) -> HandIn | None:
    """By the names that Moodle and Canvas give."""
    for part in file.name.split("/")[:-1]:
        if found := _MOODLE.fullmatch(part):
            return _numbered(found, file, file.name.rpartition("/")[2])
    last = file.name.rpartition("/")[2]
    if found := _MOODLE.fullmatch(last):
        return _numbered(found, file, found["file"] or last)
    if found := _CANVAS.fullmatch(last):
        hand_in = _numbered(found, file, found["file"])
        hand_in.warnings += [LATE] if found["late"] else []
        return hand_in
    return None


def _numbered(found: re.Match[str], file: File, name: str) -> HandIn:
    learner = safe_name(f"{joined(found['name'])[:40]}_{found['number']}")
    original = ATTEMPT.sub("", name)
    return HandIn(learner, files=[replace(file, name=original)])


def _from_assignment(file: File, chapter: Chapter) -> HandIn | None:
    """nbgrader's folders in an archive: …/LEARNER/ASSIGNMENT/x.ipynb."""
    parts = file.name.split("/")
    if chapter.folder not in parts[1:-1]:
        return None
    learner = parts[parts.index(chapter.folder, 1) - 1]
    return HandIn(safe_name(learner), files=[replace(file, name=parts[-1])])


def _from_folder(file: File) -> HandIn | None:
    """A folder for each learner, without the assignment's: LEARNER/x.ipynb."""
    parts = file.name.split("/")
    if len(parts) < 2 or any(_CHAPTER.fullmatch(part) for part in parts[1:-1]):
        return None
    return HandIn(safe_name(parts[0]), files=[replace(file, name=parts[-1])])


def _from_guess(file: File, guesses: list[re.Pattern[str]], chapter: Chapter) -> HandIn | None:
    if "/" in file.name or stem_of(file.name) in (chapter.name, chapter.folder):
        return None
    found = next((match for match in (_matches(guess, file.name) for guess in guesses) if match), None)
    return HandIn(safe_name(found["learner"]), files=[file]) if found else None
