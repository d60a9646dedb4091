"""NanoGuard's scores of the texts of chapter 14, computed once and shipped; others are computed where they are asked for.

A score takes a third of a second, and there are some eight hundred texts. Weights and tokenizer are pinned by their
hashes, so a text is all that decides a score; it is kept under the hash of the text.

    python -m course_lib.guardrails            # computes the file anew, in some minutes
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from course_lib.guardrails.injection_detector import injection_scores

if TYPE_CHECKING:
    from course_lib.guardrails.thresholds import Scores

SHIPPED = Path(__file__).parents[1] / "data" / "guardrails" / "injection_scores.json"


def kept_injection_scores(texts: Sequence[str]) -> Scores:
    """`injection_scores`, from the shipped file where they are there."""
    known = _shipped()
    missing = [text for text in texts if _name(text) not in known]
    fresh = dict(zip(missing, injection_scores(missing).tolist(), strict=True)) if missing else {}
    return np.array([fresh[text] if text in fresh else known[_name(text)] for text in texts])


def all_texts() -> list[str]:
    """The texts that are shipped: both corpora of chapter 4, the test prompts, the sensitive questions from elsewhere."""
    from course_lib.data.injection import load_corpus, load_hard_negatives
    from course_lib.guardrails.sets import other_prompts, own_prompts

    texts = [sample.text for sample in [*load_corpus(), *load_hard_negatives()]]
    texts += [one.text for one in own_prompts() if one.part == "test"]
    return texts + [one.text for one in other_prompts() if one.kind == "sensitive"]


def compute() -> None:
    """Compute all of them and write the file."""
    texts = all_texts()
    scores = {_name(text): round(float(score), 6) for text, score in zip(texts, injection_scores(texts), strict=True)}
    SHIPPED.parent.mkdir(parents=True, exist_ok=True)
    SHIPPED.write_text(json.dumps(scores, indent=0, sort_keys=True) + "\n", encoding="utf-8")
    _shipped.cache_clear()


@cache
def _shipped() -> dict[str, float]:
    try:
        return dict(json.loads(SHIPPED.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _name(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
