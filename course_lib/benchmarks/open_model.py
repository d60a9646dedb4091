"""The model under measurement: one that `load_model` knows, or a large one with random weights.

Times do not depend on what the weights say. `random-llama-8b` has the shape of a Llama of eight thousand million
weights and random numbers in it, made on the accelerator itself, so that a large model can be measured without being
fetched. Its tokenizer is that of the tiny models, its numbers mean nothing, and the agreement of two ways on it means
what it always means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from course_lib.errors import CourseError
from course_lib.models import LocalModel, load_model
from course_lib.models.hardware import choose_device, choose_dtype
from course_lib.models.tiny import tiny_tokenizer

if TYPE_CHECKING:
    from transformers import LlamaConfig

RANDOM_LARGE = "random-llama-8b"


def open_model(name: str, device: str | None = None, dtype: str | None = None) -> LocalModel:
    """Load the model that is to be measured.

    Args:
        name: as for `load_model`, or "random-llama-8b".
        device: the CPU if None; for "random-llama-8b" the accelerator.
        dtype: float32 if None; for "random-llama-8b" bfloat16.

    Raises:
        CourseError: as `load_model`; or the large random model is asked for where there is no CUDA device.
    """
    if name != RANDOM_LARGE:
        return load_model(name, device=device, dtype=dtype)
    if not torch.cuda.is_available() or (device is not None and choose_device(device).type != "cuda"):
        raise CourseError(
            f"{RANDOM_LARGE} needs a CUDA device with 24 GB of memory.",
            "Run it where there is one, with --device cuda; elsewhere measure the default model.",
        )
    return random_llama(large_config(), choose_device(device or "cuda"), choose_dtype(dtype or "bfloat16"))


def large_config() -> LlamaConfig:
    """The shape of Llama 3 with eight thousand million weights."""
    from transformers import LlamaConfig

    return LlamaConfig(
        vocab_size=128256, hidden_size=4096, intermediate_size=14336, num_hidden_layers=32, num_attention_heads=32,
        num_key_value_heads=8, head_dim=128, max_position_embeddings=8192, rms_norm_eps=1e-5,
        bos_token_id=1, eos_token_id=2, pad_token_id=2, tie_word_embeddings=False, architectures=["LlamaForCausalLM"],
    )  # fmt: skip


def random_llama(config: LlamaConfig, device: torch.device, dtype: torch.dtype) -> LocalModel:
    """A Llama of that shape with random weights, made where it will be used."""
    from transformers import LlamaForCausalLM

    before = torch.get_default_dtype()
    torch.manual_seed(0)
    try:
        torch.set_default_dtype(dtype)
        with torch.device(device):
            network: Any = LlamaForCausalLM(config)
    finally:
        torch.set_default_dtype(before)
    network.eval().requires_grad_(False)
    return LocalModel(network, tiny_tokenizer(), RANDOM_LARGE, "Random weights, made on the spot.")
