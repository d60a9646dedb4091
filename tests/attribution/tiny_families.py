"""Small random models that run in milliseconds, one per family."""

from __future__ import annotations

import torch
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast
from transformers.models.auto.configuration_auto import AutoConfig

from course_lib.models import LocalModel

VOCABULARY = 61
SIZES: dict[str, dict[str, int]] = {
    "llama": {"hidden_size": 24, "intermediate_size": 40, "num_attention_heads": 3, "num_key_value_heads": 1},
    "qwen2": {"hidden_size": 24, "intermediate_size": 40, "num_attention_heads": 6, "num_key_value_heads": 2},
    "gemma": {"hidden_size": 24, "intermediate_size": 40, "num_attention_heads": 3, "num_key_value_heads": 1},
    "gemma2": {
        "hidden_size": 24,
        "intermediate_size": 40,
        "num_attention_heads": 3,
        "num_key_value_heads": 1,
        "head_dim": 8,
    },
    "qwen3": {
        "hidden_size": 24,
        "intermediate_size": 40,
        "num_attention_heads": 3,
        "num_key_value_heads": 1,
        "head_dim": 10,
    },
    "gpt_neox": {"hidden_size": 24, "intermediate_size": 40, "num_attention_heads": 3},
    "gpt2": {"n_embd": 24, "n_head": 3},
}


def word_tokenizer() -> PreTrainedTokenizerFast:
    """A tokenizer with the words w0, w1, …: one word, one token."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = Tokenizer(models.WordLevel({f"w{i}": i for i in range(VOCABULARY)}, unk_token="w0"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=words)


def build_tiny(seed: int = 0, family: str = "llama", **changes: int | str) -> LocalModel:
    """A random two-layer model of `family` whose logits spread over several units, as a trained model's do."""
    sizes = SIZES[family] | changes
    if family == "gemma":
        sizes.setdefault("head_dim", 8)
    layers = {"n_layer": 2} if family == "gpt2" else {"num_hidden_layers": 2}
    config = AutoConfig.for_model(family, vocab_size=VOCABULARY, **sizes, **layers)
    torch.manual_seed(seed)
    network = AutoModelForCausalLM.from_config(config).eval().requires_grad_(False)
    for parameter in network.parameters():
        if parameter.ndim == 2:
            torch.nn.init.normal_(parameter, std=0.25)
    return LocalModel(network, word_tokenizer(), f"tiny:{seed}", f"random {family}")
