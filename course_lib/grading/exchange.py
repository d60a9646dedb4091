"""Hand-ins out of nbgrader's exchange and feedback back into it, named in `nbgrader_config.py`.

The folder of a hand-in in the exchange belongs to its learner for as long as it lies there, with everything that is in it.
nbgrader copies it with all that its links lead to, in the name of the instructor: a link to the notebook with the answers
becomes a hand-in with full marks. It takes the learner's name from the folder's name, and stops for the whole class at a
name that it cannot read, and at feedback without the secret under which its learner will look for it.

Here no link is followed, on no step of the path. A hand-in that another account owns is not taken, unless
`c.ExchangeCollect.check_owner = False` says that owners mean nothing (all servers of a hub under one account, containers).
What is wrong with one learner's files costs nobody else anything.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections import Counter
from datetime import UTC, datetime
from fnmatch import fnmatch
from glob import glob
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.exchange.default import ExchangeCollect, ExchangeReleaseFeedback

from course_lib.grading.exporter import SECRET
from course_lib.grading.hand_ins import DEEPEST, MOST_FILES
from course_lib.grading.intake import Refused, read_file
from course_lib.grading.learners import is_safe
from course_lib.grading.notebooks import LIMITS
from course_lib.grading.rows import name_students
from course_lib.grading.writing import write_file

TIME, NOBODY = "timestamp.txt", ""


class CarefulCollect(ExchangeCollect):
    """Collects what is a learner's own, as regular files."""

    src_records: list[dict[str, Any]]

    def _path_to_record(self, path: str) -> dict[str, Any]:
        """nbgrader's record of a hand-in, for `NOBODY` where it is not taken."""
        name = os.path.basename(path)
        learner = name.rsplit("+", 3)[0]
        try:
            record: dict[str, Any] = super()._path_to_record(path)
            if not record["timestamp"]:
                raise ValueError("there is no time in its name")
            self._expect(record["username"], path)
        except Exception as error:
            self.log.warning("Not collected: %a, said to be of %a; %s.", name, learner, error)
            return {"username": NOBODY, "filename": name, "timestamp": datetime.min.replace(tzinfo=UTC)}
        return record

    def _expect(self, learner: str, path: str) -> None:
        if not is_safe(learner):
            raise ValueError("this cannot be a learner's name")
        found = os.lstat(path)
        if not stat.S_ISDIR(found.st_mode):
            raise ValueError("it is no folder")
        if self.check_owner:
            import pwd

            owner = pwd.getpwuid(found.st_uid).pw_name
            if owner != learner:
                raise ValueError(
                    f"its owner is {owner}. If owners mean nothing on this machine, set c.ExchangeCollect.check_owner = False"
                )

    def copy_files(self) -> None:
        """Collect, and give everyone a row in the gradebook that formgrader can show."""
        self.src_records = [record for record in self.src_records if record["username"] != NOBODY]
        super().copy_files()
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as book:
            name_students(book, [record["username"] for record in self.src_records])

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        """Copy the regular files of one hand-in."""
        part = Path(dest).with_name(f".{Path(dest).name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        left_out = self._copy(Path(src), part)
        write_file(
            part / TIME, f"{Path(src).name.rsplit('+', 3)[2]}\n".encode()
        )  # read already, where the file may say anything
        os.replace(part, dest)
        for reason, count in left_out.items():
            self.log.warning("%s: %d not copied. %s", Path(src).name, count, reason)

    def _copy(self, source: Path, target: Path) -> Counter[str]:
        """Copy what may be copied; returns why the rest was not."""
        left_out: Counter[str] = Counter()
        files, size = 0, 0
        for folder, folders, names, handle in os.fwalk(source, follow_symlinks=False):
            here = Path(folder).relative_to(source)
            folders[:] = [] if len(here.parts) >= DEEPEST else [one for one in folders if not self._ignored(one)]
            for name in names:
                if self._ignored(name):
                    continue
                files += 1
                try:
                    if files > MOST_FILES or size > 1000 * self.coursedir.max_dir_size:
                        raise Refused("There are more files than a hand-in has.")
                    raw = read_file(Path(name), LIMITS.file_bytes, folder=handle)
                except Refused as refused:
                    left_out[str(refused)] += 1
                    continue
                size += len(raw)
                write_file(target / here / name, raw)
        return left_out

    def _ignored(self, name: str) -> bool:
        return any(fnmatch(name, pattern) for pattern in self.coursedir.ignore)


class CarefulReleaseFeedback(ExchangeReleaseFeedback):
    """Releases the feedback of those who can fetch it: whose hand-in came through the exchange."""

    def copy_files(self) -> None:
        """Leave out pages without a secret, and say whose."""
        folders = [Path(folder) for folder in glob(self.src_path)]
        without = [one.parent.name for one in folders if not all((one / name).is_file() for name in (SECRET, TIME))]
        if without:
            self.log.warning(
                "Not handed in through the exchange, so not released there: %s", ", ".join(sorted(without))
            )
        wished = self.coursedir.student_id_exclude
        self.coursedir.student_id_exclude = ",".join([*filter(None, [wished]), *without])
        try:
            super().copy_files()
        finally:
            self.coursedir.student_id_exclude = wished
