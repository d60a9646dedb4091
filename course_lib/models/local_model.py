"""A language model in the form that looking inside needs: the network, its tokenizer, and the words for its parts.

llama.cpp and Ollama answer; they do not show what happened on the way. To look inside, the same weights have to sit in
PyTorch, where every intermediate value is a tensor that a hook can read or replace. `LocalModel` holds that network
together with the tokenizer that belongs to it, because a score without its token is a number without a meaning.

The pitfall that this class is careful about: fast attention kernels (`sdpa`) never build the attention weights, so a
model loaded the usual way returns an *empty* tuple when asked for them. `eager_attention()` switches for the length of
a `with` block and restores what was there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True)
class LocalModel:
    """A loaded model and its tokenizer.

    Attributes:
        model: the Hugging Face network, in evaluation mode.
        tokenizer: the tokenizer that belongs to it.
        name: what it was asked for as, for example `"default"`.
        source: one sentence, where the weights came from.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    name: str
    source: str

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.model.device

    @property
    def dtype(self) -> torch.dtype:
        """The number format of the weights."""
        return self.model.dtype

    @property
    def n_layers(self) -> int:
        """Number of decoder blocks."""
        return int(self.model.config.num_hidden_layers)

    @property
    def n_heads(self) -> int:
        """Query heads in each block."""
        return int(self.model.config.num_attention_heads)

    @property
    def d_model(self) -> int:
        """Width of the residual stream."""
        return int(self.model.config.hidden_size)

    def encode(self, text: str) -> Int[Tensor, " position"]:
        """Token ids of `text`, as they stand: nothing is added in front or behind."""
        ids = self.tokenizer(text, add_special_tokens=False, return_tensors="pt")["input_ids"][0]
        return ids.to(self.device)

    def tokens(self, input_ids: Sequence[int] | Int[Tensor, " position"]) -> list[str]:
        """The text of each token id, one string per position."""
        return [self.tokenizer.decode([int(i)]) for i in input_ids]

    def chat(self, request: str, system: str | None = None) -> str:
        """`request` written into the model's chat template, up to where the answer begins.

        Args:
            request: what the user says.
            system: the system prompt; the template's own default when None.
        """
        messages = [{"role": "user", "content": request}]
        if system is not None:
            messages.insert(0, {"role": "system", "content": system})
        return str(self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))

    @torch.no_grad()
    def logits(self, input_ids: Int[Tensor, "*batch position"]) -> Float[Tensor, "*batch position vocab"]:
        """Next-token logits at every position; row `p` scores the token that follows position `p`."""
        ids = torch.as_tensor(input_ids, device=self.device)
        out = self.model(input_ids=ids if ids.ndim == 2 else ids[None], use_cache=False).logits
        return out if ids.ndim == 2 else out[0]

    @torch.no_grad()
    def generate(self, prompt: str, max_new_tokens: int = 40) -> str:
        """The greedy continuation of `prompt` (already rendered by `chat` where a chat is meant), special tokens removed."""
        ids = self.encode(prompt)[None]
        out = self.model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=max_new_tokens,
            do_sample=False,
            pad_token_id=self.tokenizer.pad_token_id or self.tokenizer.eos_token_id,
        )
        return str(self.tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True))

    @contextmanager
    def eager_attention(self) -> Iterator[Any]:
        """Inside the block the network computes attention weights explicitly, so that they can be read or changed."""
        before = self.model.config._attn_implementation
        self.model.set_attn_implementation("eager")
        try:
            yield self.model
        finally:
            self.model.set_attn_implementation(before)
