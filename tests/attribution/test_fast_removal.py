"""The fast path computes the definition's numbers, whatever the batch, the family, the length."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Literal

import pytest
import torch

from course_lib.attribution import fast_removal, memory, passes, removal_attribution, token_attribution
from course_lib.errors import CourseError
from course_lib.models import LocalModel, prefix
from course_lib.probing import hidden_states
from tests.attribution.tiny_families import word_tokenizer

Tiny = Callable[..., LocalModel]
EXACT = {"rtol": 0.0, "atol": 1e-4}  # the same float32 sums in another order


def random_ids(seed: int, length: int) -> torch.Tensor:
    return torch.randint(0, 61, (length,), generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("family", ["llama", "qwen2", "gemma", "gpt_neox", "gpt2"])
@pytest.mark.parametrize(("length", "targets"), [(2, 1), (2, 3), (7, 1), (9, 4), (40, 2)])
@pytest.mark.parametrize("seed", [0, 1])
def test_deletion_equals_the_definition(
    tiny: Tiny, family: str, length: int, targets: int, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, prompt, target = tiny(seed, family), random_ids(seed, length), random_ids(seed + 100, targets)
    expected = token_attribution(model, prompt, target)
    for packed in (True, False):  # ends in lanes; equal rows in batches
        monkeypatch.setattr(passes, "takes_trees", lambda *_, packed=packed: packed)
        for batch_tokens in (1, 23, 4096):  # a row a batch; ragged last batches; everything at once
            result = removal_attribution(model, prompt, target, batch_tokens=batch_tokens)
            assert result.settings["reuse_prefix"] is True
            torch.testing.assert_close(result.scores, expected, **EXACT)


@pytest.mark.parametrize("family", ["llama", "gpt2"])
@pytest.mark.parametrize("score", ["logit", "log_prob"])
def test_replacement_equals_a_loop_that_replaces(tiny: Tiny, family: str, score: str) -> None:
    model, prompt, target = tiny(4, family), random_ids(4, 11), random_ids(5, 3)

    def target_scores(ids: torch.Tensor) -> torch.Tensor:
        logits = model.logits(torch.cat([ids, target]))[10:13]
        return (logits if score == "logit" else logits.log_softmax(-1))[[0, 1, 2], target]

    def replaced(position: int) -> torch.Tensor:
        return torch.cat([prompt[:position], torch.tensor([17]), prompt[position + 1 :]])

    expected = torch.stack([target_scores(prompt) - target_scores(replaced(i)) for i in range(11)], dim=1)
    result = removal_attribution(model, prompt, target, mode="replace", replacement_id=17, score=score, batch_tokens=30)
    torch.testing.assert_close(result.scores, expected, **EXACT)


@pytest.mark.parametrize(("mode", "token"), [("delete", None), ("replace", 17)])
@pytest.mark.parametrize("positions", [(0, 11), (3, 9), (10, 11)])
def test_a_part_of_the_prompt_gets_the_scores_that_it_has_in_the_whole(
    tiny: Tiny, mode: Literal["delete", "replace"], token: int | None, positions: tuple[int, int]
) -> None:
    model, prompt = tiny(4), random_ids(4, 11)
    whole = removal_attribution(model, prompt, [7, 8], mode=mode, replacement_id=token)
    seen: list[tuple[int, int]] = []
    for batch_tokens in (1, 23, 4096):
        part = removal_attribution(
            model, prompt, [7, 8], mode=mode, replacement_id=token, positions=positions, batch_tokens=batch_tokens,
            progress=lambda *step: seen.append(step),
        )  # fmt: skip
        torch.testing.assert_close(part.scores, whole.part(*positions).scores, **EXACT)
        assert part.tokens == whole.part(*positions).tokens
        assert part.settings["positions"] == list(positions)
        assert seen[-1] == (positions[1] - positions[0],) * 2


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_log_odds_are_those_of_the_probabilities(tiny: Tiny, family: str) -> None:
    model, prompt, target = tiny(6, family), random_ids(6, 8), random_ids(7, 2)

    def log_odds(ids: torch.Tensor) -> torch.Tensor:
        p = model.logits(torch.cat([ids, target]))[len(ids) - 1 : -1].double().softmax(-1)[[0, 1], target]
        return (p / (1 - p)).log()

    expected = [log_odds(prompt) - log_odds(torch.cat([prompt[:i], prompt[i + 1 :]])) for i in range(8)]
    result = removal_attribution(model, prompt, target, score="log_odds")
    torch.testing.assert_close(result.scores, torch.stack(expected, dim=1).float(), rtol=0.0, atol=1e-3)
    assert result.unit == "nats"


def test_deletion_and_replacement_are_different_questions(tiny: Tiny) -> None:
    deleted = removal_attribution(tiny(), "w3 w1 w4 w1 w5", "w9")
    replaced = removal_attribution(tiny(), "w3 w1 w4 w1 w5", "w9", mode="replace", replacement_id=0)
    assert (deleted.scores - replaced.scores).abs().max() > 0.1
    assert deleted.method != replaced.method


def test_a_token_replaced_by_itself_loses_nothing(tiny: Tiny) -> None:
    result = removal_attribution(tiny(), [8, 8, 8, 8], [2, 5], mode="replace", replacement_id=8, batch_tokens=9)
    torch.testing.assert_close(result.scores, torch.zeros(2, 4), **EXACT)


def test_without_the_shared_prefix_the_numbers_stay(tiny: Tiny) -> None:
    with_prefix = removal_attribution(tiny(3), random_ids(1, 12), [1, 2])
    without = removal_attribution(tiny(3), random_ids(1, 12), [1, 2], reuse_prefix=False)
    torch.testing.assert_close(with_prefix.scores, without.scores, **EXACT)
    assert without.settings["reuse_prefix"] is False


def test_a_sliding_window_shorter_than_the_prompt_changes_nothing(tiny: Tiny) -> None:
    """A cache that keeps only the window would have forgotten the beginning."""
    windowed = {"use_sliding_window": True, "sliding_window": 4, "max_window_layers": 0}
    model = tiny(0, "qwen2", **windowed)
    unlimited, prompt = tiny(0, "qwen2"), random_ids(2, 20)
    expected = token_attribution(model, prompt, torch.tensor([7]))
    assert (expected - token_attribution(unlimited, prompt, torch.tensor([7]))).abs().max() > 0.01
    torch.testing.assert_close(removal_attribution(model, prompt, [7]).scores, expected, **EXACT)


def test_a_model_whose_positions_stretch_is_computed_without_the_prefix(tiny: Tiny) -> None:
    rope = {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 10000.0}
    model = tiny(0, "llama", rope_parameters=rope, max_position_embeddings=64)
    result = removal_attribution(model, random_ids(0, 9), [3])
    assert result.settings["reuse_prefix"] is False
    torch.testing.assert_close(result.scores, token_attribution(model, random_ids(0, 9), torch.tensor([3])), **EXACT)


def test_a_layer_that_forgot_tokens_lends_nothing(tiny: Tiny) -> None:
    keys = torch.zeros(1, 2, 5, 4)
    assert prefix._states_of_all(SimpleNamespace(keys=keys, values=keys), 5) == (keys, keys)
    assert prefix._states_of_all(SimpleNamespace(keys=keys, values=keys), 6) is None
    assert prefix._states_of_all(SimpleNamespace(state=keys), 5) is None


def test_without_a_target_the_models_own_next_token_is_explained(tiny: Tiny) -> None:
    model, prompt = tiny(2), random_ids(9, 6)
    greedy = int(model.logits(prompt)[-1].argmax())
    result = removal_attribution(model, prompt)
    assert result.target_tokens == (f"w{greedy}",)
    torch.testing.assert_close(result.scores, token_attribution(model, prompt, torch.tensor([greedy])), **EXACT)


def test_text_ids_and_a_batch_of_one_are_the_same_prompt(tiny: Tiny) -> None:
    results = [removal_attribution(tiny(), p, "w9") for p in ("w3 w1 w4", [3, 1, 4], torch.tensor([[3, 1, 4]]))]
    assert results[0].scores.equal(results[1].scores)
    assert results[0].scores.equal(results[2].scores)


def test_progress_counts_prompt_tokens_up_to_the_last(tiny: Tiny) -> None:
    seen: list[tuple[int, int]] = []
    removal_attribution(tiny(), random_ids(0, 9), [1], batch_tokens=16, progress=lambda *step: seen.append(step))
    assert seen[-1] == (9, 9)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})


@pytest.mark.parametrize(
    ("prompt", "target", "options", "message"),
    [
        ("w1", "w2", {}, "at least two"),
        ("", "w2", {}, "prompt has no tokens"),
        ("w1 w2", "", {}, "target has no tokens"),
        ([1, 61], [2], {}, "not token ids"),
        ([1, -1], [2], {}, "not token ids"),
        ([0.5, 1.5], [2], {}, "not token ids"),
        ([[1, 2], [3, 4]], [2], {}, r"shape \(2, 2\)"),
        ("w1 w2", "w2", {"mode": "replace"}, "stands in"),
        ("w1 w2", "w2", {"replacement_id": 3}, "no replacement"),
        ("w1 w2", "w2", {"mode": "replace", "replacement_id": 61}, "not token ids"),
        ("w1 w2", "w2", {"mode": "remove"}, "no mode 'remove'"),
        ("w1 w2", "w2", {"score": "prob"}, "no score 'prob'"),
        ("w1 w2", "w2", {"positions": (1, 3)}, "not a part"),
        ("w1 w2", "w2", {"positions": (1, 1)}, "not a part"),
        ("w1 w2", "w2", {"positions": (-1, 1)}, "not a part"),
        (list(range(60)) * 40, [2], {}, "2048 positions"),
    ],
)
def test_questions_without_an_answer_say_why(
    tiny: Tiny, prompt: object, target: object, options: dict, message: str
) -> None:
    with pytest.raises(CourseError, match=message):
        removal_attribution(tiny(), prompt, target, **options)  # type: ignore[arg-type]


def test_a_batch_that_does_not_fit_is_refused_before_it_is_computed(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "available_bytes", lambda device: 300_000)
    monkeypatch.setattr(fast_removal, "shared_prefix", lambda *_: pytest.fail("computed before it was refused"))
    with pytest.raises(CourseError, match=r"need about .* GB .* batch_tokens"):
        removal_attribution(tiny(), random_ids(0, 40), [1], batch_tokens=4096)


def test_a_smaller_batch_is_the_remedy_that_the_message_promises(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_bytes", lambda device: 300_000)
    assert removal_attribution(tiny(), random_ids(0, 40), [1], batch_tokens=40).scores.shape == (1, 40)


@pytest.mark.model
def test_on_the_default_model_the_fast_path_equals_the_definition() -> None:
    from course_lib import load_model

    model = load_model()
    prompt, target = (
        model.encode("Mary lives in Rome, the capital of Italy, which lies in"),
        model.encode(" Europe, on"),
    )
    expected = token_attribution(model, prompt, target)
    torch.testing.assert_close(removal_attribution(model, prompt, target).scores, expected, **EXACT)


def captum_scores(model: LocalModel, prompt: str, target: torch.Tensor) -> torch.Tensor:
    """Captum's answer, in nats.

    `use_cached_outputs=False` because with the default (Captum 0.9, transformers 5) the whole text is fed again behind
    the cache that already holds it, and every target after the first gets another number.
    """
    from captum.attr import FeatureAblation, LLMAttribution, TextTokenInput

    oracle = LLMAttribution(FeatureAblation(model.model), model.tokenizer, attr_target="log_prob")
    text = TextTokenInput(prompt, model.tokenizer, baselines=0)
    scores = oracle.attribute(text, target=target, use_cached_outputs=False).token_attr
    assert scores is not None
    return scores


def test_captums_feature_ablation_is_replacement_by_token_0(tiny: Tiny) -> None:
    model, prompt, target = tiny(6), "w5 w9 w1 w5 w30 w2", torch.tensor([7, 8])
    ours = removal_attribution(model, prompt, target, mode="replace", replacement_id=0, score="log_prob")
    torch.testing.assert_close(ours.scores, captum_scores(model, prompt, target), **EXACT)


@pytest.mark.model
def test_captum_agrees_on_the_default_model_too() -> None:
    from course_lib import load_model

    model, prompt = load_model(), "The capital of France is"
    target = model.encode(" Paris, the")
    ours = removal_attribution(model, prompt, target, mode="replace", replacement_id=0, score="log_prob")
    torch.testing.assert_close(ours.scores, captum_scores(model, prompt, target), **EXACT)


def hybrid(kind: str) -> LocalModel:
    """A random model in which one of two layers keeps a running state in place of keys and values."""
    from transformers import Lfm2Config, Lfm2ForCausalLM, Qwen3NextConfig, Qwen3NextForCausalLM

    sizes = {
        "vocab_size": 61, "hidden_size": 24, "intermediate_size": 40, "num_hidden_layers": 2,
        "num_attention_heads": 3, "num_key_value_heads": 1, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2,
    }  # fmt: skip
    torch.manual_seed(0)
    if kind == "lfm2":
        network = Lfm2ForCausalLM(Lfm2Config(**sizes, layer_types=["conv", "full_attention"]))
    else:
        linear = {
            "linear_num_key_heads": 2, "linear_num_value_heads": 2, "linear_key_head_dim": 8,
            "linear_value_head_dim": 8, "num_experts": 2, "num_experts_per_tok": 1, "moe_intermediate_size": 16,
            "shared_expert_intermediate_size": 16, "head_dim": 8,
        }  # fmt: skip
        layers = ["linear_attention", "full_attention"]
        network = Qwen3NextForCausalLM(Qwen3NextConfig(**sizes, **linear, layer_types=layers))
    return LocalModel(network.eval().requires_grad_(False), word_tokenizer(), kind, "random")


@pytest.mark.parametrize("kind", ["lfm2", "qwen3_next"])
def test_a_model_with_a_running_state_is_computed_without_the_prefix(kind: str) -> None:
    model, prompt = hybrid(kind), random_ids(0, 9)
    result = removal_attribution(model, prompt, [3])
    assert result.settings["reuse_prefix"] is False
    torch.testing.assert_close(result.scores, token_attribution(model, prompt, torch.tensor([3])), **EXACT)
    assert hidden_states(model, ["w1 w2 w3", "w1 w2 w4 w5"]).shape == (3, 2, 24)


def sees(**text: object) -> LocalModel:
    """A random model that also sees: the sizes of its language part are nested in the whole configuration."""
    from transformers import Gemma3Config, Gemma3ForConditionalGeneration

    sizes = {
        "vocab_size": 61, "hidden_size": 24, "intermediate_size": 16, "num_hidden_layers": 2,
        "num_attention_heads": 3, "num_key_value_heads": 1, "head_dim": 8, "max_position_embeddings": 12,
    }  # fmt: skip
    vision = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
              "image_size": 28, "patch_size": 14}  # fmt: skip
    config = Gemma3Config(
        text_config=sizes, vision_config=vision, mm_tokens_per_image=4,
        image_token_index=58, boi_token_index=59, eoi_token_index=60,
    )  # fmt: skip
    network = Gemma3ForConditionalGeneration(config).eval().requires_grad_(False)
    for name, value in text.items():
        network.config.text_config.__dict__[name] = value  # past its check of types, as Gemma 3n passes it
    return LocalModel(network, word_tokenizer(), "sees", "random")


def test_nested_sizes_are_found() -> None:
    model, prompt = sees(), random_ids(0, 7) % 50
    expected = token_attribution(model, prompt, torch.tensor([3]))
    torch.testing.assert_close(removal_attribution(model, prompt, [3]).scores, expected, **EXACT)
    with pytest.raises(CourseError, match="has 12 positions"):
        removal_attribution(model, random_ids(0, 13) % 50, [3])
    with pytest.raises(CourseError, match="has 12 positions"):
        hidden_states(model, ["w1 " * 13])


def test_the_estimate_takes_the_widest_layer_and_refuses_nothing_that_it_cannot_tell() -> None:
    sizes = {"rows": 1, "length": 5, "prefix": 0, "targets": 1}
    uneven = memory.batch_bytes(sees(intermediate_size=[16, 64]), **sizes)
    assert uneven == memory.batch_bytes(sees(intermediate_size=64), **sizes)
    unknown = sees(intermediate_size={"first": 16})
    assert memory.batch_bytes(unknown, **sizes) is None
    assert removal_attribution(unknown, [4, 5, 6], [3]).scores.shape == (1, 3)
