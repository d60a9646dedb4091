"""A language model made on the spot: random weights, real machinery, a few milliseconds.

Checks and tests need a model that has everything a real one has (rotary positions, grouped key/value heads, a
byte-level tokenizer, a chat template) and none of its weight. Its answers mean nothing; its *mechanics* are exact, and
any seed gives another one, so an answer that was tuned to one model does not pass on the next.

Two choices matter. The shape is odd on purpose: 2 layers, 3 query heads, 1 key/value head, head width 8, so that a
mix-up of axes changes the result or fails. And the weights are drawn wide (standard deviation 0.35, where training
starts from 0.02): with the usual small weights attention would be almost uniform and all logits almost equal, and a
wrong averaging axis would pass unseen.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from course_lib.errors import CourseError
from course_lib.models.local_model import LocalModel

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

TEXT = """
The model reads the question and writes an answer. The answer may be right or wrong, and the model does not say which.
When the teacher asks why, the model writes a reason. The reason may be true or not. A person who wants to know looks
inside the model: at the heads, at the layers, at the words that each head reads. The cat sat on the mat and the dog sat
on the cat. The capital of France is Paris, the capital of Italy is Rome, and the capital of Japan is Tokyo. Mary gave
the book to John, and John gave the book to Mary. Please help me to write a letter. Please do not help them to steal it.
"""
"""What the tokenizer's merges are learned from, so that common words are one token and rare ones are several."""

END_OF_TEXT, START_OF_TURN, END_OF_TURN = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@lru_cache(maxsize=64)
def load_tiny(name: str, device: torch.device, dtype: torch.dtype) -> LocalModel:
    """The random model that belongs to a name `tiny:SEED`."""
    match = re.fullmatch(r"tiny:(\d{1,9})", name)
    if match is None:
        raise CourseError(f"{name!r} names no tiny model.", "Write tiny: and a whole number, for example tiny:0.")
    network: Any = tiny_network(int(match[1]))
    return LocalModel(
        network.to(device=device, dtype=dtype), tiny_tokenizer(), name, "Random weights, made on the spot."
    )


def tiny_network(seed: int) -> PreTrainedModel:
    """A Llama of 2 layers with random weights; the same `seed` gives the same weights, whatever ran before."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=len(tiny_tokenizer()), hidden_size=24, intermediate_size=40, num_hidden_layers=2,
        num_attention_heads=3, num_key_value_heads=1, head_dim=8, max_position_embeddings=512,
        bos_token_id=1, eos_token_id=2, pad_token_id=2, initializer_range=0.35, tie_word_embeddings=False,
        architectures=["LlamaForCausalLM"],
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = LlamaForCausalLM(config)
    return network.eval().requires_grad_(False)


def tiny_tokenizer() -> PreTrainedTokenizerFast:
    """A byte-level tokenizer with a few hundred merges; every text can be written in it and comes back unchanged."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=420, show_progress=False, special_tokens=[END_OF_TEXT, START_OF_TURN, END_OF_TURN],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    tokenizer.train_from_iterator([TEXT], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token=END_OF_TEXT, bos_token=START_OF_TURN, eos_token=END_OF_TURN,
        pad_token=END_OF_TURN, chat_template=CHAT_TEMPLATE, model_max_length=512,
    )  # fmt: skip
