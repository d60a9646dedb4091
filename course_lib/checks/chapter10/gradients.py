"""Exercise 10.1: gradient × input.

The published version has two faults. It looks the embeddings up and then gives the network the token ids: the embeddings are
not in the graph of the result, and their gradient is None. And it explains the sum of all logits, which is one number but
the same for every answer. The cases are small random models and one real prompt; prompts, targets and models all differ.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import torch

from course_lib.checks.exercise import Case, Exercise, Mistake, ModelHandle

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from course_lib.models import LocalModel


def _parts(model: LocalModel, ids: Tensor, read: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
    """Gradient of what `read` makes of all logits, and the embeddings, both [position, d_model]."""
    network: Any = model.model
    embeddings = network.get_input_embeddings()(ids).detach().requires_grad_()
    logits = network(inputs_embeds=embeddings[None]).logits[0].float()
    (gradient,) = torch.autograd.grad(read(logits), embeddings)
    return gradient, embeddings.detach()


def _log_prob(target_id: int) -> Callable[[Tensor], Tensor]:
    return lambda logits: logits[-1].log_softmax(-1)[target_id]


def _product(parts: tuple[Tensor, Tensor]) -> Tensor:
    return (parts[0] * parts[1]).sum(dim=-1)


# --- wrong solutions -------------------------------------------------------------------------------------------------


def not_in_the_graph(model: LocalModel, input_ids: Tensor, target_id: int) -> Any:
    """The embeddings never entered the network: None."""
    network: Any = model.model
    embeddings = network.get_input_embeddings()(input_ids).detach().requires_grad_()
    network(input_ids=input_ids[None]).logits.sum()
    return embeddings.grad


def all_logits(model: LocalModel, input_ids: Tensor, target_id: int) -> Tensor:
    """The sum of all logits of all positions."""
    return _product(_parts(model, input_ids, lambda logits: logits.sum()))


def all_logits_at_the_end(model: LocalModel, input_ids: Tensor, target_id: int) -> Tensor:
    """The sum of the last position's logits."""
    return _product(_parts(model, input_ids, lambda logits: logits[-1].sum()))


def raw_logit(model: LocalModel, input_ids: Tensor, target_id: int) -> Tensor:
    """The logit of the target."""
    return _product(_parts(model, input_ids, lambda logits: logits[-1, target_id]))


def probability(model: LocalModel, input_ids: Tensor, target_id: int) -> Tensor:
    """The probability of the target."""
    return _product(_parts(model, input_ids, lambda logits: logits[-1].softmax(-1)[target_id]))


def first_position(model: LocalModel, input_ids: Tensor, target_id: int) -> Tensor:
    """Reads the row of the first position."""
    return _product(_parts(model, input_ids, lambda logits: logits[0].log_softmax(-1)[target_id]))


def own_top_token(model: LocalModel, input_ids: Tensor, target_id: int) -> Tensor:
    """Explains what the model would say, whatever was asked."""
    return _product(_parts(model, input_ids, lambda logits: logits[-1].log_softmax(-1).max()))


def gradient_only(model: LocalModel, input_ids: Tensor, target_id: int) -> Tensor:
    """The gradient summed, without the input."""
    return _parts(model, input_ids, _log_prob(target_id))[0].sum(dim=-1)


def norm_of_gradient(model: LocalModel, input_ids: Tensor, target_id: int) -> Tensor:
    """Saliency."""
    return _parts(model, input_ids, _log_prob(target_id))[0].norm(dim=-1)


def magnitudes(model: LocalModel, input_ids: Tensor, target_id: int) -> Tensor:
    """The absolute value of the product."""
    return _product(_parts(model, input_ids, _log_prob(target_id))).abs()


def not_summed(model: LocalModel, input_ids: Tensor, target_id: int) -> Tensor:
    """A score for every entry of the embedding."""
    gradient, embeddings = _parts(model, input_ids, _log_prob(target_id))
    return gradient * embeddings


# --- other right solutions -------------------------------------------------------------------------------------------


def by_backward(model: LocalModel, input_ids: Tensor, target_id: int) -> list[float]:
    """`backward`, cross entropy, a batch axis from the start; a list in place of a tensor."""
    network: Any = model.model
    embeddings = network.get_input_embeddings()(input_ids[None]).detach().clone().requires_grad_(True)
    loss = torch.nn.functional.cross_entropy(network(inputs_embeds=embeddings).logits[:, -1], torch.tensor([target_id]))
    (-loss).backward()
    scores: list[float] = torch.einsum("bpd,bpd->p", embeddings.grad, embeddings.detach()).tolist()
    return scores


def by_hook(model: LocalModel, input_ids: Tensor, target_id: int) -> Tensor:
    """Token ids go in, and a hook puts the embedding layer's output under observation; double precision at the end."""
    network: Any = model.model
    seen: list[Tensor] = []

    def watch(_module: Any, _args: Any, output: Tensor) -> Tensor:
        seen.append(output.detach().requires_grad_())
        return seen[0]

    handle = network.get_input_embeddings().register_forward_hook(watch)
    try:
        logits = network(input_ids=input_ids[None]).logits[0, -1]
    finally:
        handle.remove()
    (gradient,) = torch.autograd.grad(logits.log_softmax(-1)[target_id], seen[0])
    return (gradient[0].double() * seen[0][0].detach().double()).sum(-1)


# --- the exercise ----------------------------------------------------------------------------------------------------


def _case(seed: int, length: int) -> Case:
    numbers = random.Random(seed)
    ids = torch.tensor([numbers.randrange(5, 200) for _ in range(length)])
    return Case(f"random model, {length} tokens", (ModelHandle(f"tiny:{seed % 7}"), ids, numbers.randrange(5, 200)))


def _hidden(seed: int) -> tuple[Case, ...]:
    numbers = random.Random(seed)
    return tuple(_case(numbers.randrange(10**6), numbers.randrange(3, 10)) for _ in range(4))


def _france() -> Case:
    prompt = torch.tensor([504, 3575, 282, 4649, 314])
    return Case("default model: “The capital of France is” → “ Paris”", (ModelHandle(), prompt, 7042))


GRADIENT_SCORES = Exercise(
    id="10.1",
    title="Gradient × input",
    points=3,
    difficulty=3,
    minutes=15,
    reference="course_lib.attribution:gradient_scores",
    also_withheld=(
        "course_lib.attribution:saliency",
        "course_lib.attribution:gradient_x_input",
    ),
    returns="`[position]`: for each prompt token the gradient with respect to its embedding, times the embedding, added up",
    example=(
        "For the prompt tokens `The| capital| of| France| is` and the target ` Paris` the result has the shape `[5]`. An "
        "entry of 0.5 says: to first order, setting this token's embedding to zero would cost ` Paris` half a nat."
    ),
    hints=(
        "PyTorch can give you the gradient with respect to a tensor only if the result was computed *from that tensor*. "
        "Which tensor did the network in the cell above compute its logits from?",
        "Look the embeddings up, `detach` them and set `requires_grad_`. Then give *them* to the network, with a batch axis, as "
        "`inputs_embeds`. Differentiate one number: the log probability of the target at the last position.",
        "```python\nx = model.model.get_input_embeddings()(input_ids)\nx = x.detach().requires_grad_()\n"
        "logits = model.model(inputs_embeds=...).logits[0, ...]\nvalue = ...                  # one number, about target_id\n"
        "gradient = torch.autograd.grad(value, x)[0]   # [position, d_model], like x\n```",
    ),
    why=(
        "One backward pass scores every token of a prompt, however long, so this is what many tools compute first. When it "
        "is wired wrongly it often still gives numbers, and they explain nothing."
    ),
    visible=(_case(1, 6), _case(2, 4), _france()),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "not in the graph",
            not_in_the_graph,
            "What comes back is None: the embeddings in your hand are not the ones that the network used. It was given token "
            "ids and looked its own embeddings up, so the result does not depend on yours.",
        ),
        Mistake(
            "all logits",
            all_logits,
            "You differentiate the sum of all logits. `target_id` does not occur in that number, so it explains every answer "
            "alike, and none of them.",
        ),
        Mistake(
            "all logits at the end",
            all_logits_at_the_end,
            "You differentiate the sum of the logits at the last position. The place is right; but that number does not "
            "depend on `target_id`, so the scores would be the same for every answer.",
        ),
        Mistake(
            "raw logit",
            raw_logit,
            "You differentiate the raw logit. What raises all logits together raises it too, and changes no prediction. The "
            "exercise asks for the log probability.",
        ),
        Mistake(
            "probability",
            probability,
            "You differentiate the probability. The exercise asks for the log probability: your scores are those, times p.",
        ),
        Mistake(
            "first position",
            first_position,
            "You read the logits of the first position. The next token after the prompt is predicted at another one.",
        ),
        Mistake(
            "top token",
            own_top_token,
            "You explain the token that the model finds most probable. The question was about `target_id`, which may be "
            "another one.",
        ),
        Mistake(
            "gradient only",
            gradient_only,
            "This is the gradient, summed. The second half of the name is missing: what is it to be multiplied by?",
        ),
        Mistake(
            "saliency",
            norm_of_gradient,
            "This is the length of the gradient, called saliency. It has no sign; the exercise asks for another product.",
        ),
        Mistake(
            "magnitudes", magnitudes, "Your scores have lost their sign: a token can also speak against the target."
        ),
        Mistake(
            "not summed",
            not_summed,
            "You return a number for every entry of every embedding. The exercise asks for one number a token.",
        ),
    ),
    alternatives=(by_backward, by_hook),
    rtol=1e-3,
    atol=1e-4,
    tolerance_reason="a float32 backward pass through up to 30 blocks; another order of the sums changes the fifth digit",
)
