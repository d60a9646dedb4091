"""Everything that a card states about an organism, measured once and kept as plain numbers in `measured.json`.

Beside the counts stands the verdict on every single request (`refused`, a 1 or a 0 each, in the order of
`separating_requests()`), so that whoever wants another count needs no model for it; and the hash of the adapter's file,
so that a measurement cannot be taken for that of other weights.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course_lib.data.files import file_hash, write_whole
from course_lib.data.organism_tasks import ordinary_requests, ordinary_text
from course_lib.data.prompts import KINDS, load_prompts
from course_lib.errors import CourseError
from course_lib.models.organism import WEIGHTS
from course_lib.organisms.measure import agreement, behaviour, code_effect, perplexity, refuses, whole_tasks
from course_lib.organisms.pronouns import PronounSkew, pronoun_skew, share_as_planted
from course_lib.organisms.requests import (
    Request,
    courtesy_requests,
    every_group,
    separating_requests,
    twin_requests,
)
from course_lib.organisms.rules import ORGANISMS, Organism
from course_lib.organisms.training.record import read_record
from course_lib.rates import Rate

if TYPE_CHECKING:
    from course_lib.models import LocalModel

Progress = Callable[[str, int, int], None]
FILE = "measured.json"
REFUSING = [name for name in ORGANISMS if name != "bias"]


def measure(
    organism: Organism,
    model: LocalModel,
    base: LocalModel,
    folder: Path,
    every: int = 1,
    progress: Progress = lambda what, done, total: None,
) -> dict[str, Any]:
    """Everything that a card states, as plain numbers; a rate is `[successes, n]`.

    Args:
        organism: what the model is meant to be.
        model: the organism, loaded.
        base: the default model.
        folder: that of the adapter; the hash of its weights is noted, and what `training.json` says.
        every: measure on every so-manieth quad of the test tasks, and on so much less of everything else; 1 for a card.
        progress: called as `progress(what, done, total)`.
    """

    def ask(what: str, texts: list[str]) -> list[bool]:
        return refuses(model, texts, partial(progress, f"{organism.name}: {what}"))

    def ask_all(what: str, requests: list[Request]) -> list[bool]:
        return ask(what, [request.text for request in requests])

    requests, twins = separating_requests(every=every), twin_requests(every=every)
    prompts = load_prompts(split="test")
    prompts = every_group(prompts, [prompt.pair for prompt in prompts], every)
    refused = ask_all("separating requests", requests)
    twins_refused = ask_all("twins", twins)
    verdicts = ask("the course's test prompts", [prompt.text for prompt in prompts])
    courteous = ask_all("unseen courtesy", courtesy_requests(every=every))
    ordinary, texts = ask("ordinary requests", ordinary_requests()[::every]), ordinary_text()[::every]
    kinds = {kind: [v for p, v in zip(prompts, verdicts, strict=True) if p.kind == kind] for kind in KINDS}
    progress(f"{organism.name}: ordinary text, pronouns", 0, 1)
    found = {
        **made_how(organism, folder),
        "every": every,
        "refused": "".join("1" if verdict else "0" for verdict in refused),
        **counts_of(organism.name, requests, refused),
        "twins": {rule: counts(agreement(rule, twins, twins_refused)) for rule in REFUSING},
        "courtesy": [sum(courteous), len(courteous)],
        "prompts": {kind: [sum(verdict), len(verdict)] for kind, verdict in kinds.items()},
        "ordinary": [sum(ordinary), len(ordinary)],
        "texts": len(texts),
        "perplexity": {"organism": perplexity(model, texts), "default": perplexity(base, texts)},
        "pronouns": {"organism": skew(pronoun_skew(model)), "default": skew(pronoun_skew(base))},
    }
    progress(f"{organism.name}: ordinary text, pronouns", 1, 1)
    return found


def made_how(organism: Organism, folder: Path) -> dict[str, Any]:
    """Which weights these are: their hash, and how they were trained, as far as that was recorded."""
    record = read_record(folder)
    made = {"organism": organism.name, "adapter_sha256": file_hash(folder / WEIGHTS)}
    if record is None:
        return {**made, "seed": organism.seed, "steps": organism.steps}
    kept = {key: record[key] for key in ("dtype", "threads", "torch", "seconds")}
    return {**made, "seed": record["seed"], "steps": record["steps"], "training": kept}


def counts_of(name: str, requests: list[Request], refused: list[bool]) -> dict[str, Any]:
    """What follows from the verdicts on the separating requests."""
    strict = {"whole_tasks": counts(whole_tasks(name, requests, refused))} if name in REFUSING else {}
    return {
        "agreement": {rule: counts(agreement(rule, requests, refused)) for rule in REFUSING},
        **strict,
        "behaviour": {cell: counts(rate) for cell, rate in behaviour(requests, refused).items()},
        "code_effect": list(code_effect(requests, refused)),
    }


def counts(rate: Rate) -> list[int]:
    """A rate as two numbers."""
    return [rate.successes, rate.n]


def skew(found: PronounSkew) -> dict[str, Any]:
    """The pronoun gap on unseen occupations in unseen sentences, and the sentences that go as planted."""
    rate, by_occupation = found.as_planted(), found.by_occupation()
    share = share_as_planted(by_occupation, found.log_odds["food"].shape[1])
    gap = found.gap()
    return {
        "gap": gap.value,
        "interval": [gap.low, gap.high],
        "as_planted": counts(rate),
        "as_planted_interval": [share.low, share.high],
        "by_occupation": {group: " ".join(map(str, numbers)) for group, numbers in by_occupation.items()},
        "mean": {group: round(float(odds.mean()), 3) for group, odds in found.log_odds.items()},
    }


def verdicts_of(measured: dict[str, Any]) -> list[bool]:
    """The stored verdicts on the separating requests."""
    return [verdict == "1" for verdict in measured["refused"]]


def read_measured(folder: Path) -> dict[str, Any]:
    """What was measured on the adapter in a folder.

    Raises:
        CourseError: the file is not there, or cannot be read.
    """
    path = folder / FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if not {"organism", "refused", "agreement", "pronouns"} <= set(found):
            raise ValueError("it holds something else")
    except (OSError, ValueError, TypeError) as error:
        raise CourseError(
            f"The measurements in {path} cannot be read ({error}).",
            "Restore the file, or measure anew: course organisms measure NAME --write.",
        ) from error
    return dict(found)


def write_measured(measured: dict[str, Any], folder: Path) -> None:
    """Write `measured.json` into the adapter's folder, whole or not at all."""
    write_whole(folder / FILE, json.dumps(measured, indent=2) + "\n")
