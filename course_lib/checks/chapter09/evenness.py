"""Exercise 9.1: how evenly a head spreads its attention.

The slips are those of every entropy: 0 · log 0, the logarithm's base, the axis. Two belong to attention: row 0 has no
choice, and each row sees another number of keys. The cases have exact zeros inside the visible part, more heads than
layers, and few queries, so that row 0 counts.
"""

from __future__ import annotations

import torch
from torch import Tensor

from course_lib.checks.chapter09.maps import causal_maps, with_zeros
from course_lib.checks.exercise import Case, Exercise, Mistake


def _entropy(attention: Tensor) -> Tensor:
    return torch.special.entr(attention).sum(dim=-1)


def _even(attention: Tensor) -> Tensor:
    """The logarithm of how many keys each query sees, from query 0 on."""
    return torch.arange(1, attention.shape[-1] + 1).to(attention).log()


def zero_times_infinity(attention: Tensor) -> Tensor:
    """w ln w with the logarithm of 0."""
    entropy = -(attention * attention.log()).sum(dim=-1)
    return (entropy[..., 1:] / _even(attention)[1:]).mean(dim=-1)


def row_zero_as_nothing(attention: Tensor) -> Tensor:
    """Row 0 counts as an evenness of 0."""
    return (_entropy(attention)[..., 1:] / _even(attention)[1:]).sum(dim=-1) / attention.shape[-2]


def row_zero_as_one(attention: Tensor) -> Tensor:
    """Row 0 counts as perfectly even."""
    return ((_entropy(attention)[..., 1:] / _even(attention)[1:]).sum(dim=-1) + 1) / attention.shape[-2]


def whole_length(attention: Tensor) -> Tensor:
    """Every row is divided by the logarithm of the whole length."""
    return _entropy(attention)[..., 1:].mean(dim=-1) / _even(attention)[-1]


def not_divided(attention: Tensor) -> Tensor:
    """The plain mean entropy in nats."""
    return _entropy(attention)[..., 1:].mean(dim=-1)


def divided_at_the_end(attention: Tensor) -> Tensor:
    """Mean entropy divided by the mean even entropy."""
    return _entropy(attention)[..., 1:].mean(dim=-1) / _even(attention)[1:].mean()


def over_queries(attention: Tensor) -> Tensor:
    """The entropy of columns."""
    return (torch.special.entr(attention).sum(dim=-2)[..., 1:] / _even(attention)[1:]).mean(dim=-1)


def negative(attention: Tensor) -> Tensor:
    """The minus is missing."""
    return -(_entropy(attention)[..., 1:] / _even(attention)[1:]).mean(dim=-1)


def one_key_short(attention: Tensor) -> Tensor:
    """Query q sees q keys instead of q + 1; query 1 is left out as well."""
    return (_entropy(attention)[..., 2:] / _even(attention)[1:-1]).mean(dim=-1)


def in_bits(attention: Tensor) -> Tensor:
    """The rows' entropy in bits, the even one in nats."""
    return (_entropy(attention)[..., 1:] / _even(attention)[1:]).mean(dim=-1) / torch.log(torch.tensor(2.0))


def layers_averaged(attention: Tensor) -> Tensor:
    """Averages the first axis away before anything else."""
    mean = attention.mean(dim=0)
    return (_entropy(mean)[..., 1:] / _even(mean)[1:]).mean(dim=-1)


def last_query(attention: Tensor) -> Tensor:
    """Only the last row."""
    return _entropy(attention)[..., -1] / _even(attention)[-1]


def by_loop(attention: Tensor) -> Tensor:
    """Row by row, in double precision, over the weights that are not 0."""
    n = attention.shape[-1]
    flat = attention.double().reshape(-1, n, n)
    values = []
    for one in flat:
        shares = []
        for query in range(1, n):
            row = one[query, : query + 1]
            row = row[row > 0]
            shares.append(float(-(row * row.log()).sum() / torch.tensor(float(query + 1), dtype=row.dtype).log()))
        values.append(sum(shares) / len(shares))
    return torch.tensor(values, dtype=torch.float64).reshape(attention.shape[:-2])


def with_xlogy(attention: Tensor) -> Tensor:
    """PyTorch's `xlogy`, and the logarithm to base 2 on both sides."""
    bits = -torch.special.xlogy(attention, attention).sum(dim=-1) / torch.log(torch.tensor(2.0))
    return (bits[..., 1:] / torch.arange(2, attention.shape[-1] + 1).log2()).mean(dim=-1)


def nearly_zero(attention: Tensor) -> list[list[float]]:
    """A tiny number is added under the logarithm; lists in place of a tensor."""
    entropy = -(attention.double() * (attention.double() + 1e-12).log()).sum(dim=-1)[..., 1:]
    result: list[list[float]] = (entropy / _even(attention.double())[1:]).mean(dim=-1).tolist()
    return result


def _case(seed: int, layers: int, heads: int, length: int, zeros: bool = True) -> Case:
    attention = causal_maps(seed, layers, heads, length, length)
    name = f"{layers} layers, {heads} heads, {length} tokens" + (", some weights exactly 0" if zeros else "")
    return Case(name, (with_zeros(attention) if zeros else attention,))


def _hidden(seed: int) -> tuple[Case, ...]:
    generator = torch.Generator().manual_seed(seed)
    sizes = torch.randint(2, 7, (4, 3), generator=generator).tolist()
    return tuple(_case(seed + k, layers, heads, 2 + length) for k, (layers, heads, length) in enumerate(sizes))


HEAD_EVENNESS = Exercise(
    id="9.1",
    title="How evenly a head looks",
    points=2,
    difficulty=2,
    minutes=12,
    reference="course_lib.attention:head_evenness",
    returns="a number for each map (for `[layer, head, query, key]` a tensor `[layer, head]`): the mean, over the queries "
    "1, 2, …, of the row's entropy divided by the entropy of an even row over the keys that this query sees",
    example=(
        "Three tokens. Row 1, `[0.5, 0.5, 0]`, sees two keys and is even: 1. Row 2, `[1, 0, 0]`, sees three and "
        "looks at one: "
        "0. The evenness is 0.5. Row 0 has no choice and does not count."
    ),
    hints=(
        "Write down the entropy of row 0 before anything else, and the entropy of an even row 0. What is their ratio?",
        "Entropy is −Σ w ln w along the *key* axis. A weight of 0 must add 0, and its logarithm is −∞: put "
        "something harmless "
        "under the logarithm there. Query q sees q + 1 keys, and an even row over k keys has the entropy ln k.",
        "```python\nlogs = torch.where(attention > 0, attention, ...).log()\n"
        "entropy = -(attention * logs).sum(dim=...)[..., 1:]\n"
        "seen = torch.arange(..., attention.shape[-1] + 1)   # keys that the queries 1, 2, … see\n"
        "return ...\n```",
    ),
    why=(
        "Tools sort heads by entropy. Without dividing by what was possible, heads on long prompts look "
        "undecided and heads on "
        "short ones focused, and a comparison of two prompts compares their lengths."
    ),
    visible=(_case(31, 2, 3, 4), _case(32, 3, 2, 6), _case(33, 4, 5, 3, zeros=False)),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "not a number",
            zero_times_infinity,
            "All your numbers are not-a-number, and there are two ways to get there. A weight of exactly 0 meets "
            "its logarithm, minus "
            "infinity: it should add nothing. Or query 0, which sees one key, is divided by the logarithm of 1.",
        ),
        Mistake(
            "row 0 counted as 0",
            row_zero_as_nothing,
            "Query 0 is counted as if it were concentrated by choice. It sees only itself, so it says nothing "
            "about the head: "
            "leave it out of the mean, also out of the number of rows that you divide by.",
        ),
        Mistake(
            "row 0 counted as even",
            row_zero_as_one,
            "Query 0 is counted as perfectly even. It has no choice; leave it out of the mean.",
        ),
        Mistake(
            "not divided",
            not_divided,
            "That is the mean entropy. It grows with the length of the text: divide each row by the entropy that "
            "an even row "
            "over the keys it sees would have.",
        ),
        Mistake(
            "whole length",
            whole_length,
            "You divide every row by the same number, the logarithm of the whole length. Early queries see fewer "
            "keys: each "
            "row has a largest possible entropy of its own.",
        ),
        Mistake(
            "divided at the end",
            divided_at_the_end,
            "You divide two means. Each row has to be divided by its own largest entropy first, and the mean "
            "comes last.",
        ),
        Mistake(
            "entropy of columns",
            over_queries,
            "You add up along the query axis. A query's weights, which sum to 1, lie along the *last* axis.",
        ),
        Mistake("sign", negative, "Your numbers are negative: an entropy is minus the sum of w ln w."),
        Mistake(
            "bits and nats",
            in_bits,
            "Your numbers are too large by a constant factor: one of the two logarithms is to base 2 and the "
            "other natural. "
            "Use the same for both.",
        ),
        Mistake(
            "one key short",
            one_key_short,
            "The rows are divided by the entropy of one key too few: query q sees itself too.",
        ),
        Mistake(
            "first axis averaged",
            layers_averaged,
            "You averaged the maps of several layers before you took the entropy. The mean of two pointed maps "
            "is spread out: "
            "each map gets its own number.",
        ),
        Mistake(
            "last query only", last_query, "You read the last query only; the mean is over all queries but the first."
        ),
    ),
    alternatives=(by_loop, with_xlogy, nearly_zero),
    rtol=1e-4,
    atol=1e-5,
    tolerance_reason="ratios of float32 entropies between 0 and 1",
)
