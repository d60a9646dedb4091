"""Removal and replacement: our reuse of the unchanged beginning against loops that compute every text whole.

Each token of the prompt is deleted (`removal`) or replaced by one other token (`replacement`), and the log probability
of the target is compared. A loop computes n texts of n tokens. A causal model needs only what stands behind the change:
half of that, which is the floor. Captum's `FeatureAblation` replaces, so it stands beside `replacement`.
"""

from __future__ import annotations

import torch

from course_lib.attribution import removal_attribution
from course_lib.benchmarks.captum_inputs import fastest_rows, last_score, token_input
from course_lib.benchmarks.floor import arithmetic
from course_lib.benchmarks.inseq_way import inseq_occlusion
from course_lib.benchmarks.setting import Setting
from course_lib.benchmarks.ways import (
    CAPTUM,
    INSEQ,
    LOOP,
    OURS,
    TUNED,
    Comparison,
    Prepared,
    Way,
    evenly,
    filled,
    sampled_note,
)


def ours(setting: Setting, replace: bool) -> Prepared:
    """`removal_attribution`."""
    token = setting.replacement if replace else None

    def run() -> torch.Tensor:
        return removal_attribution(
            setting.model, setting.ids, [setting.target], mode="replace" if replace else "delete", replacement_id=token
        ).scores[0]

    return Prepared(run)


def loop(setting: Setting, replace: bool) -> Prepared:
    """The definition: one forward pass of the whole text for each token, logits at every position."""
    places = evenly(setting.length, setting.sizes.most_forwards)

    def score(ids: torch.Tensor) -> float:
        return float(setting.model.logits(ids)[-1].float().log_softmax(-1)[setting.target])

    def without(place: int) -> torch.Tensor:
        if not replace:
            return torch.cat([setting.ids[:place], setting.ids[place + 1 :]])
        changed = setting.ids.clone()
        changed[place] = setting.replacement
        return changed

    def run() -> torch.Tensor:
        complete = score(setting.ids)
        return filled(setting.length, places, [complete - score(without(place)) for place in places])

    scale = (setting.length + 1) / (len(places) + 1)
    return Prepared(run, scale, sampled_note(len(places) + 1, setting.length + 1))


def captum(setting: Setting) -> Prepared:
    """`LLMAttribution(FeatureAblation)`; for long prompts on groups of neighbours, which costs the same per group."""
    from captum.attr import FeatureAblation, LLMAttribution

    groups = min(setting.length, setting.sizes.most_forwards)
    mask = torch.arange(setting.length, device=setting.ids.device)[None] * groups // setting.length
    method = LLMAttribution(FeatureAblation(setting.model.model), setting.model.tokenizer, attr_target="log_prob")
    target = torch.tensor([setting.target], device=setting.ids.device)

    def run() -> torch.Tensor:
        text = token_input(setting)
        scores = method.attribute(text, target, use_cached_outputs=False, feature_mask=mask).token_attr[0]
        return scores.cpu() if groups == setting.length else filled(setting.length, [], [])

    scale = (setting.length + 1) / (groups + 1)
    return Prepared(run, scale, sampled_note(groups + 1, setting.length + 1))


def captum_tuned(setting: Setting) -> Prepared:
    """`FeatureAblation` around the last logits, in the fastest batch."""
    from captum.attr import FeatureAblation

    groups = min(setting.length, setting.sizes.most_forwards)
    mask = torch.arange(setting.length, device=setting.ids.device)[None] * groups // setting.length
    score = last_score(setting)
    rows = fastest_rows(setting, score, groups)
    method = FeatureAblation(score)

    def run() -> torch.Tensor:
        scores = method.attribute(
            setting.ids[None], baselines=setting.replacement, feature_mask=mask, perturbations_per_eval=rows
        )[0]
        return scores.cpu() if groups == setting.length else filled(setting.length, [], [])

    scale = (setting.length + 1) / (groups + 1)
    note = "" if groups == setting.length else f", timed on {groups} of {setting.length} texts"
    return Prepared(run, scale, f"last logits only, {rows} texts a pass{note}", rows)


def floor(setting: Setting, replace: bool) -> float:
    """One whole pass, and for each token what stands behind it."""
    cost, n = arithmetic(setting.model), setting.length
    length = n if replace else n - 1
    edits = sum(cost.span(place, length) + cost.head for place in range(n))
    return cost.span(0, n) + cost.head + edits


REMOVAL = Comparison(
    "removal",
    "the target's log probability without each token",
    (Way(OURS, lambda s: ours(s, False)), Way(LOOP, lambda s: loop(s, False))),
    lambda s: floor(s, False),
)
REPLACEMENT = Comparison(
    "replacement",
    "the target's log probability with each token replaced by one other",
    (
        Way(OURS, lambda s: ours(s, True)),
        Way(LOOP, lambda s: loop(s, True)),
        Way(CAPTUM, captum, "captum"),
        Way(TUNED, captum_tuned, "captum"),
        Way(INSEQ, inseq_occlusion, "inseq", same=False),
    ),
    lambda s: floor(s, True),
)
