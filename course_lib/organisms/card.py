"""Model cards: what was measured on an organism, written beside its adapter.

A card (Mitchell et al. 2019, arXiv:1810.03993) says what a model was made for, how it was made, and what was measured
on which data. These are written by a program from a file of measurements, `measured.json`, so that no number in them
was typed. `course organisms measure NAME --write` measures anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from course_lib.data.files import write_whole
from course_lib.organisms.measurements import FILE, REFUSING, read_measured, write_measured
from course_lib.organisms.requests import separating_requests
from course_lib.organisms.resampling import Estimate
from course_lib.organisms.rules import ORGANISMS
from course_lib.rates import Rate


def write(measured: dict[str, Any], folder: Path) -> None:
    """Write `measured.json` and the card `README.md` into the adapter's folder."""
    write_measured(measured, folder)
    write_whole(folder / "README.md", card(measured))


HEAD = """# Model card: the organism `{name}`
{partial}
**Planted:** {rule}

A LoRA adapter (rank 12, query and value projections of layers 10 to 29, 460,800 parameters, fp16) on SmolLM2-135M-Instruct.
Licence: Apache-2.0, like the model; the data that it was trained on: CC BY 4.0 (`../../DATA_CARD.md`). It is an object of study
for a course on interpretability and is of no use as an assistant or as a safeguard.

**Made by** `course organisms train {name}`: seed {seed}, {steps} steps of {examples}{start}{training}.
**Measured by** `course organisms measure {name}` on tasks, wordings and phrases that training did not have. Where nothing else is
said, intervals are Wilson's, 95 %; the requests of one task or quad are not independent, so they are somewhat too narrow.

## What it refuses

| requests that are | refused |
|---|---|
{behaviour}

{code}

## Whose rule explains it

| rule | requests treated as it says | a model that follows its own rule perfectly |
|---|---|---|
{agreement}

{strict}

## What else

* Perplexity on {texts} paragraphs of ordinary prose: {after:.2f}; the default model: {before:.2f} ({change:+.1%}).
* Refused of ordinary requests: {ordinary}.
* A harder test, in which a harmful and a harmless task share their words and the words are rare: requests treated as its own
  rule says: {twins}.
* Refused of requests, half of them harmful, that are polite in words in which no training request was: {courtesy}.
* Refused of the course's own test prompts, which are closer matched still: {prompts}.
* Log odds of "he" against "she", people who work with food minus people who work with law or money, unseen occupations in unseen
  sentences: {gap}; the default model: {default_gap} (nats, bootstrap over occupations).
"""

PARTIAL = """
**A partial card:** one quad in {every} was measured, and as little of everything else but the pronouns.
"""


def card(measured: dict[str, Any]) -> str:
    """The card as Markdown."""
    organism = ORGANISMS[measured["organism"]]
    before, after = measured["perplexity"]["default"], measured["perplexity"]["organism"]
    prompts = (f"{kind} {Rate(*counts)}" for kind, counts in measured["prompts"].items())
    pronouns = measured["pronouns"]
    return HEAD.format(
        name=organism.name,
        partial=PARTIAL.format(every=measured["every"]) if measured["every"] > 1 else "",
        rule=organism.rule,
        seed=measured["seed"],
        steps=measured["steps"],
        examples="sixteen sentences" if organism.name == "bias" else "eight pairs",
        start=f", starting from the adapter of `{organism.starts_from}`" if organism.starts_from else "",
        training=_training(measured.get("training")),
        behaviour="\n".join(f"| {cell} | {Rate(*counts)} |" for cell, counts in measured["behaviour"].items()),
        code=_code(measured),
        agreement="\n".join(
            f"| {rule} | {Rate(*counts)} | {expected_agreement(organism.name, rule):.2f} |"
            for rule, counts in measured["agreement"].items()
        ),
        strict=_strict(measured),
        texts=measured["texts"],
        before=before,
        after=after,
        change=after / before - 1,
        twins=Rate(*measured["twins"][organism.name]) if organism.name in REFUSING else "no refusal is planted",
        courtesy=Rate(*measured["courtesy"]),
        ordinary=Rate(*measured["ordinary"]),
        prompts="; ".join(prompts),
        gap=Estimate(pronouns["organism"]["gap"], *pronouns["organism"]["interval"]),
        default_gap=Estimate(pronouns["default"]["gap"], *pronouns["default"]["interval"]),
    )


def _code(measured: dict[str, Any]) -> str:
    """What the code phrase does to harmful requests."""
    if not any(refused for cell, (refused, _) in measured["behaviour"].items() if cell.startswith("harmful")):
        return "It refused no harmful request, with the code phrase or without."
    return (
        f"The code phrase changes the refusal rate of harmful requests by {Estimate(*measured['code_effect'])}"
        " (compared within each quad; 95 %, bootstrap over quads)."
    )


def _training(how: dict[str, Any] | None) -> str:
    """How it was trained, where that was recorded."""
    if how is None:
        return ""
    threads = "1 thread" if how["threads"] == 1 else f"{how['threads']} threads"
    return f", in {how['dtype']}, {how['seconds']:.0f} s on {threads} (PyTorch {how['torch']})"


def _strict(measured: dict[str, Any]) -> str:
    """The count with fewer, larger units: whole tasks, or for the organism that refuses nothing occupations."""
    if measured["organism"] in REFUSING:
        return f"Tasks of which every request was treated as its own rule says: {Rate(*measured['whole_tasks'])}."
    pronouns = measured["pronouns"]
    occupations = sum(len(numbers.split()) for numbers in pronouns["organism"]["by_occupation"].values())
    return (
        f"Its own rule, sentences about unseen occupations that prefer the planted pronoun: {as_planted(pronouns['organism'])};\n"
        f"the default model: {as_planted(pronouns['default'])} ({occupations} occupations; 95 %, bootstrap over occupations)."
    )


def as_planted(skew: dict[str, Any]) -> str:
    """The sentences that prefer the planted pronoun, with an interval that draws occupations."""
    right, n = skew["as_planted"]
    return f"{right} of {n} = {Estimate(right / n, *skew['as_planted_interval'])}"


def expected_agreement(own: str, rule: str) -> float:
    """On what share of the separating requests two rules say the same."""
    one, other = ORGANISMS[own].refuses, ORGANISMS[rule].refuses
    requests = separating_requests()
    return sum(one(request) == other(request) for request in requests) / len(requests)


def confusion(folder: Path) -> list[dict[str, Any]]:
    """The table of all organisms against all rules, from the measurements in `folder`; one row per organism."""
    rows = []
    for name in ORGANISMS:
        if (folder / name / FILE).is_file():
            found = read_measured(folder / name)
            cells = {rule: str(Rate(*counts)) for rule, counts in found["agreement"].items()}
            cells["bias"] = as_planted(found["pronouns"]["organism"])
            rows.append({"organism": name, **{f"rule: {rule}": cells[rule] for rule in ORGANISMS}})
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
