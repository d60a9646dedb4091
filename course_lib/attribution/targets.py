"""What is to be explained: the number that every method takes apart.

"Why did the model answer this?" is no question until a number is named. Every method of this room takes the same three:

* **Tokens**: the log probability (or the logit) of each token of a given answer, earlier ones given.
* **A contrast**: `Contrast(" Paris", " Rome")`, the logit of one token minus that of another. The constant that every
  logit of a row shares cancels out, and so does everything that speaks for both: what is left is the choice.
* **The first word of an answer in a chat**: `chat_question(model, request, "Sorry")`. A refusal usually begins with one
  word, and its log probability says, without writing a text, how near the model is to refusing.

The pitfall in a chat is the template: system prompt and special tokens are text too, and often carry most of the score.
`chat_question` remembers which tokens are the request; methods that change the text leave the others alone.

Source: Yin and Neubig (2022), *Interpreting Language Models with Contrastive Explanations*, arXiv:2202.10419.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from course_lib.attribution.inputs import as_ids, check_length
from course_lib.errors import CourseError
from course_lib.models.prefix import last_logits

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel

Ids = Sequence[int] | torch.Tensor


@dataclass(frozen=True)
class Contrast:
    """The logit of `token` minus the logit of `foil`, after the prompt; each one token, as text or as an id."""

    token: str | int
    foil: str | int


@dataclass(frozen=True)
class ChatQuestion:
    """A request in its chat template, and the first token of an answer; made by `chat_question`.

    Attributes:
        prompt_ids: the whole chat, up to where the answer begins.
        target_id: the token whose log probability is explained.
        request: first position of the request, and the one after its last.
    """

    prompt_ids: tuple[int, ...]
    target_id: int
    request: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Question:
    """A prompt, and a number for each target, with all choices made; what the methods compute with.

    Attributes:
        prompt_ids: the prompt.
        target_ids: the tokens that are scored, one after the other.
        foil_id: the token to compare with; None unless the question is a contrast.
        score: "log_prob", "logit" or "logit_difference".
        free: positions of the prompt that a method may change.
    """

    prompt_ids: Int[Tensor, " position"]
    target_ids: Int[Tensor, " target"]
    foil_id: int | None
    score: str
    free: tuple[int, ...]

    @property
    def count(self) -> int:
        """Positions at the end of the text whose logits are needed."""
        return len(self.target_ids)

    @property
    def text_ids(self) -> Int[Tensor, " position"]:
        """The prompt, and the targets that are given while later ones are scored."""
        return torch.cat([self.prompt_ids, self.target_ids[:-1]])

    def scores(self, logits: Float[Tensor, "*row target vocab"]) -> Float[Tensor, "*row target"]:
        """The number to be explained, for each target, in float32 (float64 for a model in float64)."""
        logits = logits if logits.dtype == torch.float64 else logits.float()
        chosen = logits[..., torch.arange(self.count), self.target_ids]
        if self.foil_id is not None:
            return chosen - logits[..., self.foil_id]
        return chosen - logits.logsumexp(dim=-1) if self.score == "log_prob" else chosen

    def names(self, model: LocalModel) -> tuple[str, ...]:
        """What each target is called in tables."""
        names = tuple(model.tokens(self.target_ids))
        return names if self.foil_id is None else (f"{names[0]} over {model.tokens([self.foil_id])[0]}",)

    def settings(self, model: LocalModel) -> dict[str, Any]:
        """The part of a result's settings that all methods share."""
        return {
            "score": self.score,
            "model": model.name,
            "dtype": str(model.dtype).removeprefix("torch."),
            "input_ids": self.prompt_ids.tolist(),
            "target_ids": self.target_ids.tolist(),
            "foil_id": self.foil_id,
            "free": list(self.free),
        }


def chat_question(model: LocalModel, request: str, first_token: str | int, system: str | None = None) -> ChatQuestion:
    """The question "why does the answer to this request begin with that token?".

    Args:
        model: a loaded model with a chat template.
        request: what the user says.
        first_token: one token, as text (mind the space: compare `model.generate`) or as an id.
        system: the system prompt; the template's own when None.

    Raises:
        CourseError: no chat template, `first_token` is not one token, or the request cannot be found in the chat.

    Example:
        >>> from course_lib import load_model
        >>> model = load_model("tiny:0")
        >>> question = chat_question(model, "Please help me", " not")
        >>> "".join(model.tokens(question.prompt_ids[slice(*question.request)]))
        'Please help me'
    """
    chat = model.chat(request, system)
    begin = chat.rfind(request)
    if not request or begin < 0:
        raise CourseError("The chat template changed the request.", "Give it without spaces at its ends.")
    encoded: Any = model.tokenizer(chat, add_special_tokens=False, return_offsets_mapping=True)
    end = begin + len(request)
    inside = [place for place, (start, stop) in enumerate(encoded["offset_mapping"]) if start < end and stop > begin]
    target = _one_token(model, first_token)
    return ChatQuestion(tuple(encoded["input_ids"]), target, (inside[0], inside[-1] + 1))


def ask(
    model: LocalModel,
    prompt: str | Ids | ChatQuestion,
    target: str | Ids | Contrast | None = None,
    score: str = "log_prob",
    hold: Sequence[int] | None = None,
) -> Question:
    """Prompt and target as a checked `Question`; without a target the model's own next token is explained.

    Args:
        model: a loaded model.
        prompt: text, token ids, or what `chat_question` returned.
        target: text with its leading space, token ids, or a `Contrast`.
        score: "log_prob" or "logit"; of no account for a contrast.
        hold: positions of the prompt that methods leave as they are. If None, the first one, the *attention sink*,
            on which heads rest when they have nothing to do; in a chat, everything but the request.

    Raises:
        CourseError: prompt or target empty or too long, an unknown score, nothing left to change, or a chat question
            together with a target.
    """
    if score not in ("logit", "log_prob"):
        raise CourseError(f"There is no score {score!r}.", 'Choose "log_prob" or "logit".')
    foil, request = None, None
    if isinstance(prompt, ChatQuestion):
        if target is not None:
            raise CourseError("A chat question already has its target.", "Leave out `target`.")
        target, request = [prompt.target_id], prompt.request
        prompt = prompt.prompt_ids
    if isinstance(target, Contrast):
        foil, score = _one_token(model, target.foil), "logit_difference"
        target = [_one_token(model, target.token)]
    prompt_ids = as_ids(model, prompt, "prompt")
    check_length(model, len(prompt_ids))
    if target is None:
        target = last_logits(model, prompt_ids[None], 1)[0].argmax(-1)
    target_ids = as_ids(model, target, "target")
    check_length(model, len(prompt_ids) + len(target_ids) - 1)
    return Question(prompt_ids, target_ids, foil, score, _free(len(prompt_ids), hold, request))


def _free(length: int, hold: Sequence[int] | None, request: tuple[int, int] | None) -> tuple[int, ...]:
    """The positions that may change."""
    if hold is None:
        hold = [0] if request is None else [*range(request[0]), *range(request[1], length)]
    if any(not 0 <= place < length for place in hold):
        raise CourseError(f"`hold` names positions outside the prompt: {list(hold)}.", f"Use 0 to {length - 1}.")
    free = tuple(place for place in range(length) if place not in set(hold))
    if not free:
        raise CourseError("Every token of the prompt is held fixed.", "Give a longer prompt, or hold fewer positions.")
    return free


def _one_token(model: LocalModel, token: str | int) -> int:
    """The id of one token that was given as text or as an id."""
    return model.single_token(token) if isinstance(token, str) else int(as_ids(model, [token], "token")[0])
