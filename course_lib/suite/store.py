"""Results of parts, kept on disk as soon as each is finished: a suite that was interrupted goes on where it stopped.

A result is kept under a name made of everything that decides it: the part and its version, size and seed, the fingerprint of the
model, and the versions of the libraries that compute. The limits are not in it: another limit needs no new measurement.
What failed is not kept, so that the next run tries it again. Where a part uses a function that is not the course's (a
learner's own, in a notebook), its code may change under the same name, so its result is neither kept nor read.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from course_lib.data.cache import cache_dir
from course_lib.data.files import write_whole
from course_lib.errors import CourseError
from course_lib.suite.config import SuiteConfig
from course_lib.suite.part import Part, functions_of
from course_lib.suite.results import Cost, PartResult, found_of

FORMAT = 1  # raise when the meaning of a stored file changes


def place_of(part: Part, config: SuiteConfig, model: str) -> Path:
    """The file of a part's result.

    Args:
        part: the part.
        config: its size and seed take part.
        model: the model's fingerprint.
    """
    import torch
    import transformers

    question = [FORMAT, part.name, part.version, functions_of(part), config.size, config.seed, model]
    question += [torch.__version__, transformers.__version__]
    key = hashlib.sha256(json.dumps(question).encode()).hexdigest()[:24]
    return cache_dir() / "suite" / f"{part.name}-{key}.json"


def keep(place: Path, result: PartResult) -> None:
    """Write a result that is there, whole; a full or read-only disk costs the next run time, not this one its result."""
    if result.status in ("ok", "skipped"):
        with suppress(CourseError):
            write_whole(place, json.dumps(result.plain(), ensure_ascii=False, indent=1) + "\n")


def kept(place: Path) -> PartResult | None:
    """The stored result, or None where there is no readable one."""
    try:
        plain: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
        return PartResult(
            part=plain["part"],
            status=plain["status"],
            sentence=plain["sentence"],
            found=found_of(plain["found"]),
            cost=Cost(**plain["cost"]),
            version=plain["version"],
            stored=True,
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def same_after_storing(result: PartResult) -> PartResult:
    """The result as it would come back from disk, so that a fresh one and a stored one give the same report."""
    return PartResult(
        result.part,
        result.status,
        result.sentence,
        found_of(json.loads(json.dumps(asdict(result.found), allow_nan=False))),
        result.cost,
        result.version,
        result.stored,
    )
