"""Shapley values: sampled over the same random orders everywhere, and exact for a few units.

The units are blocks of neighbouring tokens, replaced when they are gone, so that the number of texts does not depend on
the length: sixteen blocks and eight orders (`shapley, sampled`), four blocks and all orders (`shapley, exact`). A loop
over orders computes a text for every step of every order. Different orders pass through the same coalitions, so a
program that keeps what it has seen needs fewer: with four units 16 texts in place of 97.

The floor shares even more: two texts that agree up to a block agree in everything before it, so the fewest operations
are those of a tree of beginnings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice, pairwise, permutations
from math import factorial
from typing import Any

import torch

from course_lib.attribution import shapley_values
from course_lib.attribution.shapley import draw_orders
from course_lib.benchmarks.captum_inputs import fastest_rows, last_score, token_input
from course_lib.benchmarks.floor import arithmetic
from course_lib.benchmarks.setting import Setting
from course_lib.benchmarks.ways import CAPTUM, LOOP, OURS, TUNED, Comparison, Prepared, Way, filled

SAMPLED_UNITS, EXACT_UNITS, ORDERS = 16, 4, 8
Orders = Callable[[int, int], Iterable[Sequence[int]]]


def blocks(setting: Setting, exact: bool) -> list[tuple[int, int]]:
    """The units: blocks of the prompt of about equal length."""
    count = min(EXACT_UNITS if exact else SAMPLED_UNITS, setting.length)
    edges = [unit * setting.length // count for unit in range(count + 1)]
    return list(pairwise(edges))


def all_orders(setting: Setting, exact: bool) -> list[tuple[int, ...]]:
    """The orders that the definition averages over, or those that are drawn."""
    count = len(blocks(setting, exact))
    if exact:
        return list(permutations(range(count)))
    return [tuple(order) for order in draw_orders(count, ORDERS, 0).tolist()]


def ours(setting: Setting, exact: bool) -> Prepared:
    """`shapley_values`."""

    def run() -> torch.Tensor:
        return shapley_values(
            setting.model, setting.ids, [setting.target], units=blocks(setting, exact), hold=(),
            replacement_id=setting.replacement, exact_up_to=EXACT_UNITS if exact else 0, permutations=ORDERS,
        ).scores[0]  # fmt: skip

    return Prepared(run)


def loop(setting: Setting, exact: bool) -> Prepared:
    """For each order, one forward pass each time a unit enters; nothing is remembered but the last value."""
    spans, orders, taken, scale, note = _orders_taken(setting, exact)

    def score(ids: torch.Tensor) -> float:
        return float(setting.model.logits(ids)[-1].float().log_softmax(-1)[setting.target])

    def run() -> torch.Tensor:
        empty = torch.full_like(setting.ids, setting.replacement)
        totals, nothing = torch.zeros(len(spans)), score(empty)
        for order in orders[:taken]:
            text, before = empty.clone(), nothing
            for unit in order:
                text[slice(*spans[unit])] = setting.ids[slice(*spans[unit])]
                after = score(text)
                totals[unit] += after - before
                before = after
        return totals / taken if taken == len(orders) else filled(len(spans), [], [])

    return Prepared(run, scale, note)


def captum(setting: Setting, exact: bool) -> Prepared:
    """`LLMAttribution` around `ShapleyValueSampling` or `ShapleyValues`."""
    from captum.attr import LLMAttribution

    spans, orders, taken, scale, note = _orders_taken(setting, exact)
    method = LLMAttribution(
        _method(setting.model.model, orders[:taken], exact), setting.model.tokenizer, attr_target="log_prob"
    )
    mask, target = _mask(setting, spans), torch.tensor([setting.target], device=setting.ids.device)
    options = {} if exact else {"n_samples": taken}

    def run() -> torch.Tensor:
        text = token_input(setting)
        scores: Any = method.attribute(text, target, use_cached_outputs=False, feature_mask=mask, **options).token_attr
        return _by_unit(scores[0], spans, taken == len(orders))

    return Prepared(run, scale, note)


def captum_tuned(setting: Setting, exact: bool) -> Prepared:
    """The same around the last logits, in the fastest batch."""
    spans, orders, taken, scale, note = _orders_taken(setting, exact)
    score = last_score(setting)
    rows = fastest_rows(setting, score, len(spans))
    method, mask = _method(score, orders[:taken], exact), _mask(setting, spans)
    options = {} if exact else {"n_samples": taken}

    def run() -> torch.Tensor:
        scores = method.attribute(
            setting.ids[None], baselines=setting.replacement, feature_mask=mask, perturbations_per_eval=rows, **options
        )[0]
        return _by_unit(scores, spans, taken == len(orders))

    return Prepared(run, scale, f"last logits only, {rows} texts a pass; {note}", rows)


def _orders_taken(
    setting: Setting, exact: bool
) -> tuple[list[tuple[int, int]], list[tuple[int, ...]], int, float, str]:
    """The units, the orders, how many of these are timed, what that time is multiplied with, and what to say of it."""
    spans, orders = blocks(setting, exact), all_orders(setting, exact)
    taken = min(len(orders), max(2, setting.sizes.most_forwards // len(spans)))
    every, some = (1 + len(spans) * count for count in (len(orders), taken))
    part = "" if taken == len(orders) else f"timed on {taken} of "
    return spans, orders, taken, every / some, f"{part}{len(orders)} orders"


def _method(forward: Any, orders: Sequence[Sequence[int]], exact: bool) -> Any:
    """Captum's method with the orders that everybody takes."""
    from captum.attr import ShapleyValues, ShapleyValueSampling

    method: Any = (ShapleyValues if exact else ShapleyValueSampling)(forward)
    generator: Orders = lambda units, samples: islice(orders, len(orders))  # noqa: E731
    method.permutation_generator = generator
    return method


def _mask(setting: Setting, spans: Sequence[tuple[int, int]]) -> torch.Tensor:
    """The number of its unit for each token, `[1, position]`."""
    lengths = torch.tensor([stop - start for start, stop in spans], device=setting.ids.device)
    return torch.arange(len(spans), device=setting.ids.device).repeat_interleave(lengths)[None]


def _by_unit(scores: torch.Tensor, spans: Sequence[tuple[int, int]], whole: bool) -> torch.Tensor:
    """One number for each unit; Captum gives it to each token of the unit."""
    if not whole:
        return filled(len(spans), [], [])
    return torch.stack([scores[start] for start, _ in spans]).float().cpu()


def floor(setting: Setting, exact: bool) -> float:
    """The tree of beginnings: each block once for each different choice of what stands up to it; logits at each leaf."""
    cost, spans = arithmetic(setting.model), blocks(setting, exact)
    if exact:
        choices = [2 ** (unit + 1) for unit in range(len(spans))]
    else:
        orders = torch.tensor(all_orders(setting, exact))
        rank = orders.argsort(dim=1)
        there = (rank[:, None, :] < torch.arange(len(spans) + 1)[None, :, None]).flatten(0, 1)
        choices = [len(there[:, : unit + 1].unique(dim=0)) for unit in range(len(spans))]
    blocks_cost = sum(count * cost.span(*span) for count, span in zip(choices, spans, strict=True))
    return blocks_cost + choices[-1] * cost.head


def _comparison(name: str, what: str, exact: bool) -> Comparison:
    return Comparison(
        name,
        what,
        (
            Way(OURS, lambda s: ours(s, exact)),
            Way(LOOP, lambda s: loop(s, exact)),
            Way(CAPTUM, lambda s: captum(s, exact), "captum"),
            Way(TUNED, lambda s: captum_tuned(s, exact), "captum"),
        ),
        lambda s: floor(s, exact),
    )


SAMPLED = _comparison("shapley, sampled", f"{SAMPLED_UNITS} blocks of tokens in {ORDERS} random orders", exact=False)
EXACT = _comparison(
    "shapley, exact", f"{EXACT_UNITS} blocks of tokens in all {factorial(EXACT_UNITS)} orders", exact=True
)
