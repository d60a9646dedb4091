"""Greedy answers kept on disk: 255 requests take a minute or two the first time and a second after that.

An answer is stored under a name made of everything that decides it: the model's name and number format, the requests,
the system prompt, the length, the chat template, and the versions of transformers and of this format. One thing cannot
be in a name: the weights, which somebody may have fine-tuned in place. So a stored file is checked, not trusted: the
shortest request is asked again, and when the answer differs from the stored one, all of them are asked anew.

Answers are short (the beginning decides about a refusal), so no more of what a model writes after a harmful request is
ever stored. Pitfall: two answers to the shortest request can agree by chance when everything else changed; a caller who
has changed the weights passes `fresh=True`.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from course_lib.batches import Progress
from course_lib.data.cache import cache_dir
from course_lib.refusals import greedy_answers

if TYPE_CHECKING:
    from course_lib.models import LocalModel

FORMAT = 1  # raise when the meaning of a stored file changes


def cached_answers(
    model: LocalModel,
    requests: Sequence[str],
    max_new_tokens: int = 12,
    *,
    system: str | None = None,
    fresh: bool = False,
    progress: Progress | None = None,
) -> list[str]:
    """The greedy answers to `requests`, each in a chat of its own; written once and then read from the user's cache.

    Args:
        model: a loaded model with a chat template.
        requests: what the user says, one chat each.
        max_new_tokens: at most so many tokens each.
        system: the system prompt; the template's own default when None.
        fresh: ask again, whatever the cache holds. (Deleting the folder `answers` in the cache does that for all.)
        progress: called as `progress(done, total)`, in requests.

    Raises:
        CourseError: there are no requests, or the model has no chat template.
    """
    prompts = [model.chat(request, system) for request in requests]
    path = cache_dir() / "answers" / f"{cache_key(model, prompts, max_new_tokens)}.json"
    stored = None if fresh else read_answers(path, len(prompts))
    if stored is not None and still_true(model, prompts, stored, max_new_tokens):
        return stored
    answers = greedy_answers(model, prompts, max_new_tokens, progress=progress)
    with suppress(OSError):  # a full or read-only disk costs the next run time, not this one its answers
        write_answers(path, answers)
    return answers


def cache_key(model: LocalModel, prompts: Sequence[str], max_new_tokens: int) -> str:
    """A name for the answers: the same for the same question, another one for any other."""
    import transformers

    question = [FORMAT, transformers.__version__, model.name, str(model.dtype), max_new_tokens, list(prompts)]
    return hashlib.sha256(json.dumps(question).encode()).hexdigest()[:32]


def read_answers(path: Path, count: int) -> list[str] | None:
    """The stored answers, or None when there is no readable file with so many."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    right = isinstance(stored, list) and len(stored) == count and all(isinstance(answer, str) for answer in stored)
    return stored if right else None


def still_true(model: LocalModel, prompts: Sequence[str], stored: Sequence[str], max_new_tokens: int) -> bool:
    """Whether the model, as it is now, gives the stored answer to the shortest of the prompts."""
    shortest = min(range(len(prompts)), key=lambda index: len(prompts[index]))
    return greedy_answers(model, [prompts[shortest]], max_new_tokens) == [stored[shortest]]


def write_answers(path: Path, answers: Sequence[str]) -> None:
    """Write the file completely, then give it its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(list(answers), file, ensure_ascii=False)
        os.replace(unfinished, path)
    finally:
        Path(unfinished).unlink(missing_ok=True)
