"""Scores kept on disk, so that an audit can be stopped at any time and goes on where it was.

A score is stored under a hash of everything that decides it: which weights, which method (and the version of its code),
which tokens, which target. A request that is asked again for another seed or another limit is found again. The file
has one line for each score; a line that a stop cut short is not read and does no harm to the next.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from course_lib.data.cache import disk_problem
from course_lib.organisms.audit.methods import VERSION, Question


@dataclass(frozen=True)
class Stored:
    """What one method said about one request.

    Attributes:
        scores: one for each token of the request.
        seconds: how long it took, on the machine that computed it.
    """

    scores: tuple[float, ...]
    seconds: float


class ScoreStore:
    """Scores by their key, in memory and in one file.

    Args:
        path: of the file, which need not be there yet.

    Raises:
        CourseError: when something cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known = dict(_read(path))

    def __len__(self) -> int:
        return len(self._known)

    def get(self, key: str) -> Stored | None:
        """The scores under that key, None where there are none."""
        return self._known.get(key)

    def put(self, key: str, stored: Stored) -> None:
        """Keep scores, here and in the file, at once."""
        self._known[key] = stored
        line = json.dumps({"key": key, "scores": stored.scores, "seconds": stored.seconds})
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(f"\n{line}\n")  # the first line break ends a line that was cut short
        except OSError as error:
            raise disk_problem(error, self.path) from error


def _read(path: Path) -> list[tuple[str, Stored]]:
    """All whole lines of a file; none when it is not there."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise disk_problem(error, path) from error
    found = []
    for line in lines:
        try:
            row = json.loads(line)
            found.append((str(row["key"]), Stored(tuple(map(float, row["scores"])), float(row["seconds"]))))
        except (ValueError, KeyError, TypeError):
            continue
    return found


def score_key(weights: str, method: str, question: Question) -> str:
    """The name of a score: the same for the same question, another one for any other.

    Args:
        weights: what identifies the model's weights, such as a hash of their file.
        method: the method's name.
        question: what it is asked.
    """
    return hashlib.sha256(json.dumps([VERSION, weights, method, asdict(question)]).encode()).hexdigest()[:32]


def weights_of(folder: Path | None) -> str:
    """What identifies the weights: the file of the default model, and the adapter's content where there is one."""
    from course_lib.data.assets import find_asset
    from course_lib.data.files import file_hash
    from course_lib.models.load import DEFAULT_ASSET
    from course_lib.models.organism import WEIGHTS

    base = find_asset(DEFAULT_ASSET).files[0].sha256
    files = () if folder is None else (folder / WEIGHTS, folder / "adapter_config.json")
    return f"{base} {file_hash(*files) if files else ''}"
