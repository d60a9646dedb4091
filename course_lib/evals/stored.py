"""Scores of whole tasks, computed once: shipped for the default model and its organisms, kept in the cache for others.

Six models, seven tasks of 300 items: twenty minutes of one core. So the log-likelihoods come with the course
(`data/evals/scores.json`), each under the model's name and a fingerprint of the items. Weights cannot be in a name;
therefore the shortest item is scored again at each use, and where its numbers are others, everything is computed anew.

    python -m course_lib.evals             # computes what is shipped, and writes it
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course_lib.data.cache import cache_dir, computed_once
from course_lib.evals.items import Item, fingerprint
from course_lib.evals.scoring import Scores, score_items

if TYPE_CHECKING:
    from course_lib.batches import Progress
    from course_lib.models import LocalModel

SHIPPED = Path(__file__).parents[1] / "data" / "evals" / "scores.json"
DECIMALS, TOLERANCE = 3, 0.02

Table = dict[str, dict[str, Any]]


def stored_scores(
    model: LocalModel,
    items: Sequence[Item],
    *,
    of: Sequence[Item] | None = None,
    again: bool = False,
    progress: Progress | None = None,
) -> list[Scores]:
    """The scores of items, from storage where they are known there.

    Args:
        model: a loaded model.
        items: the items to score.
        of: the whole task that they are the beginning of, where that may be stored; itself if None.
        again: compute anew, and keep nothing.
        progress: called as `progress(done, total)`, in items that have to be scored.
    """
    if again or not items:
        return score_items(model, items, progress)
    for whole in ([of] if of is not None else []) + [items]:
        known = _known(model, whole)
        if known is not None and _holds(model, items, known):
            return known[: len(items)]
    fresh = score_items(model, items, progress)
    _keep(model, items, fresh)
    return fresh


def name_of(model: LocalModel, items: Sequence[Item]) -> str:
    """The name under which scores are kept: the model's name and number format, and the items as it reads them."""
    template = model.chat("\0") if any(item.chat for item in items) else ""
    return f"{model.name} {str(model.dtype)[6:]} {fingerprint([*items, Item(template, (), None)])}"


def _known(model: LocalModel, items: Sequence[Item]) -> list[Scores] | None:
    row = {**_read(_own_file()), **_shipped()}.get(name_of(model, items))
    if row is None:
        return None
    return [Scores(tuple(a), tuple(b)) for a, b in zip(row["log_probs"], row["tokens"], strict=True)]


def _holds(model: LocalModel, items: Sequence[Item], known: Sequence[Scores]) -> bool:
    """Whether the shortest item still gets the stored numbers."""
    place = min(range(len(items)), key=lambda place: len(items[place].context))
    [fresh] = score_items(model, [items[place]])
    same = fresh.tokens == known[place].tokens
    return same and all(abs(a - b) < TOLERANCE for a, b in zip(fresh.log_probs, known[place].log_probs, strict=True))


def as_row(scores: Sequence[Scores]) -> dict[str, Any]:
    """Scores as they are written."""
    return {
        "log_probs": [[round(value, DECIMALS) for value in one.log_probs] for one in scores],
        "tokens": [list(one.tokens) for one in scores],
    }


@cache
def _shipped() -> Table:
    return _read(SHIPPED)


def _own_file() -> Path:
    return cache_dir() / "evals" / "scores.json"


def _read(path: Path) -> Table:
    """A file of scores; nothing where there is no readable one."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return dict(found) if isinstance(found, dict) else {}
    except (OSError, ValueError):
        return {}


def _keep(model: LocalModel, items: Sequence[Item], scores: Sequence[Scores]) -> None:
    """Add to the user's cache; a full or read-only disk costs the next run time, not this one its scores."""
    with computed_once("evals-scores"), suppress(OSError):
        write_table(_own_file(), {**_read(_own_file()), name_of(model, items): as_row(scores)})


def write_table(path: Path, table: Table) -> None:
    """Write the file completely, then give it its name; one line for each model and task."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [f"{json.dumps(name)}: {json.dumps(row, separators=(',', ':'))}" for name, row in sorted(table.items())]
    part = path.with_suffix(".part")
    part.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")
    part.replace(path)
