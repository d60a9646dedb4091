"""The picture of how often a verdict is right, open or wrong."""

from course_lib.figures import verdict_shares

FOUND = {
    "a": {4: {"undecided": 3, "x": 1}, 8: {"x": 4}},
    "b": {4: {"undecided": 2, "x": 2}, 8: {"y": 4}},
}


def test_the_words_hold_every_share():
    picture = verdict_shares(FOUND, {"a": "x", "b": "y"}, "The finding")
    assert picture.text.splitlines() == [
        "a (right: x)",
        "  4 stars: right 0.25, undecided 0.75, wrong 0.00",
        "  8 stars: right 1.00, undecided 0.00, wrong 0.00",
        "b (right: y)",
        "  4 stars: right 0.00, undecided 0.50, wrong 0.50",
        "  8 stars: right 1.00, undecided 0.00, wrong 0.00",
    ]


def test_each_model_has_a_panel_and_every_bar_its_pattern():
    picture = verdict_shares(FOUND, {"a": "x", "b": "y"}, "The finding")
    panels = [axes for axes in picture.figure.axes if axes.get_visible()]
    assert [axes.get_title(loc="left") for axes in panels] == ["a", "b"]
    assert all({bar.get_hatch() for bar in axes.patches} >= {"//", "xx"} for axes in panels)
    assert all(sum(bar.get_height() for bar in axes.patches) == 2 for axes in panels)
