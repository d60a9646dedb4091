"""Exercise 12.1: the pronoun gap.

Sentences and occupations differ in length, so that a batch filled on the right has something else in its last column;
the numbers of rows and columns differ. The tiny models have no *she*, so they are asked about *it*.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from course_lib.checks.exercise import Case, Exercise, Mistake, ModelHandle

Pair = tuple[str, str]
Read = Callable[[Tensor, int, int], Tensor]


def _difference(last: Tensor, first: int, second: int) -> Tensor:
    return last[first] - last[second]


def _table(
    model: Any,
    occupations: Sequence[str],
    templates: Sequence[str],
    pair: Pair,
    read: Read = _difference,
    row: int = -1,
    space: str = " ",
) -> Tensor:
    first, second = (int(model.encode(space + word)[0]) for word in pair)
    gaps = torch.zeros(len(occupations), len(templates))
    for i, occupation in enumerate(occupations):
        for j, template in enumerate(templates):
            logits = model.logits(model.encode(template.replace("{occupation}", occupation)))
            gaps[i, j] = read(logits[max(row, -len(logits))], first, second)
    return gaps


def without_space(model: Any, occupations: Sequence[str], templates: Sequence[str], pair: Pair) -> Any:
    """The tokens that begin a text."""
    return _table(model, occupations, templates, pair, space="")


def second_minus_first(model: Any, occupations: Sequence[str], templates: Sequence[str], pair: Pair) -> Any:
    """The sign the wrong way round."""
    return -_table(model, occupations, templates, pair)


def probabilities(model: Any, occupations: Sequence[str], templates: Sequence[str], pair: Pair) -> Any:
    """Difference of probabilities."""
    return _table(model, occupations, templates, pair, lambda last, a, b: last.softmax(-1)[a] - last.softmax(-1)[b])


def share_of_two(model: Any, occupations: Sequence[str], templates: Sequence[str], pair: Pair) -> Any:
    """p(he) / (p(he) + p(she))."""
    return _table(model, occupations, templates, pair, lambda last, a, b: (last[a] - last[b]).sigmoid())


def odds(model: Any, occupations: Sequence[str], templates: Sequence[str], pair: Pair) -> Any:
    """The odds, no logarithm."""
    return _table(model, occupations, templates, pair, lambda last, a, b: (last[a] - last[b]).exp())


def one_too_early(model: Any, occupations: Sequence[str], templates: Sequence[str], pair: Pair) -> Any:
    """The row before the last."""
    return _table(model, occupations, templates, pair, row=-2)


def first_position(model: Any, occupations: Sequence[str], templates: Sequence[str], pair: Pair) -> Any:
    """The row of the first token."""
    return _table(model, occupations, templates, pair, row=-10_000)


def filled_rows(model: Any, occupations: Sequence[str], templates: Sequence[str], pair: Pair) -> Any:
    """A batch filled on the right, read at its last column."""
    first, second = (int(model.encode(" " + word)[0]) for word in pair)
    rows = [model.encode(template.replace("{occupation}", one)) for one in occupations for template in templates]
    longest = max(map(len, rows))
    ids = torch.stack([torch.cat([row, torch.zeros(longest - len(row), dtype=torch.long)]) for row in rows])
    last = model.logits(ids)[:, -1]
    return (last[:, first] - last[:, second]).reshape(len(occupations), len(templates))


def mean_over_templates(model: Any, occupations: Sequence[str], templates: Sequence[str], pair: Pair) -> Any:
    """Averages already."""
    return _table(model, occupations, templates, pair).mean(1)


def turned(model: Any, occupations: Sequence[str], templates: Sequence[str], pair: Pair) -> Any:
    """[template, occupation]."""
    return _table(model, occupations, templates, pair).T


def gap_left_open(model: Any, occupations: Sequence[str], templates: Sequence[str], pair: Pair) -> Any:
    """Never puts the occupation in."""
    return _table(model, ["{occupation}"] * len(occupations), templates, pair)


def right_by_log_softmax(model: Any, occupations: Sequence[str], templates: Sequence[str], pair: Pair) -> Any:
    """Differences of log probabilities, lists of lists."""
    ids = [model.single_token(f" {word}") for word in pair]
    out = []
    for one in occupations:
        rows = [model.logits(model.encode(t.replace("{occupation}", one)))[-1].log_softmax(-1)[ids] for t in templates]
        out.append([float(row[0] - row[1]) for row in rows])
    return out


def right_in_batches(model: Any, occupations: Sequence[str], templates: Sequence[str], pair: Pair) -> Any:
    """The library's batches, in double."""
    from course_lib.bias.scores import next_token_scores

    texts = [template.replace("{occupation}", one) for one in occupations for template in templates]
    scores = next_token_scores(model, texts, [" " + word for word in pair]).double()
    return (scores[:, 0] - scores[:, 1]).reshape(len(occupations), len(templates))


NAMES = ("nurse", "bus driver", "chief", "court reporter", "writer", "farm worker", "cook")
SENTENCES = (
    "The {occupation} said that",
    "When I asked the {occupation},",
    "We waited for the {occupation} because",
    "The {occupation} reads the paper, and",
    "If the {occupation} is in the room,",
)


def _hidden(seed: int) -> tuple[Case, ...]:
    draw = random.Random(seed)
    tiny = ModelHandle(f"tiny:{draw.randrange(50)}")
    return (
        Case(
            "three occupations, two sentences", (tiny, draw.sample(NAMES, 3), draw.sample(SENTENCES, 2), ("he", "it"))
        ),
        Case(
            "two occupations, four sentences", (tiny, draw.sample(NAMES, 2), draw.sample(SENTENCES, 4), ("it", "the"))
        ),
    )


PRONOUN_GAP = Exercise(
    id="12.1",
    title="He or she: the gap of two logits",
    points=3,
    difficulty=2,
    minutes=12,
    reference="course_lib.bias.pronouns:pronoun_gap",
    returns=(
        "a tensor `[occupation, template]`, in nats, above 0 where the first word of the pair is the "
        "likelier next token"
    ),
    example=(
        '`pronoun_gap(model, ["nurse", "farmer"], ["The {occupation} said that"], ("he", "she"))` has '
        "the shape `[2, 1]`. An entry of "
        "-0.69 says: *she* is twice as likely as *he*."
    ),
    hints=(
        "What comes next stands in the last row of the logits. Which token follows a word in running "
        "text: one with a space or one without?",
        '`model.single_token(" he")` gives the id. For every occupation and sentence: put the occupation '
        "in, encode, take `model.logits(ids)[-1]`, "
        "subtract. The logarithm of the ratio of two probabilities is the difference of their logits.",
        '```python\nfirst, second = (model.single_token(" " + word) for word in pair)\nfor row, '
        "occupation in enumerate(occupations):\n"
        "    for column, template in enumerate(templates):\n        ids = model.encode(template.replace(...))\n"
        "        gaps[row, column] = ... - ...\n```",
    ),
    why=(
        "Whoever lets a local model write letters, summaries or stories about people lets it choose "
        "pronouns. One subtraction a sentence "
        "shows which way it leans, without generating a word."
    ),
    visible=(
        Case(
            "two occupations, three sentences",
            (ModelHandle("tiny:0"), list(NAMES[:2]), list(SENTENCES[:3]), ("he", "it")),
        ),
        Case(
            "three occupations, two sentences",
            (ModelHandle("tiny:3"), list(NAMES[1:4]), list(SENTENCES[1:3]), ("it", "the")),
        ),
        Case(
            "the default model",
            (ModelHandle("default"), ["nurse", "carpenter"], ["The {occupation} laughed when"], ("he", "she")),
        ),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "no space",
            without_space,
            "You score the tokens that stand at the beginning of a text. After another word a pronoun is a "
            "different token: print "
            "`model.tokens` of a sentence and look at how its words begin.",
        ),
        Mistake(
            "sign",
            second_minus_first,
            "The sign is the wrong way round: above 0 the *first* word of the pair is likelier.",
        ),
        Mistake(
            "probabilities",
            probabilities,
            "You subtract probabilities. Both can be tiny, because many words fit there, and their "
            "difference is then tiny too. Log odds "
            "compare the two with each other only.",
        ),
        Mistake(
            "share of two",
            share_of_two,
            "This is the share of the first word among the two, between 0 and 1. Asked for are log odds.",
        ),
        Mistake(
            "odds", odds, "These are odds; the logarithm is missing. Odds of 2 and of 1/2 should be equally far from 0."
        ),
        Mistake(
            "one too early",
            one_too_early,
            "You read the row before the last: it scores the last word that is already there. Row p scores "
            "what follows position p.",
        ),
        Mistake(
            "first position",
            first_position,
            "You read the row of the first token, which has seen nothing of the sentence.",
        ),
        Mistake(
            "filled rows",
            filled_rows,
            "Your longest sentences are right and the shorter ones are not: rows filled on the right have "
            "filling in the last column.",
        ),
        Mistake(
            "averaged",
            mean_over_templates,
            "You have averaged over the sentences. Their spread is needed for an interval: keep both axes.",
        ),
        Mistake("turned", turned, "The axes are the wrong way round: occupations are rows."),
        Mistake("gap left open", gap_left_open, "All rows are equal: the occupation never gets into the sentence."),
    ),
    alternatives=(right_by_log_softmax, right_in_batches),
    rtol=1e-3,
    atol=1e-3,
    tolerance_reason="logits of a batch and of a single text differ by about 1e-5",
    also_withheld=("course_lib.bias.detectors:gap_table",),
)
