"""Token attribution by removal: take one token away and see what the answer loses.

The question: which tokens of a prompt does the model's answer rest on? The most direct way to find out is to ask again
without each of them. If the answer becomes less probable when a token is missing, the token was speaking for the
answer; if it becomes more probable, the token was speaking against it.

    score[t, i] = log p(target t | prompt, earlier targets) − log p(target t | prompt without token i, earlier targets)

The earlier targets are given, not generated (*teacher forcing*), so that both sides score the same continuation.

Three pitfalls, and all of them have been published as code:

* **The aligned position.** A row of logits belongs to a place in the text, not to an index. When a token is deleted,
  everything behind it moves one to the left, and the row that scores target t moves with it. Reading the old index
  compares two different places.
* **Logits have no zero.** Adding the same number to every logit of a row changes no prediction, so the difference of
  one logit between two runs means nothing by itself. In "The capital of France is", deleting " France" *raises* the
  logit of " Paris" by 1.6 on the default model, while its log probability falls by 6.0: the other logits rose more.
* **Deleting is not replacing.** Deletion asks "what if this had not been written?". Replacing the token by another
  asks "what if something else had stood here?", and the answer depends on the something. `removal_attribution` offers
  both under their names.

Two tokens that say the same thing cover for each other: removing either of them alone shows nothing, and both matter.
Deleting leaves a text that the model might never have seen, so a score also contains its surprise. A score is evidence
about this prompt and this model, not about the word.

Source: occlusion for images in Zeiler and Fergus (2014), erasure for text in Li, Monroe and Jurafsky (2016),
*Understanding Neural Networks through Representation Erasure*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from course_lib.errors import CourseError

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel


def token_attribution(
    model: LocalModel, input_ids: Int[Tensor, " position"], target_ids: Int[Tensor, " target"]
) -> Float[Tensor, "target position"]:
    """How much log probability each target token loses when each prompt token is deleted.

    This is the definition, one forward pass for every token; `removal_attribution` computes the same numbers faster.

    Args:
        model: a loaded model.
        input_ids: the prompt's token ids, at least two.
        target_ids: the token ids of the answer, at least one.

    Returns:
        Scores in nats, float32; positive where the token speaks for the target.

    Raises:
        CourseError: when the prompt has fewer than two tokens, so that deleting one leaves nothing to read.

    Example:
        >>> from course_lib import load_model
        >>> model = load_model("tiny:0")
        >>> token_attribution(model, model.encode("the cat sat on the"), model.encode(" mat")).shape
        torch.Size([1, 5])
    """
    if len(input_ids) < 2:
        raise CourseError("Deleting the only token of a prompt leaves nothing to read.", "Give at least two tokens.")
    steps = torch.arange(len(target_ids))

    def target_scores(prompt: Int[Tensor, " position"]) -> Float[Tensor, " target"]:
        log_probs = model.logits(torch.cat([prompt, target_ids])).float().log_softmax(dim=-1)
        return log_probs[len(prompt) - 1 + steps, target_ids]  # row p scores the token that follows position p

    complete = target_scores(input_ids)
    losses = []
    for position in range(len(input_ids)):
        shorter = torch.cat([input_ids[:position], input_ids[position + 1 :]])
        losses.append(complete - target_scores(shorter))
    return torch.stack(losses, dim=1)
