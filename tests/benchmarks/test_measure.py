"""Measuring: turns, the store, a process of its own for memory, failures, goals, the result on paper."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from course_lib import CourseError, load_model
from course_lib.benchmarks import (
    Benchmark,
    Comparison,
    Completeness,
    Plan,
    RecordStore,
    Sizes,
    Timing,
    Way,
    measure,
    measure_completeness,
    real_prompts,
)
from course_lib.benchmarks.goals import goals
from course_lib.benchmarks.open_model import open_model, random_llama
from course_lib.benchmarks.peak import peak, peak_of, reset_peak
from course_lib.benchmarks.store import key_of
from course_lib.benchmarks.timing import agreement, pairs, ratio
from course_lib.benchmarks.ways import Prepared


class Scripted:
    """A comparison that writes down who ran; "other" gives twice our numbers, "broken" fails, "absent" is nowhere."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    def way(self, name: str, factor: float, needs: str = "") -> Way:
        def run() -> torch.Tensor:
            self.ran.append(name)
            if name == "broken":
                raise RuntimeError("no such thing\nand more")
            return factor * torch.tensor([1.0, 2.0])

        return Way(name, lambda setting: Prepared(run, scale=3.0, note=f"{setting.length} tokens", rows=2), needs)

    def comparison(self) -> Comparison:
        ways = (
            self.way("ours", 1),
            self.way("other", 2),
            self.way("broken", 0),
            self.way("absent", 0, "no_such_module"),
        )
        return Comparison("scripted", "a question", ways, lambda setting: 1e6)


def plan(comparison: Comparison, runs: int = 2, memory: bool = False) -> Plan:
    return Plan((comparison,), (8,), runs, Sizes(), memory)


def test_turns_are_taken_and_a_second_benchmark_reads_the_store(tmp_path: Path) -> None:
    script, path, seen = Scripted(), tmp_path / "bench" / "times.jsonl", []
    first = measure(
        load_model("tiny:0"), plan(script.comparison()), RecordStore(path), "one", lambda *what: seen.append(what)
    )
    assert script.ran == ["ours", "other", "broken", "other", "ours"]
    assert [len(timing.seconds) for timing in first] == [2, 2, 0, 0]
    assert first[2].note == "failed: RuntimeError: no such thing"
    assert first[3].note == "not installed here (pip install no_such_module)"
    assert seen[0] == ("scripted, 8 tokens: ours", 1, 8)

    script.ran.clear()
    again = measure(load_model("tiny:0"), plan(script.comparison(), 3), RecordStore(path), "two")
    assert script.ran == ["broken", "ours", "other"]
    assert again[0].seconds[:2] == first[0].seconds
    assert again[0].sessions == {"one", "two"}
    assert again[1].values == (2.0, 4.0)

    fresh = RecordStore(path)
    fresh.forget()
    script.ran.clear()
    measure(load_model("tiny:0"), plan(script.comparison(), 1), fresh, "three")
    assert script.ran == ["ours", "other", "broken"]


def test_our_own_failure_is_no_footnote(tmp_path: Path) -> None:
    script = Scripted()
    broken = Comparison("scripted", "", (Way("ours", script.way("broken", 0).prepare),), lambda setting: 1.0)
    with pytest.raises(RuntimeError):
        measure(load_model("tiny:0"), plan(broken), RecordStore(tmp_path / "times"), "one")
    with pytest.raises(CourseError, match="0 runs"):
        measure(load_model("tiny:0"), plan(broken, 0), RecordStore(tmp_path / "times"), "one")


def test_a_line_that_was_cut_short_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "times.jsonl"
    path.write_text('{"key": "a", "record": {"x": 1}}\n{"key": "b", "rec')
    store = RecordStore(path)
    store.put("c", {"x": 3})
    assert [RecordStore(path).get(key) for key in "abc"] == [{"x": 1}, None, {"x": 3}]
    assert key_of(Sizes()) != key_of(Sizes(steps=3))


def test_memory_is_measured_in_a_process_of_its_own() -> None:
    found = peak_of(load_model("tiny:0"), "removal", "ours", 12, Sizes())
    assert found["bytes"] >= 0
    assert "process of its own" in found["how"]
    failed = peak_of(load_model("tiny:0"), "removal", "ours", 1, Sizes())
    assert "cannot be measured" in failed["problem"]


@pytest.mark.skipif(not reset_peak(), reason="this system cannot reset the peak")
def test_the_peak_sees_what_is_given_back() -> None:
    reset_peak()
    before = peak()
    torch.ones(20_000_000).sum()
    assert peak() - before > 60_000_000


def timing(way: str, *seconds: float, comparison: str = "replacement", length: int = 32, **more: Any) -> Timing:
    fields = {"values": (1.0, 2.0, 4.0), "memory": {}, "note": "", "floor": 1e9, "sessions": frozenset({"one"})} | more
    return Timing(comparison, length, way, seconds, **fields)  # type: ignore[arg-type]


TIMINGS = (
    timing("ours", 1.0, 5.0, 2.0, memory={"bytes": 3_000_000, "how": "somehow"}),
    timing("Captum", 9.0, values=(1.0, 2.0, 4.4)),
    timing("Inseq", 9.0, same=False),
    timing("loop", note="not installed", values=()),
    timing("ours", 2.0, comparison="integrated gradients", memory={"bytes": 9}),
    timing("Captum, tuned", 2.0, comparison="integrated gradients", memory={"bytes": 5}),
    timing("ours", 2.0, comparison="attribution patching", approximate=True),
    timing("exact map", 2.0, comparison="attribution patching", approximate=True, values=(2.0, 4.0, 9.0)),
)


def test_ratios_agreement_and_goals() -> None:
    assert ratio(TIMINGS, "replacement", 32, "Captum") == 4.5
    assert ratio(TIMINGS, "replacement", 32, "loop") is None
    assert agreement(TIMINGS[0], TIMINGS[1])["difference"] == pytest.approx(0.4 / 4.4)
    assert agreement(TIMINGS[0], TIMINGS[2]) == {}
    assert len(pairs(TIMINGS)) == 3
    found = {
        goal.what: (goal.reached, goal.met) for goal in goals(TIMINGS, Completeness((0.001, 0.2), (3.0, 1.0), (32, 64)))
    }
    assert found["replacement at 32 tokens: 4 times as fast as Captum"] == ("4.50 times", True)
    assert found["integrated gradients at 32 tokens: faster than Captum, tuned"] == ("1.00 times", False)
    assert found["integrated gradients at 32 tokens: less memory than Captum, tuned"][1] is False
    assert found["integrated gradients: error of completeness under 1 % on 2 prompts"][1] is False
    passes = "attribution patching at 32 tokens: one backward pass in place of 3 forward passes"
    assert found[passes] == ("Pearson 1.00, Spearman 1.00 with the exact map", None)


def test_the_result_on_paper() -> None:
    found = Benchmark(TIMINGS, 1e10, {"model": "<tiny>"}, "one", Completeness((0.001,), (3.0,), (32,)))
    text = found.text()
    assert "4.50" in text
    assert "MISSED" in text
    assert "The ways of each comparison took turns in one process." in text
    assert "1 of 1" in text
    assert "&lt;tiny&gt;" in found._repr_html_()
    assert found.rows()[0]["of the floor"] == "5%"
    assert json.loads(json.dumps(found.numbers()))["agreement"][0]["ways"] == ["ours", "Captum"]
    resumed = Benchmark((timing("ours", 1.0, sessions=frozenset({"one", "two"})),), 1e10, {}, "two")
    assert "more than one process: replacement at 32 tokens" in resumed.text()


def test_completeness_is_read_from_the_store_the_second_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from course_lib.benchmarks import completeness

    store, model, prompts = RecordStore(tmp_path / "times"), load_model("tiny:0"), real_prompts(2)
    first = measure_completeness(model, prompts, store)
    monkeypatch.setattr(completeness, "integrated_gradients", None)
    assert measure_completeness(model, prompts, store) == first
    assert first.good.n == 2
    with pytest.raises(CourseError, match="no prompts"):
        measure_completeness(model, [], store)


def test_the_large_random_model_is_refused_where_there_is_no_accelerator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(CourseError, match="needs a CUDA device"):
        open_model("random-llama-8b")
    assert open_model("tiny:0") is load_model("tiny:0")


def test_a_random_llama_of_another_size_can_be_measured() -> None:
    config = load_model("tiny:0").model.config
    model = random_llama(config, torch.device("cpu"), torch.bfloat16)
    assert model.dtype == torch.bfloat16
    assert torch.get_default_dtype() == torch.float32
    assert torch.isfinite(model.logits(model.encode("the cat sat")).float()).all()
