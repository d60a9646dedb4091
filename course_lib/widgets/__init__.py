"""Views to play with: bertviz without a network, and sliders over what a model computed.

A picture answers the question that its author had. A view lets the reader ask the next one: another layer, another
head, the same words without the first token. Everything here runs in the notebook, needs no network, and has a text
twin, so that nothing is lost where the picture cannot be seen.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_LAZY = {
    "head_view": "course_lib.widgets.bertviz_views",
    "model_view": "course_lib.widgets.bertviz_views",
    "AttentionView": "course_lib.widgets.attention_view",
    "explore_attention": "course_lib.widgets.attention_explorer",
    "explore_attribution": "course_lib.widgets.attribution_explorer",
    "explore_lens": "course_lib.widgets.lens_explorer",
    "explore_patching": "course_lib.widgets.patching_explorer",
    "explore_deletion": "course_lib.widgets.deletion_explorer",
    "explore_best_of_n": "course_lib.widgets.best_of_n_explorer",
    "explore_judges": "course_lib.widgets.judge_explorer",
    "explore_pairs": "course_lib.widgets.pair_explorer",
    "explore_thresholds": "course_lib.widgets.threshold_explorer",
    "explore_next_tokens": "course_lib.widgets.next_token_explorer",
    "explore_documents": "course_lib.widgets.document_explorer",
    "read_verdicts": "course_lib.widgets.verdict_reader",
    "explore_sentences": "course_lib.widgets.sentence_explorer",
    "explore_guardrail": "course_lib.widgets.guardrail_explorer",
    "explore_mechanism": "course_lib.widgets.mechanism_explorer",
    "explore_families": "course_lib.widgets.family_explorer",
    "explore_power": "course_lib.widgets.power_explorer",
    "explore_filter": "course_lib.widgets.filter_explorer",
    "walk_pickle": "course_lib.widgets.pickle_walker",
}

__all__ = sorted(_LAZY)


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'course_lib.widgets' has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return __all__
