"""Shapley values: the fair share of each unit, over all orders in which a prompt could be put together.

Two words that say the same thing cover for each other: leave out either, and nothing happens. Two that need each other
("not" and "good") each get credit for both. Leaving out one at a time sees neither. Shapley's answer: let the units
enter in some order, note what each adds when it enters, and average over all orders.

    φ_i = Σ_{S without i} |S|! (n − |S| − 1)! / n! · (v(S ∪ {i}) − v(S))

It is the only way to share v(all) − v(none) that adds up (*efficiency*), treats equals equally, gives nothing to a unit
that never changes anything, and is additive. The price is 2ⁿ texts: exact here up to 12 units, 4096 texts. Beyond that,
orders are drawn at random, each together with its reverse, which takes out part of the noise, and every score comes with
a confidence interval from the spread over these pairs. The sampled scores add up exactly too: each order's do.

Pitfalls. The value of a unit depends on what "gone" means; deleted and replaced are different games. And coalitions of
half a sentence are texts that nobody writes: the model's surprise about them is part of every score. Units that readers
read (words, sentences) make fewer such texts than tokens do, and fewer units.

Sources: Shapley (1953), *A Value for n-Person Games*; Castro, Gómez and Tejada (2009) for sampling by permutations;
Mitchell et al. (2022), arXiv:2104.12199, for pairs of reversed orders.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import comb
from typing import TYPE_CHECKING

import torch

from course_lib.attribution.coalitions import Game, new_game
from course_lib.attribution.result import TokenAttribution
from course_lib.attribution.targets import ChatQuestion, Contrast, ask
from course_lib.attribution.units import Span
from course_lib.errors import CourseError

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int
    from torch import Tensor

    from course_lib.models import LocalModel

Ids = Sequence[int] | torch.Tensor
Progress = Callable[[int, int], None]
EXACT_UP_TO = 12
MOST_EXACT = 20


def shapley_values(
    model: LocalModel,
    prompt: str | Ids | ChatQuestion,
    target: str | Ids | Contrast | None = None,
    *,
    units: str | Sequence[Span] = "word",
    replacement_id: int | None = None,
    hold: Sequence[int] | None = None,
    exact_up_to: int = EXACT_UP_TO,
    permutations: int = 64,
    confidence: float = 0.95,
    seed: int = 0,
    score: str = "log_prob",
    batch_tokens: int | None = None,
    progress: Progress | None = None,
) -> TokenAttribution:
    """The Shapley value of each unit of the prompt: exact for few units, sampled with intervals for many.

    Args:
        model: a loaded model.
        prompt: the text as the model sees it, its token ids, or a `chat_question`.
        target: the answer with its leading space, its token ids, a `Contrast`, or None for the model's own next token.
        units: "token", "word", "sentence", or (start, stop) pairs of token positions.
        replacement_id: the token that stands in for each token that is gone; None deletes.
        hold: positions that are always there. If None the first; in a chat, all but the request. A unit that has such a
            token always stays, and its score is 0.
        exact_up_to: most units that are computed exactly, at 2ⁿ texts; at most 20.
        permutations: orders that are drawn for more units, an even number of at least 4.
        confidence: of the intervals, for each score by itself.
        seed: of the orders.
        score: "log_prob" or "logit"; of no account for a contrast.
        batch_tokens: most tokens in one pass; 384 on a CPU if None. Changes time and memory, not the result.
        progress: called with (texts done, texts in all) after each pass.

    Returns:
        A `TokenAttribution` whose tokens are the units, in nats (logits); `intervals` is None when exact.

    Raises:
        CourseError: a bad prompt, target, unit or number; nothing to leave out; or too little memory.

    Example:
        >>> from course_lib import load_model
        >>> shapley_values(load_model("tiny:0"), "the cat sat on the", " mat", units="token").settings["exact"]
        True
    """
    if exact_up_to > MOST_EXACT:
        raise CourseError(f"{exact_up_to} units have {2**exact_up_to} coalitions.", f"Use at most {MOST_EXACT}.")
    if permutations < 4 or permutations % 2:
        raise CourseError(f"{permutations} orders cannot be drawn in pairs.", "Give an even number, at least 4.")
    if not 0 < confidence < 1:
        raise CourseError(f"A confidence of {confidence} has no interval.", "Give a number such as 0.95.")
    game = new_game(model, ask(model, prompt, target, score, hold), units, replacement_id, batch_tokens)
    exact = len(game.players) <= exact_up_to
    settings = game.settings() | {"exact": exact, "unit_kind": units if isinstance(units, str) else "own"}
    if exact:
        shares, spread = exact_shares(game, progress), None
        note = f"Exact over {2 ** len(game.players)} coalitions of {len(game.players)} units."
    else:
        shares, spread = sampled_shares(game, permutations, confidence, seed, progress)
        settings |= {"permutations": permutations, "confidence": confidence, "seed": seed}
        note = f"Sampled from {permutations} orders; {confidence:.0%} intervals, each score by itself."
    return TokenAttribution(
        tokens=game.texts,
        target_tokens=game.question.names(model),
        scores=_in_place(game, shares),
        method="Shapley values (units deleted)" if replacement_id is None else "Shapley values (units replaced)",
        settings=settings,
        intervals=None
        if spread is None
        else torch.stack([_in_place(game, shares - spread), _in_place(game, shares + spread)]),
        notes=(note,),
    )


def leave_units_out(
    model: LocalModel,
    prompt: str | Ids | ChatQuestion,
    target: str | Ids | Contrast | None = None,
    *,
    units: str | Sequence[Span] = "word",
    replacement_id: int | None = None,
    hold: Sequence[int] | None = None,
    score: str = "log_prob",
    batch_tokens: int | None = None,
) -> TokenAttribution:
    """What the target loses when each unit alone is gone: removal for words, sentences and contrasts.

    With tokens as units and `hold=()` replaced this is `removal_attribution`, which is faster. The arguments are those
    of `shapley_values`.

    Example:
        >>> from course_lib import load_model
        >>> leave_units_out(load_model("tiny:0"), "the cat sat on the", Contrast(" mat", " model")).unit
        'logits'
    """
    game = new_game(model, ask(model, prompt, target, score, hold), units, replacement_id, batch_tokens)
    values = game.values(torch.cat([torch.ones(1, len(game.players)), 1 - torch.eye(len(game.players))]).bool())
    what = "each unit deleted" if replacement_id is None else "each unit replaced"
    scores = _in_place(game, (values[0] - values[1:]).T)
    return TokenAttribution(game.texts, game.question.names(model), scores, what, game.settings())


def exact_shares(game: Game, progress: Progress | None = None) -> Float[Tensor, "target player"]:
    """Shapley values from all coalitions."""
    n = len(game.players)
    numbers = torch.arange(2**n)
    members = (numbers[:, None] >> torch.arange(n) & 1).bool()
    values = game.values(members, progress)
    weights = torch.tensor([1 / (n * comb(n - 1, size)) for size in range(n)], dtype=torch.float64)
    shares = []
    for player in range(n):
        without = ~members[:, player]
        gain = values[numbers[without] + 2**player] - values[without]
        shares.append((weights[members[without].sum(dim=1)][:, None] * gain).sum(dim=0))
    return torch.stack(shares, dim=1)


def sampled_shares(
    game: Game, permutations: int, confidence: float, seed: int, progress: Progress | None = None
) -> tuple[Float[Tensor, "target player"], Float[Tensor, "target player"]]:
    """Shapley values from random orders, and half the width of their intervals (Student's t over pairs of orders)."""
    from scipy.stats import t  # comes with scikit-learn

    n, pairs = len(game.players), permutations // 2
    orders = draw_orders(n, permutations, seed)
    values = game.values(_entering(orders).flatten(0, 1), progress).reshape(permutations, n + 1, -1)
    gains = torch.zeros(permutations, n, game.question.count, dtype=torch.float64)
    gains.scatter_(1, orders[:, :, None].expand_as(gains), values[:, 1:] - values[:, :-1])
    paired = gains.reshape(pairs, 2, n, -1).mean(dim=1)
    half = float(t.ppf((1 + confidence) / 2, pairs - 1)) * paired.std(dim=0) / pairs**0.5
    return paired.mean(dim=0).T, half.T


def draw_orders(n: int, permutations: int, seed: int) -> Int[Tensor, "order player"]:
    """Random orders of `n` players, each followed by its reverse.

    Example:
        >>> one, reverse = draw_orders(4, 2, seed=0).tolist()
        >>> one == reverse[::-1]
        True
    """
    generator = torch.Generator().manual_seed(seed)
    drawn = [torch.randperm(n, generator=generator) for _ in range(permutations // 2)]
    return torch.stack([order for pair in drawn for order in (pair, pair.flip(0))])


def _entering(orders: Tensor) -> Bool[Tensor, "order step player"]:
    """Who is present after 0, 1, … n players have entered, for each order."""
    rank = orders.argsort(dim=1)
    return rank[:, None, :] < torch.arange(orders.shape[1] + 1)[None, :, None]


def _in_place(game: Game, shares: Float[Tensor, "target player"]) -> Float[Tensor, "target unit"]:
    """Scores for all units, 0 for those that always stay."""
    scores = torch.zeros(game.question.count, len(game.spans))
    scores[:, list(game.players)] = shares.float()
    return scores
