"""Token attribution as signed bars: what each token of the prompt adds to, or takes from, a target.

The text runs downwards, a bar to each token, so that the drawing can be read in the order of the text. Bars to the
right speak for the target, bars to the left against it; colour repeats the sign and carries nothing of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from course_lib.errors import CourseError
from course_lib.figures.picture import Picture
from course_lib.figures.style import (
    BLUE,
    GREY,
    INK,
    POINTS,
    VERMILION,
    label_ticks,
    new_figure,
    signed,
    title_above,
    token_label,
)

if TYPE_CHECKING:
    from course_lib.attribution import TokenAttribution

LONGEST = 80  # tokens; beyond that bars are thinner than their labels


def attribution_bars(result: TokenAttribution, target: int = 0, *, title: str | None = None) -> Picture:
    """Signed bars, one per prompt token, for one target token.

    Args:
        result: what a method of `course_lib.attribution` returned.
        target: which target token, counted from 0; negative numbers count from the end.
        title: the finding; by default the strongest token for the target, and the strongest against it.

    Raises:
        CourseError: when the target does not exist, or the prompt is too long to be drawn.

    Example:
        >>> attribution_bars(removal_attribution(model, "The capital of France is", " Paris"))  # doctest: +SKIP
    """
    if not -len(result.target_tokens) <= target < len(result.target_tokens):
        raise CourseError(f"There is no target {target}.", f"Choose from 0 to {len(result.target_tokens) - 1}.")
    if len(result.tokens) > LONGEST:
        raise CourseError(
            f"{len(result.tokens)} bars cannot be told apart.",
            f"Shorten the prompt to {LONGEST} tokens, or print the result.",
        )
    scores = [float(score) for score in result.scores[target]]
    word = token_label(result.target_tokens[target])
    heading = title or finding(result, scores, word)
    figure, axes = new_figure(height=1.3 + 0.235 * len(scores))
    places = range(len(scores))
    axes.barh(places, scores, color=[VERMILION if score >= 0 else BLUE for score in scores], height=0.72)
    for place, score in zip(places, scores, strict=True):
        side, shift = ("left", 3) if score >= 0 else ("right", -3)
        axes.annotate(
            signed(score), (score, place), (shift, 0), textcoords="offset points", ha=side, va="center",
            fontsize=POINTS - 1, color=INK,
        )  # fmt: skip
    label_ticks(axes, "y", [token_label(token) for token in result.tokens])
    axes.set_ylim(len(scores) - 0.4, -0.6)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.margins(x=0.12)
    axes.grid(axis="x", color=GREY, alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(f"{result.method}, in {result.unit}", fontsize=POINTS).set_parse_math(False)
    axes.set_ylabel("token of the prompt", fontsize=POINTS)
    title_above(figure, heading)
    return Picture(figure, heading, result.text())


def finding(result: TokenAttribution, scores: list[float], target: str) -> str:
    """The default title: who speaks loudest for the target, and who against it."""
    best = max(range(len(scores)), key=scores.__getitem__)
    worst = min(range(len(scores)), key=scores.__getitem__)
    parts = []
    if scores[best] > 0:
        strength = f"{signed(scores[best], plus=True)} {result.unit}"
        parts.append(f"“{token_label(result.tokens[best])}” speaks most for “{target}” ({strength})")
    if scores[worst] < 0:
        against = "most against it" if parts else f"speaks most against “{target}”"
        parts.append(f"“{token_label(result.tokens[worst])}” {against} ({signed(scores[worst])})")
    return ", ".join(parts) or f"No token of the prompt speaks for or against “{target}”"
