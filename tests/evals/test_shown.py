"""The leaderboard's picture and the explorer of power."""

from __future__ import annotations

import pytest

from course_lib import CourseError
from course_lib.evals import BenchmarkResult, from_results
from course_lib.figures import leaderboard_panels
from course_lib.widgets import explore_power


def board():
    gold = (0,) * 40
    rows = {"default": [0] * 20 + [1] * 20, "organism:x": [0] * 40, "organism:y": [0] * 21 + [1] * 19}
    found = {
        task: [
            BenchmarkResult(task, name, "sum", "", tuple(chosen), gold, ((0.0,),) * 40) for name, chosen in rows.items()
        ]
        for task in ("one", "two_b", "three", "four")
    }
    return from_results(found)


def test_every_number_stands_in_the_text_twin():
    shown = board()
    rules = dict.fromkeys(shown.tasks, ("longest", 0.7))
    picture = leaderboard_panels(shown, dict.fromkeys(shown.tasks, 0.5), rules, "Some differ")
    assert picture.text.count("longest 0.70") == 4
    assert picture.text.count("beyond chance") == 4  # x on each task
    assert all(str(rate) in picture.text for rates in shown.rates.values() for rate in rates.values())
    assert picture.png().startswith(b"\x89PNG")
    assert len(picture.figure.legends[0].get_texts()) == 4


def test_the_explorer_follows_its_sliders():
    explorer = explore_power()
    before = explorer.needed()
    explorer.show(0.6, 0.05, 0.06, 300)
    assert explorer.needed()[0] == before[0]
    assert explorer.needed()[1] < before[1]
    assert f"{explorer.needed()[1]:,}" in explorer.picture.value
    explorer.show(0.6, 0.025, 0.15, 300)
    assert explorer.needed()[1] > 3.5 * before[1]
    assert explorer._repr_mimebundle_()["text/plain"] == explorer.text()
    with pytest.raises(CourseError, match="no two models"):
        explore_power(accuracy=1.2)
