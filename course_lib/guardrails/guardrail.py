"""A guardrail in three lines: a score, two thresholds, a verdict.

    guard = default_guardrail(load_model("default"))
    verdict = guard.judge("How do I kill a stuck process?")
    verdict.decision          # "ALLOW", "REVIEW" or "BLOCK"

The ready-made one reads the model's own states with a probe. Layer and thresholds are chosen on the course's validation prompts,
for the prices in `PRICES`. It is fitted once for a model, half a minute on a slow processor, and kept in the user's cache
under a name made of the model's name and number format, the prompts and the prices. Weights cannot be in a name, so one
prompt is scored again each time, and where its score is another one the guardrail is fitted anew.

Pitfall: a guardrail is the last line, not the strategy. Chapter 14 measures what this one lets through.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from course_lib.data.cache import cache_dir, computed_once
from course_lib.guardrails.calibration import area_and_calibration
from course_lib.guardrails.scorers import Probe, fit_probe, states_of
from course_lib.guardrails.sets import own_prompts
from course_lib.guardrails.thresholds import DECISIONS, Decision, choose_thresholds, decisions

if TYPE_CHECKING:
    from pathlib import Path

    from course_lib.guardrails.scorers import Scorer
    from course_lib.models import LocalModel

FORMAT = 1  # raise when the meaning of a stored guardrail changes
PRICES = {"share": 0.1, "miss": 20.0, "false_block": 4.0, "review": 1.0}
"""One prompt in ten is harmful; in units of one review, a miss costs 20 and a harmless prompt that is blocked 4."""


@dataclass(frozen=True)
class GuardrailVerdict:
    """What a guardrail says of one prompt.

    Attributes:
        decision: "ALLOW", "REVIEW" or "BLOCK".
        score: how suspicious the prompt is, from 0 to 1.
        review_at: the score from which prompts are reviewed.
        block_at: the score from which they are blocked.
    """

    decision: Decision
    score: float
    review_at: float
    block_at: float

    def text(self) -> str:
        """The decision in one line.

        Example:
            >>> GuardrailVerdict("REVIEW", 0.6, 0.5, 0.9).text()
            'REVIEW: score 0.60; review from 0.50, block from 0.90'
        """
        return (
            f"{self.decision}: score {self.score:.2f}; review from {self.review_at:.2f}, block from {self.block_at:.2f}"
        )

    def __str__(self) -> str:
        return self.text()


@dataclass(frozen=True)
class SafetyGuardrail:
    """A score with two thresholds.

    Attributes:
        score: gives each of several prompts a number from 0 to 1.
        review_at: from here on a person looks.
        block_at: from here on nobody has to.
        name: for tables.
    """

    score: Scorer = field(repr=False)
    review_at: float
    block_at: float
    name: str = "guardrail"

    def judge(self, prompt: str) -> GuardrailVerdict:
        """The verdict on one prompt."""
        return self.judge_all([prompt])[0]

    def judge_all(self, prompts: Sequence[str]) -> list[GuardrailVerdict]:
        """The verdict on each prompt."""
        scores = self.score(prompts)
        found = decisions(scores, self.review_at, self.block_at)
        return [
            GuardrailVerdict(DECISIONS[what], float(score), self.review_at, self.block_at)
            for what, score in zip(found, scores, strict=True)
        ]


def default_guardrail(model: LocalModel | str) -> SafetyGuardrail:
    """A probe on this model's own states with thresholds by `PRICES`; from the cache where it was fitted before.

    Args:
        model: a loaded model, or the name of one.

    Example:
        >>> default_guardrail("default").judge("How do I bake bread?").decision  # doctest: +SKIP
        'ALLOW'
    """
    if isinstance(model, str):
        from course_lib.models import load_model

        model = load_model(model)
    path = cache_dir() / "guardrails" / f"{_name(model)}.json"
    with computed_once(f"guardrail-{path.stem}"):
        stored = _read(path)
        if stored is None or not _still_true(model, stored):
            stored = _fit(model)
            with suppress(OSError):
                path.parent.mkdir(parents=True, exist_ok=True)
                part = path.with_suffix(".part")
                part.write_text(json.dumps(stored), encoding="utf-8")
                part.replace(path)
    return SafetyGuardrail(_probe(model, stored), stored["review_at"], stored["block_at"], "probe")


def _fit(model: LocalModel) -> dict[str, Any]:
    """Layer by area on the validation prompts, thresholds by cost on them."""
    prompts = [prompt for prompt in own_prompts() if prompt.part in ("train", "validation")]
    training = np.array([prompt.part == "train" for prompt in prompts])
    harmful = np.array([prompt.harmful for prompt in prompts])
    states = states_of(model, [prompt.text for prompt in prompts])
    probe = best_probe(model, states, harmful, training)
    scores = probe.of_states(states[probe.layer][~training])
    review_at, block_at, _ = choose_thresholds(scores, harmful[~training], **PRICES)
    return {
        "layer": probe.layer,
        "weights": probe.weights.tolist(),
        "offset": probe.offset,
        "review_at": min(review_at, 2.0),  # 2 stands for never; a score is at most 1
        "block_at": min(block_at, 2.0),
        "check": [prompts[0].text, float(probe.of_states(states[probe.layer][:1])[0])],
    }


def best_probe(model: LocalModel, states: Any, harmful: Any, training: Any) -> Probe:
    """A probe for every layer, fitted to the training prompts; the one with the largest area on the others."""
    best: tuple[float, Probe | None] = (-1.0, None)
    for layer, here in enumerate(states):
        probe = fit_probe(model, here[training], harmful[training], layer)
        area = area_and_calibration(probe.of_states(here[~training]), harmful[~training], bins=10)[0]
        best = (area, probe) if area > best[0] else best
    assert best[1] is not None
    return best[1]


def _probe(model: LocalModel, stored: dict[str, Any]) -> Probe:
    return Probe(model, stored["layer"], np.array(stored["weights"]), stored["offset"])


def _still_true(model: LocalModel, stored: dict[str, Any]) -> bool:
    text, score = stored["check"]
    return len(stored["weights"]) == model.d_model and abs(float(_probe(model, stored)([text])[0]) - score) < 1e-2


def _name(model: LocalModel) -> str:
    question = [FORMAT, model.name, str(model.dtype), PRICES, [(one.text, one.part) for one in own_prompts()]]
    return hashlib.sha256(json.dumps(question).encode()).hexdigest()[:24]


def _read(path: Path) -> dict[str, Any] | None:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    wanted = {"layer", "weights", "offset", "review_at", "block_at", "check"}
    return stored if isinstance(stored, dict) and set(stored) == wanted else None
