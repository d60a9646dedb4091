"""The audit of attribution methods: a panel for each organism, a dot with its interval for each method.

The grey line in a panel is what random scores reach there; it differs from panel to panel, since planted spans differ
in length. A ring is the same method on the default model, where nothing was planted: a dot far from its ring has found
the mechanism, a dot on its ring has found the words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from course_lib.errors import CourseError
from course_lib.figures.picture import Picture
from course_lib.figures.style import BLUE, GREY, INK, ORANGE, POINTS, WIDTH, label_ticks, printable, signed, title_above

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from course_lib.organisms.audit import Audit


def audit_dots(audit: Audit, title: str | None = None) -> Picture:
    """How often the highest score of each method is at a planted word, organism by organism.

    Args:
        audit: the result of an audit, with at least one score.
        title: the finding; by default the methods with the highest and the lowest gain over random.

    Raises:
        CourseError: when there is no score.
    """
    from matplotlib.figure import Figure

    if not audit.scores:
        raise CourseError("There is no score to draw.", "Audit at least one method on one organism.")
    methods = audit.methods()
    heading = title or finding(audit)
    figure = Figure(figsize=(WIDTH, 1.5 + 0.26 * len(methods)), layout="constrained", facecolor="white")
    panels = figure.subplots(1, len(audit.asked), sharey=True, squeeze=False)[0]
    for axes, organism in zip(panels, audit.asked, strict=True):
        draw_panel(axes, audit, organism, methods)
    label_ticks(panels[0], "y", [printable(method) for method in methods])
    panels[0].set_ylim(len(methods) - 0.4, -0.6)
    ring = "; ring: default model" if audit.control else ""
    figure.supxlabel(f"hit@1 with 95 % interval; line: random{ring}", fontsize=POINTS)
    title_above(figure, heading)
    return Picture(figure, heading, audit.text())


def draw_panel(axes: Axes, audit: Audit, organism: str, methods: list[str]) -> None:
    """One organism: dots, rings, and the line of chance."""
    scores = [score for score in audit.scores if score.organism == organism]
    for score in scores:
        rate, place = score.hits[1], methods.index(score.method)
        width = [[rate.value - rate.low], [rate.high - rate.value]]
        axes.errorbar(
            [rate.value], [place], xerr=width, fmt="o", color=BLUE, ecolor=INK, markersize=4.5, capsize=3, clip_on=False
        )
        without = audit.control_of(score)
        if without is not None:
            axes.plot([without.value], [place], "o", color=ORANGE, fillstyle="none", markersize=7, clip_on=False)
    axes.axvline(scores[0].chance[1], color=GREY, linewidth=1.2)
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.5, 1], labels=["0", "0.5", "1"])
    axes.set_title(organism, fontsize=POINTS, color=INK)
    axes.tick_params(labelsize=POINTS, colors=INK)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", color=GREY, alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)


def finding(audit: Audit) -> str:
    """The default title: which methods gain most and least over random scores."""
    methods = audit.methods()
    best, last = methods[0], methods[-1]
    words = f"{best}: {signed(audit.gain(best), plus=True)} over random"
    return words if best == last else f"{words}; {last}: {signed(audit.gain(last), plus=True)}"
