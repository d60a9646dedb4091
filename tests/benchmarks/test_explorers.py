"""The benchmark of the explorers visits every state twice and says what took how long."""

from __future__ import annotations

from course_lib import load_model
from course_lib.benchmarks.explorers import measure_responses


def test_every_explorer_goes_through_its_states_twice() -> None:
    found = measure_responses(load_model("tiny:1"))
    assert [one.explorer for one in found] == ["attention", "attribution", "logit lens", "patching", "guardrail"]
    for one in found:
        assert len(one.first) == len(one.again) == one.states > 3
        assert one.row()["under 200 ms"] == "yes"
