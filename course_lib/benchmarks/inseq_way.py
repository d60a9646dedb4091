"""Inseq, where it is installed; beside this course it is not, because its pins exclude current packages.

Its occlusion puts one token in the place of each token, as Captum does, and reports the fall of the *probability*, so
that only its time is comparable here. Its integrated gradients report the length of each token's vector, normalised to a
sum of 1; sign and completeness are lost, and again only the time is comparable.

Source: Sarti et al. (2023), *Inseq: An Interpretability Toolkit for Sequence Generation Models*, arXiv:2302.13942.
"""

from __future__ import annotations

from typing import Any

import torch

from course_lib.benchmarks.setting import Setting
from course_lib.benchmarks.ways import Prepared, filled


def inseq_occlusion(setting: Setting) -> Prepared:
    """Inseq's occlusion of the prompt for one generated token."""
    return _prepared(setting, "occlusion", {})


def inseq_integrated(setting: Setting) -> Prepared:
    """Inseq's integrated gradients for one generated token."""
    return _prepared(setting, "integrated_gradients", {"n_steps": setting.sizes.steps})


def _prepared(setting: Setting, method: str, options: dict[str, Any]) -> Prepared:
    """Load Inseq around the network that is already in memory."""
    import inseq

    tokenizer: Any = setting.model.tokenizer
    wrapped = inseq.load_model(setting.model.model, method, tokenizer=tokenizer, device=str(setting.model.device))
    prompt = tokenizer.decode(setting.ids)
    whole = prompt + tokenizer.decode([setting.target])

    def run() -> torch.Tensor:
        wrapped.attribute(prompt, whole, show_progress=False, **options)
        return filled(setting.length, [], [])

    return Prepared(run, note="its own score: time comparable, numbers not")
