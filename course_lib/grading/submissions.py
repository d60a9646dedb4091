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
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from course_lib.authoring.chapters import Chapter
from course_lib.errors import CourseError
from course_lib.grading.archives import (
    CLASS_CAPS,
    BadArchive,
    Member,
    is_archive,
    is_other_archive,
    name_problem,
    open_archive,
)
from course_lib.grading.intake import HAND_IN, Submission, Unreadable, read_submission, read_timestamp
from course_lib.grading.learners import joined, safe_name

MOST_FILES, MOST_OF_A_CLASS, DEEPEST = 2_000, 500_000, 4
_SKIPPED = (".", "__MACOSX")
_MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d{1,18})_assignsubmission_(file|onlinetext)(_(?P<file>.*))?")
_CANVAS = re.compile(r"(?P<name>[^_]+)(?P<late>_LATE)?_(?P<number>\d{1,18})_(?P<upload>\d{1,18})_(?P<file>.+)")
_CHAPTER = re.compile(r"\d\d_[a-z][a-z0-9_]*")
_ATTEMPT = re.compile(r"-(\d{1,6})(?=\.[^.]+$)")
LATE = "The learning platform marks it as late."


@dataclass(frozen=True)
class File:
    """One file that was handed in.

    Attributes:
        path: where it lies now.
        name: what the learner called it.
        attempt: the platform's number of it, 0 for the first.
        modified: "YYYY-MM-DD HH:MM:SS" in UTC, "" when unknown.
        problem: why it is not opened; "" when it is.
    """

    path: Path
    name: str
    attempt: int = 0
    modified: str = ""
    problem: str = ""

    @property
    def age(self) -> tuple[int, str, str]:
        """What is compared to find the newest."""
        return (self.attempt, self.modified, self.name)


@dataclass
class HandIn:
    """All that one learner handed in."""

    learner: str
    folder: Path | None = None
    files: list[File] = field(default_factory=list)
    timestamp: str = ""
    warnings: list[str] = field(default_factory=list)


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
        yield from _by_name(list(_unpacked(source, scratch)), chapter, pattern)
        return
    if not source.is_dir():
        raise CourseError(f"There is no folder {source}.", "Check the path of the submissions.")
    submitted = source / "submitted" if (source / "submitted").is_dir() else source
    entries = [] if pattern else _entries(submitted, MOST_OF_A_CLASS)
    ours = [Path(entry.path) for entry in entries if os.path.lexists(Path(entry.path) / chapter.folder)]
    yield from (_nbgrader_hand_in(folder, chapter) for folder in ours)
    if pattern or (not ours and submitted == source):
        yield from _by_name(list(_files_below(source, MOST_OF_A_CLASS)), chapter, pattern)


def _entries(folder: Path, most: int) -> list[os.DirEntry[str]]:
    """What lies in a folder, in order of name, without what programs leave there."""
    with os.scandir(folder) as found:
        mine = (entry for entry in found if not entry.name.startswith(_SKIPPED))
        return sorted(islice(mine, most), key=lambda entry: entry.name)


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
    hand_in.files = [replace(file, name=Path(file.name).name) for file in _files_below(work, MOST_FILES)]
    return hand_in


def _files_below(folder: Path, most: int) -> Iterator[File]:
    """The files below a folder; no link is followed."""
    left = [(folder, DEEPEST)]
    while left:
        here, depth = left.pop()
        try:
            entries = _entries(here, most)
        except OSError:
            continue
        most -= len(entries)
        for entry in entries:
            path = Path(entry.path)
            if not entry.is_dir(follow_symlinks=False):
                yield File(path, path.relative_to(folder).as_posix(), _attempt(entry.name), _modified(entry))
            elif depth > 1:
                left.append((path, depth - 1))


def _interesting(name: str) -> bool:
    return name.lower().endswith(".ipynb") or is_archive(name) or is_other_archive(name)


def _attempt(name: str) -> int:
    found = _ATTEMPT.search(name)
    return int(found[1]) if found else 0


def _modified(entry: os.DirEntry[str]) -> str:
    try:
        status = entry.stat(follow_symlinks=False)
        return datetime.fromtimestamp(status.st_mtime, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (OSError, OverflowError, ValueError):
        return ""


# Files whose names say whose they are


def _by_name(files: Sequence[File], chapter: Chapter, pattern: str) -> Iterator[HandIn]:
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
    others = [file for file in files if _interesting(file.name) and _stem(file.name) != chapter.name]
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
    original = _ATTEMPT.sub("", name)
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
    if "/" in file.name or _stem(file.name) in (chapter.name, chapter.folder):
        return None
    found = next((match for match in (_matches(guess, file.name) for guess in guesses) if match), None)
    return HandIn(safe_name(found["learner"]), files=[file]) if found else None


# Archives


def _unpacked(archive: Path, scratch: Path) -> Iterator[File]:
    """The files of a class's archive, each written into `scratch` under a number; what is bad is named and left out."""
    folder = scratch / "class"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with open_archive(archive, CLASS_CAPS) as members:
            for number, member in enumerate(members):
                last = member.name.rpartition("/")[2]
                if _interesting(last) and not any(
                    part.startswith(_SKIPPED) for part in member.name.split("/") if part != ".."
                ):
                    yield _written(member, folder / f"{number}{_ending(last)}")
    except BadArchive as error:
        raise CourseError(f"{archive} cannot be read: {error}", "Download it again from the platform.") from error


def _written(member: Member, path: Path) -> File:
    name = member.name if not name_problem(member.name) else _without_tricks(member.name)
    if member.problem:
        return File(path, name, problem=f"The file in the archive is not read: {member.problem}. {HAND_IN}")
    try:
        if _interesting(name):
            path.write_bytes(member.read())
    except BadArchive as error:
        return File(path, name, problem=str(error))
    return File(path, name, _attempt(name), member.modified)


def _without_tricks(name: str) -> str:
    """A name by which a learner can still be told; it is never used as a path."""
    return "/".join(part for part in name[:400].replace("\\", "/").split("/") if part not in ("", ".", ".."))


def _ending(name: str) -> str:
    lower = name.lower()
    return next((e for e in (".ipynb", ".tar.gz", ".tgz", ".tar", ".zip") if lower.endswith(e)), ".other")


# From a learner's files to the one that counts


def _read(hand_in: HandIn, chapter: Chapter, scratch: Path) -> Submission | Unreadable:
    files = [file for file in hand_in.files if file.name.lower().endswith(".ipynb")]
    sound = [file for file in files if not file.problem]
    archives = [file for file in hand_in.files if is_archive(file.name) and not file.problem]
    if not sound and archives:
        newest = max(archives, key=lambda file: file.age)
        try:
            sound = _from_archive(newest, scratch / "learners" / hand_in.learner)
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
    named = [file for file in files if _stem(file.name) == chapter.name]
    chosen = max(named or files, key=lambda file: file.age)
    if len(named or files) > 1:
        warnings.append(f"There are {len(named or files)} notebooks; the newest, {chosen.name!a}, was taken.")
    elif not named:
        warnings.append(f"The notebook is called {chosen.name!a} in place of {chapter.name}.ipynb.")
    return chosen


def _stem(name: str) -> str:
    return name.rpartition("/")[2].removesuffix(".ipynb")


def _from_archive(file: File, folder: Path) -> list[File]:
    """The notebooks of a learner's archive, written into `folder` under numbers.

    Raises:
        BadArchive: it cannot be read, or something in it is not as it should be.
    """
    found = []
    folder.mkdir(parents=True, exist_ok=True)
    with open_archive(file.path) as members:
        for number, member in enumerate(members):
            parts = member.name.split("/")
            if member.problem:
                raise BadArchive(f"A file in the archive is not read: {member.problem}. {HAND_IN}")
            if parts[-1].lower().endswith(".ipynb") and not any(part.startswith(_SKIPPED) for part in parts):
                path = folder / f"{number}.ipynb"
                path.write_bytes(member.read())
                found.append(File(path, parts[-1], _attempt(parts[-1]), member.modified))
    if not found:
        raise BadArchive(f"There is no notebook in the archive. {HAND_IN}")
    return found
