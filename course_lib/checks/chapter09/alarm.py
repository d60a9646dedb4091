"""Exercise 9.4: the anomaly detector, repaired.

The published kind of detector reads head 0 and fires at row 0. The repair reads all heads, leaves row 0 out, and has a
baseline. In the cases the unusual head is never head 0 of layer 0, some texts are *less* pointed than usual (so that the
sign of z matters), and one calibration text has exactly the score of the text in question, so that "at least as high" shows.
"""

from __future__ import annotations

import torch
from torch import Tensor

from course_lib.attention.evenness import head_evenness
from course_lib.checks.chapter09.maps import causal_maps, with_zeros
from course_lib.checks.exercise import Case, Exercise, Mistake

Answer = tuple[float, float]


def _judged(evenness: Tensor, reference: Tensor, calibration: Tensor) -> Answer:
    """The reference's second half: from evenness to score and p."""
    mean, spread = reference.mean(dim=0), reference.std(dim=0).clamp(min=1e-3)
    return _p(((evenness - mean) / spread).abs().max(), ((calibration - mean) / spread).abs().flatten(1).amax(dim=1))


def _p(score: Tensor, usual: Tensor) -> Answer:
    return float(score), float((1 + (usual >= score).sum()) / (1 + len(usual)))


def _z(attention: Tensor, reference: Tensor, calibration: Tensor) -> tuple[Tensor, Tensor]:
    """z of the text [layer, head], and of the calibration texts [text, layer, head]."""
    mean, spread = reference.mean(dim=0), reference.std(dim=0).clamp(min=1e-3)
    return (head_evenness(attention) - mean) / spread, (calibration - mean) / spread


def head_zero(attention: Tensor, reference: Tensor, calibration: Tensor) -> Answer:
    """Head 0 of layer 0."""
    return _judged(head_evenness(attention)[:1, :1], reference[:, :1, :1], calibration[:, :1, :1])


def head_zero_of_each_layer(attention: Tensor, reference: Tensor, calibration: Tensor) -> Answer:
    """Head 0 of every layer."""
    return _judged(head_evenness(attention)[:, :1], reference[:, :, :1], calibration[:, :, :1])


def row_zero_counts(attention: Tensor, reference: Tensor, calibration: Tensor) -> Answer:
    """Row 0 as an evenness of 0."""
    n = attention.shape[-1]
    return _judged(head_evenness(attention) * (n - 1) / n, reference, calibration)


def only_above(attention: Tensor, reference: Tensor, calibration: Tensor) -> Answer:
    """The largest z, not the largest |z|."""
    own, others = _z(attention, reference, calibration)
    return _p(own.max(), others.flatten(1).amax(dim=1))


def mean_over_heads(attention: Tensor, reference: Tensor, calibration: Tensor) -> Answer:
    """The mean |z|."""
    own, others = _z(attention, reference, calibration)
    return _p(own.abs().mean(), others.abs().flatten(1).mean(dim=1))


def own_yardstick(attention: Tensor, reference: Tensor, calibration: Tensor) -> Answer:
    """Calibration texts measured with their own mean and spread."""
    own, _ = _z(attention, reference, calibration)
    others = (calibration - calibration.mean(dim=0)) / calibration.std(dim=0).clamp(min=1e-3)
    return _p(own.abs().max(), others.abs().flatten(1).amax(dim=1))


def all_in_one(attention: Tensor, reference: Tensor, calibration: Tensor) -> Answer:
    """All ordinary texts give mean and spread."""
    return _judged(head_evenness(attention), torch.cat([reference, calibration]), calibration)


def compared_with_reference(attention: Tensor, reference: Tensor, calibration: Tensor) -> Answer:
    """The reference texts themselves give the usual scores."""
    return _judged(head_evenness(attention), reference, reference)


def not_in_spreads(attention: Tensor, reference: Tensor, calibration: Tensor) -> Answer:
    """Differences that are not divided by the spread."""
    mean = reference.mean(dim=0)
    usual = (calibration - mean).abs().flatten(1).amax(dim=1)
    return _p((head_evenness(attention) - mean).abs().max(), usual)


def strictly_more(attention: Tensor, reference: Tensor, calibration: Tensor) -> Answer:
    """Equal scores do not count."""
    own, others = _z(attention, reference, calibration)
    score, usual = own.abs().max(), others.abs().flatten(1).amax(dim=1)
    return float(score), float((1 + (usual > score).sum()) / (1 + len(usual)))


def itself_left_out(attention: Tensor, reference: Tensor, calibration: Tensor) -> Answer:
    """The plain share of calibration texts; it can be 0."""
    own, others = _z(attention, reference, calibration)
    score, usual = own.abs().max(), others.abs().flatten(1).amax(dim=1)
    return float(score), float((usual >= score).float().mean())


def the_other_tail(attention: Tensor, reference: Tensor, calibration: Tensor) -> Answer:
    """The share of texts that score at most as high."""
    own, others = _z(attention, reference, calibration)
    score, usual = own.abs().max(), others.abs().flatten(1).amax(dim=1)
    return float(score), float((1 + (usual <= score).sum()) / (1 + len(usual)))


def against_every_number(attention: Tensor, reference: Tensor, calibration: Tensor) -> Answer:
    """The largest |z| of the text against every single |z| of the others."""
    own, others = _z(attention, reference, calibration)
    return _p(own.abs().max(), others.abs().flatten())


def by_loop(attention: Tensor, reference: Tensor, calibration: Tensor) -> Answer:
    """Head by head, in plain numbers."""
    evenness = head_evenness(attention.double())
    layers, heads = evenness.shape
    score, usual = 0.0, [0.0] * len(calibration)
    for layer in range(layers):
        for head in range(heads):
            known = reference[:, layer, head].double()
            spread = max(float(known.std()), 1e-3)
            score = max(score, abs(float(evenness[layer, head] - known.mean())) / spread)
            for text, value in enumerate(calibration[:, layer, head].double()):
                usual[text] = max(usual[text], abs(float(value - known.mean())) / spread)
    return score, (1 + sum(other >= score - 1e-6 for other in usual)) / (1 + len(usual))


def flattened(attention: Tensor, reference: Tensor, calibration: Tensor) -> list[Tensor]:
    """Layers and heads in one axis, the text as one more row; a list of tensors."""
    known = reference.flatten(1)
    rows = torch.cat([head_evenness(attention)[None], calibration]).flatten(1)
    scores = ((rows - known.mean(0)).abs() / known.std(0).clamp(min=1e-3)).max(dim=1).values
    return [scores[0], (scores >= scores[0]).float().mean()]


def _case(seed: int, layers: int, heads: int, length: int, texts: int, kind: str = "") -> Case:
    def maps(number: int, sharp: float = 2.0) -> Tensor:
        return with_zeros(causal_maps(1000 * seed + number, layers, heads, length, length, sharp=sharp))

    ordinary = torch.stack([head_evenness(maps(number)) for number in range(1, 2 * texts)])
    attention = maps(0)
    if kind == "pointed":
        attention[-1, -1] = torch.eye(length)  # this head looks at nothing but itself
    if kind == "equal":
        attention = maps(2 * texts - 1)  # the last calibration text once more
    name = {"": "an ordinary text", "pointed": "one head has become pointed", "equal": "a score that occurs before"}[
        kind
    ]
    arguments = (attention, ordinary[:texts], ordinary[texts:])
    return Case(f"{name}: {layers} layers, {heads} heads, {length} tokens, {2 * texts - 1} ordinary texts", arguments)


def _hidden(seed: int) -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(seed)
    kinds = ("", "pointed", "equal")
    sizes = torch.randint(0, 3, (3, 3), generator=generator).tolist()
    return tuple(
        _case(50 + 7 * seed + k, 2 + layers, 2 + heads, 4 + length, 9 + k, kind)
        for k, ((layers, heads, length), kind) in enumerate(zip(sizes, kinds, strict=True))
    )


ATTENTION_ALARM = Exercise(
    id="9.4",
    title="A detector with a baseline",
    points=3,
    difficulty=4,
    minutes=25,
    reference="course_lib.attention:attention_alarm",
    returns="two numbers, `(score, p)`: the largest |z| of the text over all heads, and the share of the calibration texts, this "
    "text counted in, that score at least as high",
    example=(
        "A head has the evenness 0.2 on this text; on the reference texts its mean is 0.5 and its spread 0.1. So "
        "|z| is 3. If no head "
        "has a larger one, the score is 3. If two of 19 calibration texts score 3 or more, p is (1 + 2) / (1 + "
        "19) = 0.15."
    ),
    hints=(
        "Three kinds of text take part: the one in question, those that say what is usual for each head, and "
        "those that say how "
        "large the largest |z| usually gets. What does each of them give?",
        "Evenness of every head as in 9.1, row 0 left out. Mean and standard deviation over the reference texts, "
        "head by head, the latter "
        "at least 0.001. Then one number per text: the largest |z| over layers and heads. The calibration texts "
        "are measured with the "
        "*reference's* mean and spread.",
        "```python\nevenness = ...                                        # [layer, head], as in 9.1\n"
        "mean, spread = ..., reference.std(dim=0).clamp(min=...)  # [layer, head] each\n"
        "score = ...                                           # the largest |z| of the text\n"
        "usual = ...                                           # the same for each calibration text\n"
        "p = (1 + ...) / (1 + len(usual))\nreturn ...\n```",
    ),
    why=(
        "A monitor that fires on everything is switched off within a week, and one that reads a single head sees "
        "nothing. What makes an "
        "alarm worth having is a known rate of false ones."
    ),
    visible=(
        _case(1, 2, 3, 5, 10),
        _case(2, 3, 2, 6, 10, "pointed"),
        _case(3, 2, 4, 4, 8, "equal"),
        _case(4, 2, 2, 7, 12),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "head 0",
            head_zero,
            "You read one head of one layer, as the published version did. Whatever happens in the others is not seen.",
        ),
        Mistake(
            "head 0 of each layer",
            head_zero_of_each_layer,
            "You read head 0 of every layer. The score is the largest over all heads of all layers.",
        ),
        Mistake(
            "row 0 counts",
            row_zero_counts,
            "Row 0 counts as concentrated in your evenness, and the ordinary texts were measured without it: "
            "every text seems unusual. "
            "Leave query 0 out.",
        ),
        Mistake(
            "only more even",
            only_above,
            "You see only heads that have become more even. A head that has become pointed is unusual too: take "
            "the magnitude of z.",
        ),
        Mistake(
            "mean over heads",
            mean_over_heads,
            "You average |z| over the heads. One unusual head among hundreds drowns in that; take the largest.",
        ),
        Mistake(
            "own yardstick",
            own_yardstick,
            "The calibration texts are measured with their own mean and spread. Everything is measured with "
            "those of the reference.",
        ),
        Mistake(
            "calibration in the baseline",
            all_in_one,
            "The calibration texts had a part in mean and spread. Then they look more ordinary than a new text "
            "would; use the "
            "reference only.",
        ),
        Mistake(
            "compared with the reference",
            compared_with_reference,
            "Your p compares with the reference texts, which have shaped mean and spread themselves. Compare "
            "with the calibration texts.",
        ),
        Mistake(
            "not in spreads",
            not_in_spreads,
            "Your differences are not divided by the spread: a head that always varies a lot then decides everything.",
        ),
        Mistake(
            "against every number",
            against_every_number,
            "You compare the text's largest |z| with every single |z| of the calibration texts. Each of those "
            "texts has one score, "
            "its own largest.",
        ),
        Mistake(
            "equal scores",
            strictly_more,
            "Calibration texts with an equal score count too: at least as high.",
        ),
        Mistake(
            "itself left out",
            itself_left_out,
            "Your p is the plain share of calibration texts, and it can be 0. Count the text itself in, above "
            "and below the line.",
        ),
        Mistake(
            "other tail",
            the_other_tail,
            "Your p counts the texts that score at most as high. It should be small for an unusual text.",
        ),
    ),
    alternatives=(by_loop, flattened),
    rtol=1e-3,
    atol=1e-4,
    tolerance_reason="z divides float32 differences by small spreads; equal scores are equal to the last digit by construction",
)
