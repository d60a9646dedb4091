"""Results on disk, one file each: a run that was killed goes on, a second run is free, and every mark can be audited.

A result holds for four things together: the bytes that were handed in, the version of the chapter and its checks, the
versions of the packages, and the seed of the class. Its key is a hash of all four, so nothing has to be invalidated:
whatever changes gives another key. A file is written beside its place and moved there, so that it is whole or absent.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.grading.results import SubmissionResult


def key_of(*parts: str) -> str:
    """One key for some texts; no two lists of texts have the same.

    Example:
        >>> key_of("a", "bc") == key_of("ab", "c")
        False
    """
    return hashlib.sha256("".join(f"{len(part)}:{part}" for part in parts).encode()).hexdigest()


class ResultStore:
    """A folder of results.

    Args:
        folder: where; it is made when the first result is stored.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"

    def get(self, key: str) -> SubmissionResult | None:
        """The result with this key; None when there is none, or when its file was damaged."""
        try:
            return SubmissionResult.from_json(self._path(key).read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def put(self, result: SubmissionResult) -> None:
        """Store a result under its key.

        Raises:
            CourseError: it cannot be written, for example because the disk is full; nothing that was stored is lost.
        """
        path = self._path(result.key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                    stream.write(result.to_json())
                    stream.flush()
                    os.fsync(stream.fileno())
                os.replace(name, path)
            except BaseException:
                with suppress(OSError):
                    os.unlink(name)
                raise
        except OSError as error:
            raise CourseError(
                f"The result of {result.learner} cannot be stored in {self.folder}: {error.strerror or error}.",
                "Make room or choose another place, then run the same command again: what was stored is kept.",
            ) from error

    def forget(self, key: str) -> None:
        """Forget one result, so that it is computed again."""
        with suppress(OSError):
            self._path(key).unlink()
