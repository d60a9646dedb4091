"""One score term by term: against what the model itself puts into its softmax, in every family."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from course_lib.attention import attention_weights, pair_score
from course_lib.attention.parts import query_key_modules, turned
from course_lib.errors import CourseError
from course_lib.models import LocalModel, load_model
from tests.attribution.tiny_families import SIZES, VOCABULARY, build_tiny, word_tokenizer

IDS = [5, 9, 2, 40, 9, 31, 7]


def scores_before_the_softmax(model: LocalModel, monkeypatch: pytest.MonkeyPatch) -> list[torch.Tensor]:
    """`[head, query, key]` of every layer, read off the arguments of the family's own attention function."""
    module = import_module(type(model.model).__module__)
    original, seen = module.eager_attention_forward, []

    def spy(layer: Any, query: Any, key: Any, value: Any, mask: Any, scaling: float, **kwargs: Any) -> Any:
        keys = key.repeat_interleave(query.shape[1] // key.shape[1], dim=1)
        seen.append((query @ keys.transpose(-1, -2) * scaling)[0])
        return original(layer, query, key, value, mask, scaling=scaling, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(module, "eager_attention_forward", spy)
        with model.eager_attention() as network, torch.no_grad():
            network(torch.tensor([IDS]), use_cache=False)
    return seen


def build(family: str) -> LocalModel:
    """A family of `tiny_families`, or one that normalises queries and keys."""
    if family in SIZES:
        return build_tiny(family=family)
    sizes = {
        "hidden_size": 24,
        "intermediate_size": 40,
        "num_attention_heads": 6,
        "num_key_value_heads": 2,
        "head_dim": 8,
    }
    config = AutoConfig.for_model(family, vocab_size=VOCABULARY, num_hidden_layers=2, **sizes)
    torch.manual_seed(0)
    network = AutoModelForCausalLM.from_config(config).eval().requires_grad_(False)
    for name, parameter in network.named_parameters():
        torch.nn.init.normal_(parameter, mean=1.0 if "norm" in name else 0.0, std=0.25)
    return LocalModel(network, word_tokenizer(), f"tiny {family}", f"random {family}")


@pytest.mark.parametrize("family", [*SIZES, "qwen3", "gemma3_text", "olmo2"])
def test_scores_are_those_that_the_model_puts_into_its_softmax(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = build(family)
    expected = scores_before_the_softmax(model, monkeypatch)
    weights = attention_weights(model, IDS)
    for layer in range(2):
        for head in range(model.n_heads):
            for query, key in ((0, 0), (3, 1), (6, 0), (6, 6), (6, 4)):
                found = pair_score(model, IDS, layer=layer, head=head, query=query, key=key)
                score = float(expected[layer][head, query, key])
                assert found.score == pytest.approx(score, rel=1e-4, abs=1e-4)
                assert float(found.terms.sum()) == pytest.approx(score, rel=1e-4, abs=1e-4)
                assert float(found.row[key]) == pytest.approx(score, rel=1e-4, abs=1e-4)
                assert found.weight == pytest.approx(float(weights[layer, head, query, key]), abs=1e-5)


def test_terms_are_products_and_pairs_of_them_add_up_to_the_score() -> None:
    model = load_model("tiny:2")
    found = pair_score(model, "The model reads the question", layer=1, head=1, query=4, key=2)
    torch.testing.assert_close(found.terms, found.query_vector * found.key_vector * 8**-0.5)
    frequencies = found.by_frequency()
    assert frequencies.shape == (4,)
    assert float(frequencies.sum()) == pytest.approx(found.score, abs=1e-5)
    assert float(frequencies[0]) == pytest.approx(float(found.terms[0] + found.terms[4]))


def test_turning_keeps_lengths_and_depends_on_the_distance_only() -> None:
    """Two vectors at positions 2 and 5 have the product that they have at 12 and 15, and another one at 2 and 6."""
    angles = torch.outer(torch.arange(20.0), torch.tensor([1.0, 0.1])).repeat(1, 2)
    rotation = (angles.cos(), angles.sin())
    query, key = torch.randn(2, 4, generator=torch.Generator().manual_seed(1))
    queries, keys = (turned(vector.expand(20, 1, 4), rotation)[:, 0] for vector in (query, key))
    torch.testing.assert_close(queries.norm(dim=-1), query.norm().expand(20))
    torch.testing.assert_close(queries[5] @ keys[2], queries[15] @ keys[12])
    assert abs(float(queries[5] @ keys[2] - queries[6] @ keys[2])) > 1e-2


def test_without_rotary_positions_there_are_no_pairs() -> None:
    found = pair_score(build_tiny(family="gpt2"), IDS, layer=0, head=0, query=3, key=1)
    with pytest.raises(CourseError, match="no rotary positions"):
        found.by_frequency()


def test_scores_that_the_model_changes_afterwards_are_refused() -> None:
    """Gemma 2 squeezes its scores; the terms of the plain product would not explain its weights."""
    sizes = {
        "hidden_size": 24,
        "intermediate_size": 40,
        "num_attention_heads": 3,
        "num_key_value_heads": 1,
        "head_dim": 8,
    }
    config = AutoConfig.for_model(
        "gemma2", vocab_size=VOCABULARY, num_hidden_layers=2, attn_logit_softcapping=0.5, **sizes
    )
    torch.manual_seed(0)
    network = AutoModelForCausalLM.from_config(config).eval().requires_grad_(False)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    model = LocalModel(network, word_tokenizer(), "tiny gemma2", "random")
    with pytest.raises(CourseError, match="cannot be recomputed"):
        pair_score(model, IDS, layer=0, head=0, query=6, key=1)


def test_a_layer_with_other_names_is_refused() -> None:
    with pytest.raises(CourseError, match="not where this course looks"):
        query_key_modules(torch.nn.Sequential(torch.nn.Linear(2, 2)))


def test_hooks_are_gone_after_success(tiny: LocalModel) -> None:
    attention_weights(tiny, IDS)  # transformers installs its own recording hooks on first use
    count = lambda: sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in tiny.model.modules())  # noqa: E731
    before = count()
    pair_score(tiny, IDS, layer=0, head=0, query=3, key=1)
    assert count() == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layer": 2}, "no layer 2"),
        ({"head": 3}, "no head 3"),
        ({"query": 7}, "no position 7"),
        ({"key": 4}, "no key 4"),
    ],
)
def test_what_does_not_exist_is_named(tiny: LocalModel, change: dict[str, int], message: str) -> None:
    choice = {"layer": 0, "head": 0, "query": 3, "key": 1} | change
    with pytest.raises(CourseError, match=message):
        pair_score(tiny, IDS, **choice)


def test_the_text_names_pair_score_and_largest_term(tiny: LocalModel) -> None:
    found = pair_score(tiny, "<b> reads", layer=0, head=2, query=2, key=1)
    assert f"score {found.score:.3f}" in found.text()
    assert str(found.top(1)[0][0]) in found.text()
    assert "<b>" not in found._repr_html_()


def test_half_precision_is_close() -> None:
    full, half = (
        pair_score(load_model("tiny:3", dtype=dtype), IDS, layer=0, head=0, query=3, key=1)
        for dtype in ("float32", "bfloat16")
    )
    assert half.score == pytest.approx(full.score, rel=0.1, abs=0.1)
