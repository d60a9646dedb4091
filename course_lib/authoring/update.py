"""Bring a clone up to date without losing what a learner wrote in it.

`git pull` stops where a learner has worked: the chapters are committed files, and an answer is a change in one. So the
update takes the notebooks aside, lets git bring the newer version, and merges each one (`merge`). The order makes it safe to
pull the plug at any moment:

1. copies of all changed chapters are written to a folder of their own, and then a journal that names them;
2. the chapters are put back to the state that git knows, and git fast-forwards; if it cannot, they are restored;
3. each chapter is merged from its copy and written in one step; then the journal goes, and the copies stay.

A journal that is still there says that an update was cut short: the next one begins by finishing it.

Pitfall: only chapters are merged. If somebody also changed the library and the newer version changes the same file, the
update stops before it touches anything, because which of the two is wanted is not ours to guess.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from course_lib.authoring.learner_work import cells_hash, read_notebook
from course_lib.authoring.merge import Merged, merge_notebooks
from course_lib.errors import CourseError

JOURNAL = "course-update.json"
COPIES = "course-update"


@dataclass(frozen=True)
class Updated:
    """What an update did.

    Attributes:
        commits: how many newer commits came.
        merged: what was done with each chapter that held work, by its path.
        copies: where the chapters as they were before lie; None when none held work.
    """

    commits: int
    merged: dict[str, str]
    copies: Path | None


def update(root: Path) -> Updated:
    """Fetch the newer version, if there is one, and merge the learner's work into it.

    Args:
        root: the folder of the clone.

    Raises:
        CourseError: no clone, no place to fetch from, no network, commits of one's own, or changes outside the chapters that
            the newer version changes too. Nothing is changed then.
    """
    unfinished = _journal(root)
    if unfinished.is_file():
        return _finish(root, unfinished)
    _say(root, "fetch", "--quiet", remedy="Check the network, then run `course update` again.")
    old, new = _commit(root, "HEAD"), _commit(root, "@{upstream}")
    commits = int(_say(root, "rev-list", "--count", f"{old}..{new}"))
    if not commits:
        return Updated(0, {}, None)
    if _git(root, "merge-base", "--is-ancestor", old, new).returncode:
        raise CourseError(
            "This copy of the course has commits of its own.", "Use git for it: `git pull`, then `course build`."
        )
    held = _changed_files(root)
    newer = set(_say(root, "diff", "--name-only", "-z", old, new).split("\0"))
    chapters = [path for path in held if path.startswith("chapters/") and path.endswith(".ipynb")]
    if both := sorted((set(held) - set(chapters)) & newer):
        raise CourseError(
            f"You changed {', '.join(both)}, and so does the newer version.",
            "Keep your change elsewhere (`git stash` does), then run `course update` again.",
        )
    record = _take_aside(root, chapters, old, commits)
    if chapters:
        _say(root, "checkout", "--quiet", old, "--", *chapters, remedy="Run `course update` again.")
    forward = _git(root, "merge", "--quiet", "--ff-only", new)
    if forward.returncode:
        _put_back(root, record)
        raise CourseError(
            f"git could not go to the newer version: {_last_line(forward)}.", "Your chapters are as they were."
        )
    return _finish(root, record)


def _take_aside(root: Path, chapters: Sequence[str], old: str, commits: int) -> Path:
    """Copy the chapters away and note it; the journal is written last, so that what it names is there."""
    journal = _journal(root)
    folder = journal.parent / COPIES / f"{datetime.now():%Y-%m-%d_%H-%M-%S}"
    for path in chapters:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / path, target)
    record = {"old": old, "commits": commits, "copies": str(folder), "chapters": list(chapters)}
    _write(journal, json.dumps(record, indent=1).encode())
    return journal


def _put_back(root: Path, journal: Path) -> None:
    record = json.loads(journal.read_text(encoding="utf-8"))
    for path in record["chapters"]:
        _keep_later_work(root, path, record)
        _write(root / path, (Path(record["copies"]) / path).read_bytes())
    journal.unlink()


def _keep_later_work(root: Path, path: str, record: dict[str, Any]) -> None:
    """Copy away what was written into a chapter after an update was cut short, before something else takes its place."""
    target = Path(record["copies"]) / path
    known = [_git(root, "show", f"{name}:{path}").stdout for name in (record["old"], "HEAD")]
    if (root / path).is_file() and (held := (root / path).read_bytes()) not in (*known, target.read_bytes()):
        target.with_stem(f"{target.stem}-later").write_bytes(held)


def _finish(root: Path, journal: Path) -> Updated:
    """Merge what the journal names; safe to do twice."""
    record = json.loads(journal.read_text(encoding="utf-8"))
    if _commit(root, "HEAD") == record["old"]:
        _put_back(root, journal)  # it was cut short before git went on
        return update(root)
    merged = {path: _merge_one(root, path, record) for path in record["chapters"]}
    journal.unlink()
    return Updated(record["commits"], merged, Path(record["copies"]) if merged else None)


def _merge_one(root: Path, path: str, record: dict[str, Any]) -> str:
    """Merge one chapter and say what was done; where it cannot be merged, the learner's version is kept."""
    import nbformat

    _keep_later_work(root, path, record)
    copied = Path(record["copies"]) / path
    mine = read_notebook(copied.read_bytes())
    base = read_notebook(_git(root, "show", f"{record['old']}:{path}").stdout)
    theirs = read_notebook(_git(root, "show", f"HEAD:{path}").stdout)
    if theirs is None:
        _write(root / path, copied.read_bytes())
        return "the newer version has no such chapter; yours is kept as it is"
    if mine is None or base is None:
        return f"your file could not be read as a notebook; it is kept as {copied}, and the newer version stands in its place"
    if cells_hash(mine) == cells_hash(base):
        return "nothing of yours in it but outputs"
    found: Merged = merge_notebooks(base, mine, theirs)
    _write(root / path, (nbformat.writes(found.notebook) + "\n").encode())
    return found.text()


def _changed_files(root: Path) -> list[str]:
    """Tracked files that are not as the last commit has them."""
    listed = _say(root, "diff", "--name-only", "-z", "HEAD").split("\0")
    return [path for path in listed if path and (root / path).is_file()]


def _journal(root: Path) -> Path:
    """In git's own folder, where nothing is committed by accident and `git clean` does not go."""
    return root / _say(root, "rev-parse", "--git-path", JOURNAL).strip()


def _commit(root: Path, name: str) -> str:
    remedy = "`git clone` the course anew, or set one: `git branch --set-upstream-to=origin/main`."
    return _say(
        root, "rev-parse", "--verify", "--quiet", name, problem=f"git knows no {name} here.", remedy=remedy
    ).strip()


def _say(root: Path, *words: str, problem: str = "", remedy: str = "") -> str:
    """What git says."""
    done = _git(root, *words)
    if done.returncode:
        raise CourseError(
            problem or f"git {words[0]} failed: {_last_line(done)}.", remedy or "Run `git status` to see why."
        )
    return done.stdout.decode(errors="replace")


def _git(root: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        return subprocess.run(["git", *words], cwd=root, capture_output=True, env=environment, check=False)
    except OSError as error:
        raise CourseError(
            "The update needs git, and it could not be started.",
            "Install git; or download the newer version beside this one and copy your answers over.",
        ) from error


def _last_line(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return lines[-1].removeprefix("fatal: ").rstrip(".") if lines else f"exit status {done.returncode}"


def _write(path: Path, content: bytes) -> None:
    """Write a file in one step: it is the old one or the new one, never half of each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(content)
    os.replace(partial, path)
