"""Attribution methods judged on many prompts: a dot with its interval for each, once by deletion and once by insertion.

The line in the middle is chance. A pale dot is one prompt: they show how wide the scatter is from which the mean comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from course_lib.attribution.survey import Survey, bootstrap_mean
from course_lib.figures.picture import Picture
from course_lib.figures.style import BLUE, GREY, INK, POINTS, SKY, WIDTH, label_ticks, printable, title_above

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def survey_dots(survey: Survey, title: str | None = None) -> Picture:
    """For each method the share of random orders that are less faithful, with its 95 % interval over prompts.

    Args:
        survey: what `course_lib.attribution.survey.method_survey` returned.
        title: the finding; by default which methods lie wholly above chance, and which wholly below, by deletion.

    Example:
        >>> survey_dots(method_survey(model, SHORT_PROMPTS))  # doctest: +SKIP
    """
    from matplotlib.figure import Figure

    heading = title or finding(survey)
    figure = Figure(figsize=(WIDTH, 1.6 + 0.32 * len(survey.scores)), layout="constrained", facecolor="white")
    panels = figure.subplots(1, 2, sharey=True)
    for axes, deletion in zip(panels, (True, False), strict=True):
        draw_panel(axes, survey, deletion)
    label_ticks(panels[0], "y", [printable(method) for method in survey.scores])
    panels[0].set_ylim(len(survey.scores) - 0.4, -0.6)
    figure.supxlabel("share of random orders that are less faithful; line: chance", fontsize=POINTS)
    title_above(figure, heading)
    return Picture(figure, heading, survey.text())


def draw_panel(axes: Axes, survey: Survey, deletion: bool) -> None:
    """One test: prompts, means with intervals, and the line of chance."""
    for place, method in enumerate(survey.scores):
        values = survey.beaten(method, deletion=deletion)
        mean, low, high = bootstrap_mean(values)
        axes.plot(values, [place + 0.26] * len(values), "o", color=SKY, alpha=0.35, markersize=3, clip_on=False)
        axes.errorbar(
            [mean], [place], xerr=[[mean - low], [high - mean]], fmt="o", color=BLUE, ecolor=INK, markersize=5, capsize=3,
            clip_on=False,
        )  # fmt: skip
    axes.axvline(0.5, color=GREY, linewidth=1.2)
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.5, 1], labels=["0", "0.5", "1"])
    axes.set_title("deletion" if deletion else "insertion", fontsize=POINTS, color=INK)
    axes.tick_params(labelsize=POINTS, colors=INK)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", color=GREY, alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)


def finding(survey: Survey) -> str:
    """The default title: who is better, and who worse, than random orders by deletion."""
    ends = {method: bootstrap_mean(survey.beaten(method))[1:] for method in survey.scores}
    better = [method for method, (low, _) in ends.items() if low > 0.5]
    worse = [method for method, (_, high) in ends.items() if high < 0.5]
    words = [f"Better than random orders: {', '.join(better) or 'no method'}"]
    words += [f"worse: {', '.join(worse)}"] if worse else []
    return "; ".join(words)
