"""Integrated gradients: walk from a baseline to the prompt, and add up the gradients on the way.

A gradient at the prompt says what a small step does there. Integrated gradients ask for the gradient along the whole
straight line from a baseline x' ("nothing said") to the embedded prompt x:

    score[i] = (x_i − x'_i) · ∫₀¹ ∂f(x' + α (x − x')) / ∂x_i dα

What makes them attractive is *completeness*: the scores add up to f(x) − f(x'), so every nat is accounted for. That
holds for the integral. A program has a sum over some steps instead, and on language models the usual 50 steps can be
far off: on the default model, with common settings, the scores of one five-token prompt added up to 52 where
f(x) − f(x') was 17. So the error of completeness is measured here every time; while it is large, more steps are taken on
the parts of the path where it arises; and when it is not small at the last, the result says so in words. Scores whose sum
is wrong are wrong.

Part of the trouble is the first token. Many heads rest on it when they have nothing to do (*attention sink*), and its
state is a hundred times larger than the others'; a path that fades it in makes the function jump. It is therefore held
fixed unless you say otherwise (`hold=()`): it stands unchanged on the whole path, and its score is 0 by construction.

Sources: Sundararajan, Taly and Yan (2017), *Axiomatic Attribution for Deep Networks*, arXiv:1703.01365, equation 1 and
proposition 1 (completeness). Attention sinks: Xiao et al. (2023), arXiv:2309.17453.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import torch

from course_lib.attribution.baselines import baseline_embeddings
from course_lib.attribution.gradients import check_gradient_memory, embed
from course_lib.attribution.path import Path, Progress, lend_the_still, texts_in_a_pass
from course_lib.attribution.refinement import refine
from course_lib.attribution.result import TokenAttribution
from course_lib.attribution.targets import ChatQuestion, Contrast, Question, ask
from course_lib.errors import CourseError

if TYPE_CHECKING:
    from course_lib.models import LocalModel

Ids = Sequence[int] | torch.Tensor
Nodes = Literal["gauss_legendre", "midpoint"]
TOKENS_PER_BATCH = {"cpu": 1024, "cuda": 4096, "mps": 1024}
FULL_ON_CPU = 512  # tokens; from here on a larger pass saves time only where its texts are long


def integrated_gradients(
    model: LocalModel,
    prompt: str | Ids | ChatQuestion,
    target: str | Ids | Contrast | None = None,
    *,
    baseline: str | torch.Tensor = "mean",
    hold: Sequence[int] | None = None,
    nodes: Nodes = "gauss_legendre",
    steps: int = 32,
    max_steps: int = 2048,
    tolerance: float = 0.02,
    score: str = "log_prob",
    batch_tokens: int | None = None,
    progress: Progress | None = None,
) -> TokenAttribution:
    """Integrated gradients, with as many steps as completeness asks for.

    Args:
        model: a loaded model.
        prompt: the text as the model sees it, its token ids, or a `chat_question`.
        target: the answer with its leading space, its token ids, a `Contrast`, or None for the model's own next token.
        baseline: "mean", "zero", "end_of_text", or embeddings; see `course_lib.attribution.baselines`.
        hold: positions that stand unchanged on the whole path. If None the first; in a chat, all but the request.
        nodes: where the steps lie: "gauss_legendre", or "midpoint" of equal intervals.
        steps: steps of the first attempt, along the whole path.
        max_steps: most steps in all. When the first attempt does not add up, the path is cut into parts, and the parts
            that do not add up are halved; see `course_lib.attribution.refinement`. What a prompt does not need is not
            spent.
        tolerance: largest error of completeness, as a share of f(x) − f(x'); changes below 1 nat (logit) count as 1.
        score: "log_prob" or "logit"; of no account for a contrast.
        batch_tokens: most tokens in one pass; on a CPU 512 to 1024 if None, by the length. Changes time and memory, not the
            result.
        progress: called with (steps done, steps of this round) after each pass.

    Returns:
        A `TokenAttribution` in nats (logits). Its settings hold `steps`, `converged`, and, for each target,
        `change` = f(x) − f(x') and `completeness_error` = sum of scores − change; its note says whether to trust it.

    Raises:
        CourseError: a bad prompt, target, baseline or number of steps, a model without embeddings as input, or too
            little memory.

    Example:
        >>> from course_lib import load_model
        >>> integrated_gradients(load_model("tiny:0"), "the cat sat on the", " mat").settings["converged"]
        True
    """
    _check_choices(nodes, steps, max_steps, tolerance)
    question = ask(model, prompt, target, score, hold)
    path = _path(model, question, baseline, nodes, batch_tokens)
    ends = path.values([0.0, 1.0])
    change = ends[1] - ends[0]
    allowed = tolerance * change.abs().clamp(min=1.0)
    scores = path.part_scores([(0.0, 1.0)], steps, progress)[0]
    if bool(((scores.sum(dim=1) - change).abs() > allowed).any()):
        finer, spent = refine(path, steps, max_steps - steps, allowed, progress)
        scores, steps = scores if finer is None else finer, steps + spent
    error = scores.sum(dim=1) - change
    converged = bool((error.abs() <= allowed).all())
    settings = question.settings(model) | {
        "baseline": baseline if isinstance(baseline, str) else "own",
        "nodes": nodes,
        "steps": steps,
        "tolerance": tolerance,
        "batch_tokens": path.batch_tokens,
        "change": change.tolist(),
        "completeness_error": error.tolist(),
        "converged": converged,
    }
    result = TokenAttribution(
        tuple(model.tokens(question.prompt_ids)),
        question.names(model),
        scores.float(),
        f"integrated gradients ({settings['baseline']} baseline)",
        settings,
    )
    return replace(result, notes=(_note(result),))


def _path(
    model: LocalModel, question: Question, baseline: str | torch.Tensor, nodes: str, batch_tokens: int | None
) -> Path:
    """The two ends of the path, and how to walk it."""
    text, length = question.text_ids, len(question.prompt_ids)
    still, prefix = lend_the_still(model, question)
    limit = batch_tokens or _usual_pass(model, len(text) - still)
    rows = texts_in_a_pass(limit, len(text) - still)
    check_gradient_memory(model, rows, len(text), question.count, "Set batch_tokens to a smaller number.")
    end = embed(model, text)
    start, free = end.clone(), list(question.free)
    start[free] = baseline_embeddings(model, baseline, length).to(end)[free]
    return Path(model, question, start, end, nodes, limit, still, prefix)


def _usual_pass(model: LocalModel, length: int) -> int:
    """Most tokens in one pass: what is fastest, and of what is equally fast the least memory."""
    most = TOKENS_PER_BATCH.get(model.device.type, 1024)
    return max(FULL_ON_CPU, min(most, 16 * length)) if model.device.type == "cpu" else most


def _note(result: TokenAttribution) -> str:
    """Whether the scores add up, said plainly."""
    settings = result.settings
    errors, changes = settings["completeness_error"], settings["change"]
    worst = max(range(len(errors)), key=lambda index: abs(errors[index]))
    added = f"scores add up to {errors[worst] + changes[worst]:.3f}, the change is {changes[worst]:.3f} {result.unit}"
    if settings["converged"]:
        return f"Complete with {settings['steps']} steps: {added}."
    return (
        f"NOT CONVERGED after {settings['steps']} steps: {added}. Do not read these scores; "
        "raise max_steps, choose another baseline, or use removal."
    )


def _check_choices(nodes: str, steps: int, max_steps: int, tolerance: float) -> None:
    """Refuse what has no meaning."""
    if nodes not in ("gauss_legendre", "midpoint"):
        raise CourseError(f"There are no nodes {nodes!r}.", 'Choose "gauss_legendre" or "midpoint".')
    if not 1 <= steps <= max_steps:
        raise CourseError(f"{steps} steps with at most {max_steps} is no range.", "Give 1 <= steps <= max_steps.")
    if not tolerance > 0:
        raise CourseError(f"A tolerance of {tolerance} cannot be met.", "Give a positive number, such as 0.02.")
