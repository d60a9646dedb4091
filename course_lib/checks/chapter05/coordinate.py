"""Exercise 5.4: one step of a greedy coordinate gradient search, on tiny random models.

Targets have two or more tokens and places are not neighbours, so that a wrong position, a single target token and a
wrong axis show. In some cases no candidate lowers the loss, so that who always exchanges a token is seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import cross_entropy, one_hot

from course_lib.checks.exercise import Case, Exercise, Mistake, ModelHandle

if TYPE_CHECKING:
    from torch import Tensor

    from course_lib.models import LocalModel

Result = tuple["Tensor", "Tensor", float]


def _rows(model: LocalModel, ids: Tensor, target: Tensor, shift: int = -1) -> Tensor:
    """Logits that predict the target tokens; `shift` moves the rows that are read."""
    logits = model.logits(torch.cat([ids, target]))
    first = len(ids) + shift
    return logits[first : first + len(target)]


def _loss(model: LocalModel, ids: Tensor, target: Tensor, shift: int = -1) -> float:
    return float(cross_entropy(_rows(model, ids, target, shift), target))


def _gradient(model: LocalModel, ids: Tensor, places: Tensor, target: Tensor, shift: int = -1, keep: int = 0) -> Tensor:
    """Gradient of the loss for the one-hot vectors at the places; `keep` target tokens only, all for 0."""
    network: Any = model.model
    table = network.get_input_embeddings().weight
    choice = one_hot(ids[places], len(table)).to(table.dtype).requires_grad_()
    embedded = table[torch.cat([ids, target])].index_copy(0, places, choice @ table)
    logits = network(inputs_embeds=embedded[None]).logits[0]
    first, count = len(ids) + shift, keep or len(target)
    loss = cross_entropy(logits[first : first + count], target[:count])
    return torch.autograd.grad(loss, choice)[0]


def _best(
    model: LocalModel, ids: Tensor, places: Tensor, target: Tensor, tokens: Tensor, shift: int = -1
) -> tuple[Tensor, float]:
    """The best of the proposed exchanges, `tokens[place, k]`."""
    best, best_loss = ids, _loss(model, ids, target, shift)
    for place, row in zip(places, tokens, strict=True):
        for token in row:
            tried = ids.clone()
            tried[place] = token
            if (new := _loss(model, tried, target, shift)) < best_loss:
                best, best_loss = tried, new
    return best, best_loss


def upward(model: LocalModel, ids: Tensor, places: Tensor, target_ids: Tensor, top_k: int) -> Result:
    """Tries the largest entries."""
    gradient = _gradient(model, ids, places, target_ids)
    return gradient, *_best(model, ids, places, target_ids, gradient.topk(top_k).indices)


def absolute(model: LocalModel, ids: Tensor, places: Tensor, target_ids: Tensor, top_k: int) -> Result:
    """Tries the entries that are largest in size."""
    gradient = _gradient(model, ids, places, target_ids)
    return gradient, *_best(model, ids, places, target_ids, gradient.abs().topk(top_k).indices)


def late(model: LocalModel, ids: Tensor, places: Tensor, target_ids: Tensor, top_k: int) -> Result:
    """Reads the logits at the target's own positions."""
    gradient = _gradient(model, ids, places, target_ids, shift=0)
    return gradient, *_best(model, ids, places, target_ids, (-gradient).topk(top_k).indices, shift=0)


def first_only(model: LocalModel, ids: Tensor, places: Tensor, target_ids: Tensor, top_k: int) -> Result:
    """Looks at the first token of the target only."""
    one = target_ids[:1]
    gradient = _gradient(model, ids, places, one)
    return gradient, *_best(model, ids, places, one, (-gradient).topk(top_k).indices)


def a_sum(model: LocalModel, ids: Tensor, places: Tensor, target_ids: Tensor, top_k: int) -> Result:
    """Adds the target's tokens up."""
    gradient, after, loss = right_in_one_batch(model, ids, places, target_ids, top_k)
    return gradient * len(target_ids), after, loss * len(target_ids)


def believes_the_gradient(model: LocalModel, ids: Tensor, places: Tensor, target_ids: Tensor, top_k: int) -> Result:
    """Takes the most negative entry without trying it."""
    gradient = _gradient(model, ids, places, target_ids)
    place, token = divmod(int(gradient.argmin()), gradient.shape[1])
    after = ids.clone()
    after[places[place]] = token
    return gradient, after, _loss(model, after, target_ids)


def always(model: LocalModel, ids: Tensor, places: Tensor, target_ids: Tensor, top_k: int) -> Result:
    """Takes the best candidate even where the prompt as it stands is better."""
    gradient = _gradient(model, ids, places, target_ids)
    best, best_loss = ids, float("inf")
    for place, row in zip(places, (-gradient).topk(top_k).indices, strict=True):
        for token in row:
            tried = ids.clone()
            tried[place] = token
            if (new := _loss(model, tried, target_ids)) < best_loss:
                best, best_loss = tried, new
    return gradient, best, best_loss


def on_top(model: LocalModel, ids: Tensor, places: Tensor, target_ids: Tensor, top_k: int) -> Result:
    """Makes each candidate from the best one so far."""
    gradient = _gradient(model, ids, places, target_ids)
    best, best_loss = ids, _loss(model, ids, target_ids)
    for place, row in zip(places, (-gradient).topk(top_k).indices, strict=True):
        for token in row:
            tried = best.clone()
            tried[place] = token
            if (new := _loss(model, tried, target_ids)) < best_loss:
                best, best_loss = tried, new
    return gradient, best, best_loss


def written_over(model: LocalModel, ids: Tensor, places: Tensor, target_ids: Tensor, top_k: int) -> Result:
    """Writes every candidate into one and the same prompt."""
    gradient = _gradient(model, ids, places, target_ids)
    best, best_loss, tried = ids, _loss(model, ids, target_ids), ids.clone()
    for place, row in zip(places, (-gradient).topk(top_k).indices, strict=True):
        for token in row:
            tried[place] = token
            if (new := _loss(model, tried, target_ids)) < best_loss:
                best, best_loss = tried.clone(), new
    return gradient, best, best_loss


def all_places_together(model: LocalModel, ids: Tensor, places: Tensor, target_ids: Tensor, top_k: int) -> Result:
    """The most negative entries of the whole gradient, wherever they stand."""
    gradient = _gradient(model, ids, places, target_ids)
    best, best_loss = ids, _loss(model, ids, target_ids)
    for entry in (-gradient).flatten().topk(top_k * len(places)).indices.tolist():
        place, token = divmod(entry, gradient.shape[1])
        found, new = _best(model, ids, places[place : place + 1], target_ids, torch.tensor([[token]]))
        if new < best_loss:
            best, best_loss = found, new
    return gradient, best, best_loss


def for_embeddings(model: LocalModel, ids: Tensor, places: Tensor, target_ids: Tensor, top_k: int) -> Result:
    """The gradient with respect to the embeddings in place of the one-hot vectors."""
    network: Any = model.model
    table = network.get_input_embeddings().weight
    embedded = table[torch.cat([ids, target_ids])].detach().clone().requires_grad_()
    logits = network(inputs_embeds=embedded[None]).logits[0, len(ids) - 1 : -1]
    (gradient,) = torch.autograd.grad(cross_entropy(logits, target_ids), embedded)
    tokens = (-gradient[places] @ table.detach().T).topk(top_k).indices
    return gradient[places], *_best(model, ids, places, target_ids, tokens)


def best_per_place(model: LocalModel, ids: Tensor, places: Tensor, target_ids: Tensor, top_k: int) -> Result:
    """Exchanges the best token of every place at once."""
    gradient = _gradient(model, ids, places, target_ids)
    after = ids.clone()
    for place, row in zip(places, (-gradient).topk(top_k).indices, strict=True):
        found, _ = _best(model, ids, place[None], target_ids, row[None])
        after[place] = found[place]
    return gradient, after, _loss(model, after, target_ids)


def at_the_front(model: LocalModel, ids: Tensor, places: Tensor, target_ids: Tensor, top_k: int) -> Result:
    """Numbers the places from 0."""
    gradient = _gradient(model, ids, places, target_ids)
    front = torch.arange(len(places))
    return gradient, *_best(model, ids, front, target_ids, (-gradient).topk(top_k).indices)


def embedding_gradient(model: LocalModel, ids: Tensor, places: Tensor, target_ids: Tensor, top_k: int) -> Result:
    """Scores tokens by their embedding alone, against the mean over places."""
    gradient = _gradient(model, ids, places, target_ids).mean(dim=0).expand(len(places), -1)
    return gradient, *_best(model, ids, places, target_ids, (-gradient).topk(top_k).indices)


def old_loss(model: LocalModel, ids: Tensor, places: Tensor, target_ids: Tensor, top_k: int) -> Result:
    """Gives back the loss before the step."""
    gradient, after, _ = right_in_one_batch(model, ids, places, target_ids, top_k)
    return gradient, after, _loss(model, ids, target_ids)


def right_in_one_batch(model: LocalModel, ids: Tensor, places: Tensor, target_ids: Tensor, top_k: int) -> Result:
    """All candidates in one batch."""
    gradient = _gradient(model, ids, places, target_ids)
    tokens = (-gradient).topk(top_k).indices
    rows = ids.repeat(tokens.numel() + 1, 1)
    rows[torch.arange(tokens.numel()), places.repeat_interleave(top_k)] = tokens.flatten()
    full = torch.cat([rows, target_ids.expand(len(rows), -1)], dim=1)
    scores = (
        model.logits(full)[:, len(ids) - 1 : -1].log_softmax(-1).gather(2, target_ids.expand(len(rows), -1)[..., None])
    )
    losses = -scores[..., 0].mean(dim=1)
    best = int(losses.argmin())
    if float(losses[best]) >= float(losses[-1]):
        best = len(rows) - 1
    return gradient, rows[best], float(losses[best])


def right_from_embeddings(
    model: LocalModel, ids: Tensor, places: Tensor, target_ids: Tensor, top_k: int
) -> list[object]:
    """The gradient for the embeddings, times the table: the chain rule by hand; ids as a list."""
    network: Any = model.model
    table = network.get_input_embeddings().weight
    embedded = table[torch.cat([ids, target_ids])].clone().requires_grad_()
    rows = network(inputs_embeds=embedded[None]).logits[0, len(ids) - 1 : -1].log_softmax(-1)
    loss = -rows[torch.arange(len(target_ids)), target_ids].sum() / len(target_ids)
    (by_embedding,) = torch.autograd.grad(loss, embedded)
    gradient = by_embedding[places] @ table.T
    after, new = _best(model, ids, places, target_ids, gradient.argsort(dim=1)[:, :top_k])
    return [gradient, after.tolist(), new]


def _case(seed: int, length: int, places: tuple[int, ...], targets: int, top_k: int) -> Case:
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(5, 400, (length + targets,), generator=generator)
    arguments = (ModelHandle(f"tiny:{seed}"), ids[:length], torch.tensor(places), ids[length:], top_k)
    return Case(f"{len(places)} places of {length}, {targets} target tokens, {top_k} tokens each", arguments)


# At these seeds no candidate lowers the loss, by at least 0.08 nats.
STAYS = ((3, 6, (1, 3), 2), (4, 7, (2, 5), 3), (5, 6, (1, 3), 2), (11, 6, (1, 3), 2), (13, 6, (1, 3), 2), (15, 7, (2, 5), 3),
         (22, 7, (2, 5), 3), (29, 6, (1, 3), 2), (33, 7, (2, 5), 3), (39, 7, (2, 5), 3), (50, 6, (1, 3), 2))  # fmt: skip


def _hidden(seed: int) -> tuple[Case, ...]:
    number, length, places, targets = STAYS[1 + seed % (len(STAYS) - 1)]
    return (
        _case(number, length, places, targets, 2),
        _case(seed % 50 + 100, 8, (2, 5, 6), 2, 4),
        _case(seed % 50 + 200, 6, (1, 4), 3, 6),
        _case(seed % 50 + 300, 7, (3, 5, 6), 4, 3),
    )


COORDINATE_STEP = Exercise(
    id="5.4",
    title="One step of a greedy coordinate gradient search",
    points=4,
    difficulty=4,
    minutes=35,
    reference="course_lib.robustness.coordinate:coordinate_step",
    also_withheld=("course_lib.robustness.search:suffix_gradient",),
    returns=(
        "the gradient of the loss with respect to the one-hot vectors at the places; the prompt after the step, one "
        "token "
        "exchanged; and its loss. The loss is the mean negative log probability of the target tokens behind the "
        "prompt. Of "
        "each place the `top_k` tokens are tried that the gradient likes best, and the best of all is taken, if it "
        "is better "
        "than the prompt as it stands"
    ),
    example=(
        "With 3 places and `top_k=4` the gradient is `[3, vocab]`, and twelve prompts are run. If the best of them "
        "has loss "
        "5.1 and the prompt had 5.4, the result holds that prompt and 5.1. If all twelve are above 5.4, it holds "
        "`ids` and 5.4."
    ),
    hints=(
        "With respect to what can a loss have a gradient, if a token is a whole number? And which row of the logits "
        "predicts "
        "the first target token?",
        "Make `choice`, the one-hot rows of the places, require a gradient. `choice @ table` are their embeddings; "
        "put them "
        "into the looked-up ones with `index_copy`, and give the network `inputs_embeds`. The candidates of a place "
        "are the "
        "tokens with the *most negative* entries. Then forget the gradient: run every candidate, and compare losses.",
        "```python\ntable = ...   # the weight of the network's input embeddings\n"
        "choice = one_hot(..., len(table)).to(table.dtype).requires_grad_()\n"
        "embedded = table[torch.cat([ids, target_ids])].index_copy(0, ..., choice @ table)\n"
        "logits = network(inputs_embeds=embedded[None]).logits[0, ...]   # rows that predict the target\n"
        "loss = cross_entropy(logits, ...)\n(gradient,) = torch.autograd.grad(loss, ...)\n"
        "for place, row in zip(places, gradient):\n    for token in (...).topk(top_k).indices:\n"
        "        tried = ids.clone()\n        tried[...] = token\n        ...\n```",
    ),
    why=(
        "Whoever has the weights has the gradient. Knowing what the search needs (a gradient, hundreds of runs, an "
        "exact string) "
        "tells you what its suffixes look like, and which filters find them."
    ),
    visible=(
        _case(1, 7, (2, 4, 5), 2, 3),
        _case(4, 6, (1, 5), 3, 5),
        _case(7, 9, (3, 6, 8), 3, 4),
        _case(3, 6, (1, 3), 2, 2),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "upward",
            upward,
            "You try the tokens with the largest entries. The gradient points to where the loss *rises*.",
        ),
        Mistake(
            "absolute values",
            absolute,
            "You try the entries that are largest in size. Half of these make things worse: the sign matters.",
        ),
        Mistake(
            "a position late",
            late,
            "You read the logits at the target's own positions. A token is predicted one position before it stands.",
        ),
        Mistake(
            "first target token",
            first_only,
            "You look at the first token of the target only. The loss is over all of them.",
        ),
        Mistake(
            "a sum",
            a_sum,
            "Your loss adds the target's tokens up. The mean is asked for, so that targets of unequal lengths compare.",
        ),
        Mistake(
            "believes the gradient",
            believes_the_gradient,
            "You take the entry that is most negative without running it. The gradient is an estimate for a small "
            "change, and another "
            "token is a large one.",
        ),
        Mistake(
            "always exchanges",
            always,
            "You take the best candidate even where the prompt as it stands has the lower loss: compare with that one too.",
        ),
        Mistake(
            "on top of each other",
            on_top,
            "You make candidates from the best one so far, so several places can change. In one step one token is exchanged.",
        ),
        Mistake(
            "written over",
            written_over,
            "Your candidates are all written into the same tensor, so earlier exchanges are still in later ones. "
            "Begin each from the prompt.",
        ),
        Mistake(
            "all places together",
            all_places_together,
            "You take the most negative entries of all places together. The rows are known up to a constant each, so "
            "entries of different places do not compare: take `top_k` of each.",
        ),
        Mistake(
            "for the embeddings",
            for_embeddings,
            "Your gradient has a column for each part of an embedding. With respect to the one-hot vectors it has "
            "one for each token of the vocabulary.",
        ),
        Mistake(
            "every place at once",
            best_per_place,
            "You exchange one token at every place. Exchanges that are "
            "good alone need not be good together: one a step.",
        ),
        Mistake(
            "places from 0",
            at_the_front,
            "You write the candidates to the front of the prompt. `places` says which positions may be changed.",
        ),
        Mistake(
            "one gradient for all",
            embedding_gradient,
            "All rows of your gradient are the same. Each place has its own.",
        ),
        Mistake(
            "old loss",
            old_loss,
            "Prompt and gradient are right. The loss is that of the prompt before the step; give that of the new one.",
        ),
    ),
    alternatives=(right_in_one_batch, right_from_embeddings),
    rtol=1e-3,
    atol=1e-4,
    tolerance_reason="gradients of float32 models, through the embedding table or past it",
)
