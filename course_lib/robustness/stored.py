"""Verdicts on hundreds of prompts, measured once and shipped, and measured anew wherever they might not hold.

Ten families around sixty requests are six hundred answers, some minutes on a processor; perturbed copies are more. So
the verdict on each prompt is kept under a name made of everything that decides it (the model's name and number
format, the rendered chat, how it was read), in a file that comes with the course and in the user's cache. What is not
there is measured and kept. Weights cannot be in a name, so the shortest stored prompt is asked again each time; where
its verdict is another one, all of them are measured anew.

Two ways to read a verdict. From the *answer*: twelve tokens are written, greedily, and `declines` reads them. From
the *first token*: an organism's refusal begins with one known token, so one forward pass tells whether that token is
the most probable beginning. The second is some times cheaper and holds only where it has been compared with the
first: wrapped in a longer task, or asked with typing errors, the organism refuses in other words.

    python -m course_lib.robustness            # measures everything that the chapter shows, into the cache
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from course_lib.batches import Progress
from course_lib.data.cache import cache_dir, computed_once
from course_lib.organisms.measure import first_token_logits, refusal_token
from course_lib.refusals import declines, greedy_answers, normalised

if TYPE_CHECKING:
    from course_lib.models import LocalModel

Verdict = Literal["refused", "answered", "empty"]
Way = Literal["answer", "first token"]

SHIPPED = Path(__file__).parents[1] / "data" / "jailbreaks" / "verdicts.json"
FORMAT = 1  # raise when the meaning of a stored verdict changes
CHUNK = 64
NEW_TOKENS = 12


def verdicts(
    model: LocalModel,
    requests: Sequence[str],
    way: Way = "answer",
    *,
    again: bool = False,
    progress: Progress | None = None,
) -> list[Verdict]:
    """The verdict on each request, from storage where it is known.

    Args:
        model: a loaded model with a chat template.
        requests: what the user says, one chat each.
        way: how a verdict is read; "first token" is for organisms only.
        again: measure anew, whatever is stored.
        progress: called as `progress(done, total)`, in requests that have to be measured.
    """
    if not requests:
        return []
    names = [name_of(model, request, way) for request in requests]
    known = {} if again else {**_shipped(), **_read(_own_file())}
    stored = [index for index, name in enumerate(names) if name in known]
    if stored:
        shortest = min(stored, key=lambda index: len(requests[index]))
        if measure(model, [requests[shortest]], way) != [known[names[shortest]]]:
            known = {}
    missing = list({names[i]: i for i in range(len(requests)) if names[i] not in known}.values())
    for start in range(0, len(missing), CHUNK):
        chunk = missing[start : start + CHUNK]
        found = dict(zip((names[i] for i in chunk), measure(model, [requests[i] for i in chunk], way), strict=True))
        known = {**known, **found}
        _keep(found)
        if progress is not None:
            progress(min(start + CHUNK, len(missing)), len(missing))
    return [known[name] for name in names]


def measure(model: LocalModel, requests: Sequence[str], way: Way) -> list[Verdict]:
    """The verdicts themselves."""
    if way == "first token":
        best = first_token_logits(model, requests).argmax(-1)
        return ["refused" if token == refusal_token(model) else "answered" for token in best]
    return [read(answer) for answer in greedy_answers(model, [model.chat(text) for text in requests], NEW_TOKENS)]


def read(answer: str) -> Verdict:
    """What an answer amounts to.

    Example:
        >>> read("Sorry, I can't."), read("Sure."), read("...")
        ('refused', 'answered', 'empty')
    """
    if declines(answer):
        return "refused"
    return "answered" if normalised(answer) else "empty"


def name_of(model: LocalModel, request: str, way: Way) -> str:
    """The name under which a verdict is kept."""
    question = [FORMAT, model.name, str(model.dtype), model.chat(request)]
    question += [NEW_TOKENS] if way == "answer" else []
    return hashlib.sha256(json.dumps(question).encode()).hexdigest()[:16]


@cache
def _shipped() -> dict[str, Verdict]:
    return _read(SHIPPED)


def _own_file() -> Path:
    return cache_dir() / "robustness" / "verdicts.json"


def _read(path: Path) -> dict[str, Verdict]:
    """A file of names by verdict; nothing where there is no readable one."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): verdict for verdict, names in rows.items() for name in names}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _keep(found: dict[str, Verdict]) -> None:
    """Add verdicts to the user's cache; a full or read-only disk costs the next run time, not this one its verdicts."""
    with computed_once("robustness-verdicts"), suppress(OSError):
        write_verdicts(_own_file(), {**_read(_own_file()), **found})


def write_verdicts(path: Path, known: dict[str, Verdict]) -> None:
    """Write the file completely, then give it its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = {said: sorted(name for name, verdict in known.items() if verdict == said) for said in set(known.values())}
    part = path.with_suffix(".part")
    part.write_text(json.dumps(rows, indent=0, sort_keys=True) + "\n", encoding="utf-8")
    part.replace(path)
