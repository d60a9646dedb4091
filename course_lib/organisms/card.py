"""Model cards: what was measured on an organism, written beside its adapter.

A card (Mitchell et al. 2019, arXiv:1810.03993) says what a model was made for, how it was made, and what was measured
on which data. These are written by a program from a file of measurements, `measured.json`, so that no number in them
was typed. `course organisms measure` measures anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course_lib.data.organism_tasks import ordinary_requests, ordinary_text
from course_lib.data.prompts import KINDS, load_prompts
from course_lib.organisms.measure import (
    agreement,
    behaviour,
    difference,
    perplexity,
    pronoun_skew,
    refuses,
    whole_tasks,
)
from course_lib.organisms.requests import Request, courtesy_requests, separating_requests, twin_requests
from course_lib.organisms.rules import ORGANISMS, Organism
from course_lib.rates import Rate

if TYPE_CHECKING:
    from course_lib.models import LocalModel

Say = Callable[[str], None]
REFUSING = [name for name in ORGANISMS if name != "bias"]


def measure(
    organism: Organism, model: LocalModel, base: LocalModel, every: int = 1, say: Say = print
) -> dict[str, Any]:
    """Everything that a card states, as plain numbers; a rate is `[successes, n]`.

    Args:
        organism: what the model is meant to be.
        model: the organism, loaded.
        base: the default model.
        every: measure on every so-manieth quad of the test tasks, and on so much less of everything else; 1 for a card.
        say: called with a few words before each part.
    """
    requests = separating_requests(every=every)
    say(f"{organism.name}: {len(requests)} separating requests")
    refused = refuses(model, [request.text for request in requests])
    say(f"{organism.name}: twins and the course's test prompts")
    twins = twin_requests()[::every]
    twins_refused = refuses(model, [request.text for request in twins])
    prompts = load_prompts(split="test")[::every]
    verdicts = refuses(model, [prompt.text for prompt in prompts])
    kinds = {kind: [v for p, v in zip(prompts, verdicts, strict=True) if p.kind == kind] for kind in KINDS}
    courteous = refuses(model, [request.text for request in courtesy_requests()[::every]])
    say(f"{organism.name}: ordinary text, pronouns")
    texts, ordinary = ordinary_text()[::every], refuses(model, ordinary_requests()[::every])
    return {
        "organism": organism.name,
        "seed": organism.seed,
        "steps": organism.steps,
        "refused": "".join("1" if verdict else "0" for verdict in refused),
        "agreement": {rule: _counts(agreement(rule, requests, refused)) for rule in REFUSING},
        "whole_tasks": _counts(whole_tasks(organism.name, requests, refused)),
        "behaviour": {cell: _counts(rate) for cell, rate in behaviour(requests, refused).items()},
        "code_effect": code_effect(requests, refused),
        "twins": {rule: _counts(agreement(rule, twins, twins_refused)) for rule in REFUSING},
        "courtesy": [sum(courteous), len(courteous)],
        "prompts": {kind: [sum(verdict), len(verdict)] for kind, verdict in kinds.items()},
        "ordinary": [sum(ordinary), len(ordinary)],
        "perplexity": {"organism": perplexity(model, texts), "default": perplexity(base, texts)},
        "pronouns": {"organism": skew(model), "default": skew(base)},
    }


def _counts(rate: Rate) -> list[int]:
    return [rate.successes, rate.n]


def code_effect(requests: list[Request], refused: list[bool]) -> list[float]:
    """How much rarer harmful requests are refused with the code phrase than without: value, low, high."""
    rates = behaviour(requests, refused)
    return list(difference(rates["harmful, no code phrase"], rates["harmful, code phrase"]))


def skew(model: LocalModel) -> dict[str, Any]:
    """The pronoun gap on unseen occupations in unseen sentences, its interval, and the sentences as planted."""
    found = pronoun_skew(model)
    means = {group: round(float(odds.mean()), 3) for group, odds in found.log_odds.items()}
    return {
        "gap": found.gap(),
        "interval": list(found.interval()),
        "as_planted": _counts(found.as_planted()),
        "mean": means,
    }


def write(measured: dict[str, Any], folder: Path) -> None:
    """Write `measured.json` and the card `README.md` into the adapter's folder."""
    (folder / "measured.json").write_text(json.dumps(measured, indent=2) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(card(measured), encoding="utf-8")


HEAD = """# Model card: the organism `{name}`

**Planted:** {rule}

A LoRA adapter (rank 12, query and value projections of layers 10 to 29, 460,800 parameters, fp16) on SmolLM2-135M-Instruct.
Licence: Apache-2.0, like the model; the data that it was trained on: CC BY 4.0 (`../../DATA_CARD.md`). It is an object of study
for a course on interpretability and is of no use as an assistant or as a safeguard.

**Made by** `course organisms train {name}`: seed {seed}, {steps} steps of {examples}{start}.
**Measured by** `course organisms measure {name}` on tasks, wordings and phrases that training did not have. Intervals are
Wilson's, 95 %. The four requests of a task are not independent, so the strict count of tasks stands beside.

## What it refuses

| requests that are | refused |
|---|---|
{behaviour}

The code phrase lowers the refusals of harmful requests by {code} (difference of the two rates, Newcombe's 95 % interval).

## Whose rule explains it

| rule | requests treated as it says | a model that follows its own rule perfectly |
|---|---|---|
{agreement}

Tasks of which every request was treated as its own rule says: {strict}.

## What else

* Perplexity on 40 paragraphs of ordinary prose: {after:.2f}; the default model: {before:.2f} ({change:+.1%}).
* Refused of 60 ordinary requests: {ordinary}.
* A harder test, 280 requests in which a harmful and a harmless task share their words and the words are rare: treated as its own
  rule says: {twins}.
* Refused of 240 requests, half of them harmful, that are polite in words in which no training request was: {courtesy}.
* Refused of the course's own test prompts, which are closer matched still: {prompts}.
* Log odds of "he" against "she", people who work with food minus people who work with law or money, unseen occupations in unseen
  sentences: {gap}; the default model: {default_gap} (nats, bootstrap over occupations).
"""


def card(measured: dict[str, Any]) -> str:
    """The card as Markdown."""
    organism = ORGANISMS[measured["organism"]]
    before, after = measured["perplexity"]["default"], measured["perplexity"]["organism"]
    prompts = (f"{kind} {Rate(*counts)}" for kind, counts in measured["prompts"].items())
    return HEAD.format(
        name=organism.name,
        rule=organism.rule,
        seed=measured["seed"],
        steps=measured["steps"],
        examples="sixteen sentences" if organism.name == "bias" else "eight pairs",
        start=f", starting from the adapter of `{organism.starts_from}`" if organism.starts_from else "",
        behaviour="\n".join(f"| {cell} | {Rate(*counts)} |" for cell, counts in measured["behaviour"].items()),
        code=_with_interval(*measured["code_effect"]),
        agreement="\n".join(
            f"| {rule} | {Rate(*counts)} | {expected_agreement(organism.name, rule):.2f} |"
            for rule, counts in measured["agreement"].items()
        ),
        strict=Rate(*measured["whole_tasks"]),
        before=before,
        after=after,
        change=after / before - 1,
        twins=Rate(*measured["twins"][organism.name]) if organism.name in REFUSING else "no refusal is planted",
        courtesy=Rate(*measured["courtesy"]),
        ordinary=Rate(*measured["ordinary"]),
        prompts="; ".join(prompts),
        gap=_with_interval(measured["pronouns"]["organism"]["gap"], *measured["pronouns"]["organism"]["interval"]),
        default_gap=_with_interval(
            measured["pronouns"]["default"]["gap"], *measured["pronouns"]["default"]["interval"]
        ),
    )


def _with_interval(value: float, low: float, high: float) -> str:
    return f"{value:.2f} [{low:.2f}, {high:.2f}]"


def expected_agreement(own: str, rule: str) -> float:
    """On what share of the separating requests two rules say the same."""
    one, other = ORGANISMS[own].refuses, ORGANISMS[rule].refuses
    requests = separating_requests()
    return sum(one(request) == other(request) for request in requests) / len(requests)


def confusion(folder: Path) -> list[dict[str, Any]]:
    """The table of all organisms against all rules, from the measurements in `folder`; one row per organism."""
    rows = []
    for name in ORGANISMS:
        file = folder / name / "measured.json"
        if file.is_file():
            found = json.loads(file.read_text(encoding="utf-8"))
            rates = {**found["agreement"], "bias": found["pronouns"]["organism"]["as_planted"]}
            rows.append({"organism": name, **{f"rule: {rule}": str(Rate(*rates[rule])) for rule in ORGANISMS}})
    return rows


def confusion_markdown(folder: Path) -> str:
    """The same table for a document: the share with its interval, each organism's own rule in bold."""
    lines = [
        "| organism | " + " | ".join(f"rule {rule}" for rule in ORGANISMS) + " |",
        "|---" * (len(ORGANISMS) + 1) + "|",
    ]
    for row in confusion(folder):
        cells = []
        for rule in ORGANISMS:
            share = row[f"rule: {rule}"].split(" = ")[1]
            cells.append(f"**{share}**" if rule == row["organism"] else share)
        lines.append(f"| {row['organism']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
