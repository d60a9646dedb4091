"""A language model in the form that looking inside needs: the network, its tokenizer, and the words for its parts.

llama.cpp and Ollama answer; they do not show what happened on the way. To look inside, the same weights have to sit in
PyTorch, where every intermediate value is a tensor that a hook can read or replace. `LocalModel` holds that network
together with the tokenizer that belongs to it, because a score without its token is a number without a meaning.

Two pitfalls that this class is careful about. Fast attention kernels (`sdpa`) never build the attention weights, so a
model loaded the usual way returns an *empty* tuple when asked for them: `eager_attention()` switches for the length of
a `with` block and restores what was there. And a word is often several tokens, or another token at the start of a text
than after a space: `single_token()` refuses to guess which one you mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from course_lib.errors import CourseError
from course_lib.models.quiet import quiet_transformers

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True, eq=False, repr=False)
class LocalModel:
    """A loaded model and its tokenizer.

    Attributes:
        model: the Hugging Face network, in evaluation mode, without gradients for its weights.
        tokenizer: the tokenizer that belongs to it.
        name: what it was asked for as, for example `"default"`.
        source: one sentence, where the weights came from.

    Example:
        >>> from course_lib import load_model
        >>> load_model("tiny:0")
        tiny:0: 2 layers, 3 heads, d_model 24, 0.03 M parameters, float32 on cpu. Random weights, made on the spot.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    name: str
    source: str

    def __repr__(self) -> str:
        shape = f"{self.n_layers} layers, {self.n_heads} heads, d_model {self.d_model}"
        size = f"{self.model.num_parameters() / 1e6:.{1 if self.model.num_parameters() > 1e6 else 2}f} M parameters"
        return f"{self.name}: {shape}, {size}, {str(self.dtype)[6:]} on {self.device}. {self.source}"

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.model.device

    @property
    def dtype(self) -> torch.dtype:
        """The number format of the weights."""
        return self.model.dtype

    @property
    def text_config(self) -> Any:
        """The configuration of the language part; in models that also see or hear, it is nested in the whole one."""
        return self.model.config.get_text_config(decoder=True)

    @property
    def n_layers(self) -> int:
        """Number of decoder blocks."""
        return int(self.text_config.num_hidden_layers)

    @property
    def n_heads(self) -> int:
        """Query heads in each block."""
        return int(self.text_config.num_attention_heads)

    @property
    def d_model(self) -> int:
        """Width of the residual stream."""
        return int(self.text_config.hidden_size)

    @property
    def filling(self) -> int:
        """A token id to fill rows with, for `generate`: the padding token, or the end of text where there is none."""
        pad = self.tokenizer.pad_token_id
        return int(self.tokenizer.eos_token_id if pad is None else pad)

    @property
    def max_positions(self) -> int | None:
        """The longest text, in tokens, that the model was built for; None where its configuration does not say."""
        longest = getattr(self.text_config, "max_position_embeddings", None)
        return None if longest is None else int(longest)

    def encode(self, text: str) -> Int[Tensor, " position"]:
        """Token ids of `text`, as they stand: nothing is added in front or behind.

        Example:
            >>> from course_lib import load_model
            >>> load_model("tiny:0").encode("The model reads").shape
            torch.Size([3])
        """
        ids = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return torch.tensor(ids, dtype=torch.long, device=self.device)

    def tokens(self, input_ids: Sequence[int] | Int[Tensor, " position"]) -> list[str]:
        """The text of each token id, one string per position.

        A character of several bytes can be spread over several tokens; each of those shows as `�`.

        Example:
            >>> from course_lib import load_model
            >>> model = load_model("tiny:0")
            >>> model.tokens(model.encode("The model reads"))
            ['The', ' model', ' reads']
        """
        return [self._token(int(i)) for i in input_ids]

    def _token(self, token_id: int) -> str:
        """The text of one token as it stands behind others.

        SentencePiece writes a leading space as `▁`, and its decoder drops that of the *first* token it is given, which
        here would be every token.
        """
        text = str(self.tokenizer.decode([token_id]))
        piece = str(self.tokenizer.convert_ids_to_tokens(token_id))
        spaces = len(piece) - len(piece.lstrip("▁"))
        return " " * spaces + text.lstrip(" ") if spaces and not text.startswith("▁") else text

    def single_token(self, text: str) -> int:
        """The id of the one token that is exactly `text`.

        Raises:
            CourseError: the tokenizer writes `text` as several tokens, or as none.

        Example:
            >>> from course_lib import load_model
            >>> model = load_model("tiny:0")
            >>> model.tokens([model.single_token(" Paris")])
            [' Paris']
        """
        ids = self.encode(text).tolist()
        if len(ids) == 1:
            return int(ids[0])
        if not text.startswith(" ") and text and len(self.encode(" " + text)) == 1:
            remedy = f"After another word it is the one token {' ' + text!r}, with the space in front: use that."
        else:
            remedy = "Choose a word that is one token; in running text most tokens begin with a space."
        raise CourseError(f"{text!r} is {len(ids)} tokens for {self.name}: {self.tokens(ids)}.", remedy)

    def chat(self, request: str, system: str | None = None) -> str:
        """`request` written into the model's chat template, up to where the answer begins.

        Args:
            request: what the user says.
            system: the system prompt; the template's own default when None.

        Raises:
            CourseError: the model has no chat template, or its template takes no system prompt.

        Example:
            >>> from course_lib import load_model
            >>> load_model("tiny:0").chat("Why?", system="Be kind.")
            '<|im_start|>system\\nBe kind.<|im_end|>\\n<|im_start|>user\\nWhy?<|im_end|>\\n<|im_start|>assistant\\n'
        """
        from jinja2.exceptions import TemplateError

        if not self.tokenizer.chat_template:
            raise CourseError(
                f"{self.name} has no chat template: it is a base model, or its file does not carry one.",
                "Give it plain text to continue, or set `model.tokenizer.chat_template`.",
            )
        messages = [{"role": "user", "content": request}]
        if system is not None:
            messages.insert(0, {"role": "system", "content": system})
        try:
            return str(self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))
        except TemplateError as error:
            remedy = "Put the system prompt in front of the request." if system is not None else "Give it plain text."
            raise CourseError(f"The chat template of {self.name} refused this chat ({error}).", remedy) from error

    @torch.no_grad()
    def logits(
        self, input_ids: Sequence[int] | Int[Tensor, " position"] | Int[Tensor, "batch position"]
    ) -> Float[Tensor, "*batch position vocab"]:
        """Next-token logits at every position; row `p` scores the token that follows position `p`.

        Args:
            input_ids: one text, or a batch of texts of equal length (there is no padding here).

        Returns:
            `[position, vocab]` for one text, `[batch, position, vocab]` for a batch.

        Raises:
            CourseError: the ids have another number of axes, or there are none.

        Example:
            >>> from course_lib import load_model
            >>> model = load_model("tiny:0")
            >>> ids = model.encode("The model reads")
            >>> model.logits(ids).shape, model.logits(ids[None]).shape
            (torch.Size([3, 420]), torch.Size([1, 3, 420]))
        """
        ids = torch.as_tensor(input_ids, device=self.device)
        if ids.ndim not in (1, 2) or ids.numel() == 0:
            raise CourseError(
                f"Token ids of shape {list(ids.shape)} are no text.", "Give [position] or [batch, position], not empty."
            )
        network: Any = self.model
        out = network(input_ids=ids if ids.ndim == 2 else ids[None], use_cache=False).logits
        return out if ids.ndim == 2 else out[0]

    @torch.no_grad()
    def generate(self, prompt: str, max_new_tokens: int = 40) -> str:
        """The greedy continuation of `prompt`, special tokens removed.

        Args:
            prompt: plain text, or a chat already rendered by `chat`.
            max_new_tokens: at most so many tokens; it stops earlier at the end of the turn.
        """
        ids = self.encode(prompt)[None]
        network: Any = self.model
        with quiet_transformers():
            out = network.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=max_new_tokens,
                do_sample=False,
                repetition_penalty=1.0,  # some models ask for another; then it would not be greedy
                pad_token_id=self.filling,
            )
        return str(self.tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True))

    @contextmanager
    def eager_attention(self) -> Iterator[PreTrainedModel]:
        """Inside the block the network computes attention weights explicitly, so that they can be read or changed.

        Raises:
            CourseError: this architecture has no explicit attention.

        Example:
            >>> from course_lib import load_model
            >>> model = load_model("tiny:0")
            >>> with model.eager_attention() as network:
            ...     out = network(model.encode("The model reads")[None], output_attentions=True)
            >>> len(out.attentions), out.attentions[0].shape
            (2, torch.Size([1, 3, 3, 3]))
        """
        before = _attention_in_use(self.model.config)
        try:
            with quiet_transformers():
                self.model.set_attn_implementation("eager")
            if self.text_config._attn_implementation != "eager":
                raise CourseError(
                    f"{self.name} cannot show its attention weights: its code has no explicit attention.",
                    "Use a model of a common architecture, for example the default model.",
                )
            yield self.model
        finally:
            with quiet_transformers():
                self.model.set_attn_implementation(before)


def _attention_in_use(config: Any) -> str | dict[str, Any]:
    """The attention kernel of a configuration and of those nested in it, in the form that restores them all."""
    nested = {key: _attention_in_use(part) for key in config.sub_configs if (part := getattr(config, key, None))}
    return {"": config._attn_implementation, **nested} if nested else config._attn_implementation
