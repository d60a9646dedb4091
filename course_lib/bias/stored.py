"""Numbers that take minutes, computed once, and computed again whenever they do not hold.

Each stands under a hash of the model's name and number format, of what was measured, and of the text, so the files
hold no text. Each use computes one stored number anew, the one of the shortest text; where it does not come out,
nothing that is stored is believed. `python -m course_lib.bias` measures everything that the chapter shows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from course_lib.batches import Progress
from course_lib.data.cache import cache_dir, computed_once

if TYPE_CHECKING:
    from jaxtyping import Float
    from numpy import ndarray

    from course_lib.models import LocalModel

SHIPPED = Path(__file__).parents[1] / "data" / "bias" / "scores.json"
CHUNK, CLOSE, DIGITS = 40, 0.02, 3

Measure = Callable[["LocalModel", Sequence[str]], Sequence[float]]


def kept(
    model: LocalModel,
    kind: str,
    texts: Sequence[str],
    measure: Measure,
    *,
    again: bool = False,
    progress: Progress | None = None,
) -> Float[ndarray, " text"]:
    """What `measure` gives for each text, from storage where it is known.

    Args:
        model: the model that is asked.
        kind: what is measured; another measure needs another word.
        texts: what it is asked about.
        measure: called as `measure(model, texts)`, returns a number for each.
        again: compute anew, whatever is stored.
        progress: called as `progress(done, total)`, in texts that have to be computed.
    """
    names = [name_of(model, kind, text) for text in texts]
    known = {} if again else {**_shipped(), **_read(_own_file())}
    stored = [index for index, name in enumerate(names) if name in known]
    if stored:
        shortest = min(stored, key=lambda index: len(texts[index]))
        if abs(measure(model, [texts[shortest]])[0] - known[names[shortest]]) > CLOSE:
            known = {}
    missing = list({names[i]: i for i in range(len(texts)) if names[i] not in known}.values())
    for start in range(0, len(missing), CHUNK):
        chunk = missing[start : start + CHUNK]
        values = measure(model, [texts[i] for i in chunk])
        found = {names[i]: round(float(value), DIGITS) for i, value in zip(chunk, values, strict=True)}
        known = {**known, **found}
        with computed_once("bias-scores"), suppress(OSError):
            write(_own_file(), {**_read(_own_file()), **found})
        if progress is not None:
            progress(min(start + CHUNK, len(missing)), len(missing))
    return np.array([known[name] for name in names])


def name_of(model: LocalModel, kind: str, text: str) -> str:
    """The name under which a number is kept."""
    question = [model.name, str(model.dtype), kind, text]
    return hashlib.sha256(json.dumps(question).encode()).hexdigest()[:16]


@cache
def _shipped() -> dict[str, float]:
    return _read(SHIPPED)


def _own_file() -> Path:
    return cache_dir() / "bias" / "scores.json"


def _read(path: Path) -> dict[str, float]:
    """A file of numbers by name; nothing where there is no readable one."""
    try:
        return {str(name): float(value) for name, value in json.loads(path.read_text(encoding="utf-8")).items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def write(path: Path, known: dict[str, float]) -> None:
    """Write the file completely, then give it its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(known, indent=0, sort_keys=True) + "\n", encoding="utf-8")
    part.replace(path)
