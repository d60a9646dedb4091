"""Probe accuracy against depth, with everything that the curve has to be compared with.

A curve alone proves nothing. In the same drawing stand its interval, the control with shuffled labels and its interval,
chance, and what a bag of words reaches without looking inside. What lies above all of them is the finding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from course_lib.errors import CourseError
from course_lib.figures.picture import Picture
from course_lib.figures.style import BLUE, GREEN, GREY, POINTS, VERMILION, new_figure, title_above
from course_lib.render import text_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from course_lib.probing import HeldOutAccuracy, ProbeSweep


def probe_curve(
    sweep: ProbeSweep,
    control: ProbeSweep | None = None,
    baseline: HeldOutAccuracy | float | None = None,
    title: str | None = None,
) -> Picture:
    """Held-out accuracy by layer with its interval, beside control, baseline and chance.

    Args:
        sweep: the probe on the true labels.
        control: the same with `shuffled_labels=True`.
        baseline: what a bag of words reaches.
        title: the finding; by default where the curve starts and where it is highest.

    Raises:
        CourseError: when sweep and control do not have the same layers.

    Example:
        >>> probe_curve(sweep, control, bag_of_words_accuracy(texts, labels, pairs))  # doctest: +SKIP
    """
    if control is not None and len(control.accuracy) != len(sweep.accuracy):
        raise CourseError("The control has another number of layers.", "Give the control of the same states.")
    heading = title or finding(sweep)
    figure, axes = new_figure(height=4.0)
    draw_band(axes, sweep, BLUE, "probe")
    if control is not None:
        draw_band(axes, control, VERMILION, "control: labels shuffled")
    level = baseline if baseline is None or isinstance(baseline, float) else baseline.accuracy
    if level is not None:
        axes.axhline(level, color=GREEN, linewidth=1.4, linestyle=(0, (5, 2)), label=f"bag of words: {level:.2f}")
    axes.axhline(0.5, color=GREY, linewidth=1.2, linestyle=":", label="chance: 0.50")
    lows = [sweep.low.min(), *([control.low.min()] if control is not None else [])]
    axes.set_ylim(min(0.4, float(min(lows)) - 0.03), 1.01)
    axes.set_xlim(-0.5, len(sweep.accuracy) - 0.5)
    axes.set_xticks(range(0, len(sweep.accuracy), max(1, len(sweep.accuracy) // 15)))
    axes.set_xlabel("layer (0 is the embedding)", fontsize=POINTS)
    axes.set_ylabel(f"held-out accuracy, n = {sweep.n}", fontsize=POINTS)
    axes.grid(axis="y", color=GREY, alpha=0.25, linewidth=0.6)
    axes.legend(fontsize=POINTS, frameon=False, ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    title_above(figure, heading)
    return Picture(figure, heading, twin(sweep, control, level))


def draw_band(axes: Axes, sweep: ProbeSweep, colour: str, label: str) -> None:
    """A curve with its interval as a band."""
    layers = range(len(sweep.accuracy))
    axes.fill_between(layers, sweep.low.numpy(), sweep.high.numpy(), color=colour, alpha=0.2, linewidth=0)
    axes.plot(layers, sweep.accuracy.numpy(), color=colour, linewidth=1.8, marker="o", markersize=3.5, label=label)


def finding(sweep: ProbeSweep) -> str:
    """The default title: from where to where."""
    best = sweep.best_layer
    return (
        f"A linear probe is right on {sweep.accuracy[0]:.0%} at the embedding "
        f"and on {sweep.accuracy[best]:.0%} at layer {best}"
    )


def twin(sweep: ProbeSweep, control: ProbeSweep | None, level: float | None) -> str:
    """The table behind the drawing."""
    rows = sweep.rows()
    if control is not None:
        for row, value in zip(rows, control.accuracy.tolist(), strict=True):
            row["shuffled labels"] = value
    words = "" if level is None else f"\nBag of words: {level:.3f}. "
    return f"{text_table(rows, title=sweep.title())}{words or chr(10)}Chance: 0.500."
