"""Integrated gradients with one number of steps, one kind of nodes, one baseline and the first token held, everywhere.

The baseline is a token (the end of text) at every position but the first, because that is the kind of baseline that
Captum's `LayerIntegratedGradients` takes; the first keeps its own, so that its part of the path has length 0.
"""

from __future__ import annotations

from typing import Any

import torch

from course_lib.attribution import integrated_gradients
from course_lib.attribution.gradients import embed
from course_lib.attribution.quadrature import quadrature
from course_lib.benchmarks.captum_inputs import fastest_rows, token_input
from course_lib.benchmarks.floor import arithmetic
from course_lib.benchmarks.inseq_way import inseq_integrated
from course_lib.benchmarks.setting import Setting
from course_lib.benchmarks.ways import CAPTUM, INSEQ, LOOP, OURS, TUNED, Comparison, Prepared, Way

ANY = 1e9  # a tolerance that never asks for more steps: every way takes the same number


def ours(setting: Setting) -> Prepared:
    """`integrated_gradients` with a fixed number of steps."""
    steps = setting.sizes.steps

    def run() -> torch.Tensor:
        return integrated_gradients(
            setting.model, setting.ids, [setting.target], baseline="end_of_text", steps=steps, max_steps=steps,
            tolerance=ANY,
        ).scores[0]  # fmt: skip

    return Prepared(run, note=f"{steps} steps")


def loop(setting: Setting) -> Prepared:
    """One forward and one backward pass for each step, logits at every position."""
    model: Any = setting.model.model
    places, weights = quadrature("gauss_legendre", setting.sizes.steps)

    def run() -> torch.Tensor:
        end, start = embed(setting.model, setting.ids), embed(setting.model, baseline_ids(setting))
        total = torch.zeros_like(end, dtype=torch.float32)
        for place, weight in zip(places.tolist(), weights.tolist(), strict=True):
            with torch.enable_grad():
                row = (start + place * (end - start)).detach().requires_grad_()
                logits = model(inputs_embeds=row[None], use_cache=False).logits[0, -1].float()
                (slope,) = torch.autograd.grad(logits.log_softmax(-1)[setting.target], row)
            total += weight * slope.float()
        return ((end - start).float() * total).sum(dim=-1).cpu()

    return Prepared(run, note=f"{setting.sizes.steps} forward and backward passes")


def captum(setting: Setting) -> Prepared:
    """`LLMGradientAttribution(LayerIntegratedGradients)` in the fastest internal batch."""
    from captum.attr import LayerIntegratedGradients, LLMGradientAttribution

    network: Any = setting.model.model
    layer = LayerIntegratedGradients(network, network.get_input_embeddings())
    method = LLMGradientAttribution(layer, setting.model.tokenizer)
    rows = fastest_rows(setting, lambda ids: _pass(setting, ids, {}), setting.sizes.steps)
    target = torch.tensor([setting.target], device=setting.ids.device)
    present = torch.zeros_like(setting.ids)[None]  # of the baseline's tokens only the first is the prompt's own
    present[0, 0] = 1

    def run() -> torch.Tensor:
        scores = method.attribute(
            token_input(setting), target, baselines=present, n_steps=setting.sizes.steps, method="gausslegendre",
            internal_batch_size=rows,
        ).token_attr  # fmt: skip
        return scores[0].float().cpu()

    return Prepared(run, note=f"{rows} steps a pass", rows=rows)


def captum_tuned(setting: Setting) -> Prepared:
    """`LayerIntegratedGradients` around the last logits, in the fastest internal batch.

    It is asked for its convergence delta, because ours always says how far its sum is off.
    """
    from captum.attr import LayerIntegratedGradients

    network: Any = setting.model.model

    def score(ids: torch.Tensor) -> torch.Tensor:
        return _score(setting, network(input_ids=ids, use_cache=False, logits_to_keep=1).logits)

    rows = fastest_rows(setting, lambda ids: _pass(setting, ids, {"logits_to_keep": 1}), setting.sizes.steps)
    method = LayerIntegratedGradients(score, network.get_input_embeddings())

    def run() -> torch.Tensor:
        slopes: Any
        slopes, _ = method.attribute(
            setting.ids[None], baseline_ids(setting)[None], n_steps=setting.sizes.steps, method="gausslegendre",
            internal_batch_size=rows, return_convergence_delta=True,
        )  # fmt: skip
        return slopes[0].sum(dim=-1).float().cpu()

    return Prepared(run, note=f"last logits only, {rows} steps a pass", rows=rows)


def baseline_ids(setting: Setting) -> torch.Tensor:
    """The baseline as tokens; the first is held."""
    ids = torch.full_like(setting.ids, setting.replacement)
    ids[0] = setting.ids[0]
    return ids


def _score(setting: Setting, logits: torch.Tensor) -> torch.Tensor:
    return logits[:, -1].float().log_softmax(-1)[:, setting.target]


def _pass(setting: Setting, ids: torch.Tensor, options: dict[str, int]) -> None:
    """A forward and a backward pass, to find the fastest batch."""
    network: Any = setting.model.model
    with torch.enable_grad():
        rows = embed(setting.model, ids).requires_grad_()
        logits = network(inputs_embeds=rows, use_cache=False, **options).logits
        torch.autograd.grad(_score(setting, logits).sum(), rows)


def floor(setting: Setting) -> float:
    """A forward and a backward pass for each step, and the two ends."""
    cost = arithmetic(setting.model)
    ends = 2 * (cost.span(0, setting.length) + cost.head)
    return setting.sizes.steps * cost.with_gradient(setting.length) + ends


INTEGRATED = Comparison(
    "integrated gradients",
    "gradients along the path from the end-of-text token to the prompt",
    (
        Way(OURS, ours),
        Way(LOOP, loop),
        Way(CAPTUM, captum, "captum"),
        Way(TUNED, captum_tuned, "captum"),
        Way(INSEQ, inseq_integrated, "inseq", same=False),
    ),
    floor,
)
