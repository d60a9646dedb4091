"""The logit lens: what would the model say if it stopped after `l` blocks?

All layers write into one residual stream and the vocabulary is read off its end; so read it off earlier, through the same
final norm and the same output matrix. Watch the *rank* and the log probability of the answer rise, layer by layer; a grid
of most likely words is mostly full stops.

Row `l` is the stream after `l` blocks, row 0 the embedding, the last row the model's own answer. Two pitfalls:

* **Norming twice.** The last of Hugging Face's `hidden_states` has been through the final norm, all others have not.
  Here every state is read in front of the norm, and the last row is compared with the model's logits.
* **An early layer need not speak the last layer's language.** A low rank early says that the answer is not *there in this
  form*, not that the model does not know it (Belrose et al. 2023 train a translation for each layer).

Source: nostalgebraist (2020), *Interpreting GPT: the logit lens*; Belrose et al. (2023), *Eliciting Latent Predictions from
Transformers with the Tuned Lens*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

from course_lib.attribution.inputs import as_ids, check_length
from course_lib.errors import CourseError
from course_lib.models.prefix import last_logits
from course_lib.patching.hooks import recorded
from course_lib.patching.metrics import as_token, at_least_single
from course_lib.patching.readings import Text
from course_lib.patching.structure import Structure, find_structure
from course_lib.patching.vocabulary import check_same, unembed
from course_lib.patching.writing import check_positions
from course_lib.render import html_table, text_table, visible_token

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel


@dataclass(repr=False, frozen=True, eq=False)
class LogitLens:
    """What each layer's state says about some tokens, at one position.

    Attributes:
        ranks: 1 is the most likely token; the rank of a token is 1 + how many have a larger logit.
        log_probs: in nats, float32, on the CPU.
        top_tokens: the most likely token after each number of blocks.
        top_log_probs: their log probabilities.
        targets: the text of each token that is followed.
        tokens: the text of each token that was read.
        settings: position, model, format and token ids.
    """

    ranks: Int[Tensor, "layer target"]
    log_probs: Float[Tensor, "layer target"]
    top_tokens: tuple[str, ...]
    top_log_probs: Float[Tensor, " layer"]
    targets: tuple[str, ...]
    tokens: tuple[str, ...]
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What the table says, in one line."""
        where = repr(self.tokens[self.settings["position"]])
        return f"Logit lens behind {where}: after so many blocks, rank and log p (nats) of {', '.join(map(repr, self.targets))}"

    def rows(self) -> list[dict[str, Any]]:
        """One row for each number of blocks."""
        table = []
        for blocks, top in enumerate(self.top_tokens):
            row: dict[str, Any] = {"blocks": blocks}
            for index, target in enumerate(self.targets):
                name = visible_token(target)
                row[f"rank {name!r}"] = int(self.ranks[blocks, index])
                row[f"log p {name!r}"] = float(self.log_probs[blocks, index])
            table.append(row | {"most likely": visible_token(top), "its log p": float(self.top_log_probs[blocks])})
        return table

    def first_top(self, target: int = 0) -> int | None:
        """After how many blocks the target is first the most likely token; None if never."""
        found = (self.ranks[:, target] == 1).nonzero()
        return int(found[0]) if len(found) else None

    def text(self) -> str:
        """The whole table as plain text."""
        return text_table(self.rows(), title=self.title)

    def to_dict(self) -> dict[str, Any]:
        """The whole result as numbers, strings and lists, ready for JSON."""
        return {
            "ranks": self.ranks.tolist(),
            "log_probs": self.log_probs.tolist(),
            "top_tokens": list(self.top_tokens),
            "top_log_probs": self.top_log_probs.tolist(),
            "targets": list(self.targets),
            "tokens": list(self.tokens),
            "settings": dict(self.settings),
        }

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html_table(self.rows(), caption=self.title)


@torch.no_grad()
def logit_lens(
    model: LocalModel, text: Text, targets: str | int | Sequence[str | int] | None = None, *, position: int = -1
) -> LogitLens:
    """Rank and log probability of some tokens after every number of blocks.

    Args:
        model: a loaded model.
        text: a text, or its token ids.
        targets: one token or several, each with its leading space, or token ids; the model's own next token if None.
        position: where; negative ones count from the end.

    Returns:
        A `LogitLens` with `n_layers + 1` rows; the last one is the model's own answer.

    Raises:
        CourseError: a target that is not one token, a position that does not exist, or a network whose last state does
            not give its logits.

    Example:
        >>> from course_lib import load_model
        >>> logit_lens(load_model("tiny:0"), "The capital of France is", " Paris").ranks.shape
        torch.Size([3, 1])
    """
    ids, structure = as_ids(model, text, "text"), find_structure(model)
    check_length(model, len(ids))
    check_positions(torch.tensor([position]), len(ids))
    at = position % len(ids)
    states, own = _read(model, structure, ids[: at + 1])
    logits = unembed(model, structure, states[:, -1])
    check_same("The lens behind the last block", logits[-1], own)
    names = [int(own.argmax())] if targets is None else [targets] if isinstance(targets, str | int) else list(targets)
    chosen = [as_token(model, name) for name in names]
    if not chosen:
        raise CourseError("No target is given.", "Name at least one token, or leave targets out.")
    log_probs = logits.log_softmax(dim=-1)
    top_log_probs, top = log_probs.max(dim=-1)
    return LogitLens(
        ranks=torch.stack([1 + (logits > logits[:, [token]]).sum(dim=-1) for token in chosen], dim=1).cpu(),
        log_probs=log_probs[:, chosen].float().cpu(),
        top_tokens=tuple(model.tokens(top)),
        top_log_probs=top_log_probs.float().cpu(),
        targets=tuple(model.tokens(chosen)),
        tokens=tuple(model.tokens(ids)),
        settings={
            "position": at,
            "model": model.name,
            "dtype": str(model.dtype).removeprefix("torch."),
            "input_ids": ids.tolist(),
            "target_ids": chosen,
        },
    )


@torch.no_grad()
def lens_states(model: LocalModel, text: Text) -> Float[Tensor, "layer position d_model"]:
    """The residual stream after every number of blocks at every position, in front of the final norm; one pass.

    `lens_readings` reads the vocabulary off it at one position.
    """
    ids, structure = as_ids(model, text, "text"), find_structure(model)
    check_length(model, len(ids))
    states, own = _read(model, structure, ids)
    check_same("The lens behind the last block", unembed(model, structure, states[-1, -1]), own)
    return states


@torch.no_grad()
def lens_readings(model: LocalModel, states: Float[Tensor, "layer d_model"]) -> Float[Tensor, "layer vocab"]:
    """Log probabilities of the next token by each of these states, in nats, float32, on the CPU."""
    return unembed(model, find_structure(model), states).log_softmax(dim=-1).float().cpu()


def _read(
    model: LocalModel, structure: Structure, ids: Int[Tensor, " position"]
) -> tuple[Float[Tensor, "layer position d_model"], Float[Tensor, " vocab"]]:
    """All states, and the model's own logits at the last position."""
    readers = [block.module for block in structure.blocks] + [structure.final_norm]
    with recorded(dict(enumerate(readers)), lambda value, _: value) as seen:
        own = at_least_single(last_logits(model, ids[None], 1)[0, -1])
    return torch.stack([seen[row][0] for row in range(len(readers))]), own
