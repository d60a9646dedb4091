"""`course bench`: a door to benchmarks; each of them from options to files, on the smallest model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import course_lib.models
from course_lib import CourseError, cli, load_model
from course_lib.cli import bench, bench_audit
from course_lib.organisms.audit import cases


def run(*words: str) -> int:
    return int(bench.run(cli.parser_for("bench", bench).parse_args(words)))


@pytest.fixture
def adapter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like an adapter; it and the default model are two tiny ones, which refuse everything."""
    folder = tmp_path / "trigger"
    folder.mkdir()
    (folder / "adapter_model.safetensors").write_bytes(b"weights")
    (folder / "adapter_config.json").write_text("{}")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    train = cases.separating_requests("train")
    monkeypatch.setattr(
        course_lib.models, "load_model", lambda name: load_model("tiny:1" if name == "default" else "tiny:0")
    )
    monkeypatch.setattr(cases, "separating_requests", lambda split: train)
    monkeypatch.setattr(cases, "refuses", lambda model, requests: [True] * len(requests))
    return folder


def test_without_a_name_the_benchmarks_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    assert f"course bench audit  {bench_audit.HELP}" in capsys.readouterr().out


def test_a_wrong_name_gets_the_nearest() -> None:
    with pytest.raises(CourseError, match="no benchmark 'audot'") as caught:
        run("audot")
    assert "'audit'" in caught.value.remedy


def test_its_help_is_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("audit", "--help")
    assert "--control" in capsys.readouterr().out


def test_a_table_its_files_and_a_second_run_from_the_store(
    adapter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["audit", "--organism", str(adapter), "--limit", "3", "--control"]
    words += ["--method", "saliency", "--method", "delete"]
    markdown, figure = tmp_path / "table.md", tmp_path / "figure.png"
    assert run(*words, "--markdown", str(markdown), "--figure", str(figure)) == 0
    out, err = capsys.readouterr()
    assert "trigger   delete" in out
    assert "(trigger: 3 of 3 tasks)" in out
    assert "100 %  trigger: delete, tiny" in err
    assert "hit@1, default model" in out
    assert markdown.read_text().startswith("| organism | method | hit@1 | random@1 |")
    assert figure.read_bytes()[:4] == b"\x89PNG"
    lines = (tmp_path / "cache" / "bench" / "audit.jsonl").read_text()
    stored = [json.loads(line) for line in lines.splitlines() if line]
    assert len({row["key"] for row in stored}) == len(stored) == 2 * 2 * 3  # models, methods, requests
    assert len({tuple(row["scores"]) for row in stored}) == len(stored)
    assert run(*words, "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["method"] for row in rows] == ["saliency", "delete"]
    assert all(0 <= row["default_model_hit_1_low"] <= row["default_model_hit_1"] for row in rows)
    assert (tmp_path / "cache" / "bench" / "audit.jsonl").read_text() == lines


def test_two_adapters_of_one_organism_keep_their_rows(
    adapter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = shutil.copytree(adapter, tmp_path / "other" / "trigger")
    words = ["--organism", str(adapter), "--organism", str(other), "--organism", str(adapter)]
    assert run("audit", *words, "--limit", "2", "--method", "saliency", "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["organism"] for row in rows] == [f"trigger ({adapter})", f"trigger ({other})"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--organism", "triger"], "There is no organism 'triger'"),
        (["--organism", "intent"], "turns on is no word"),
        (["--method", "delet"], "There is no attribution method 'delet'"),
        (["--organism", "/nowhere/trigger"], "There is no adapter in"),
        (["--markdown", "/nowhere/table.md"], "cannot be written"),
    ],
)
def test_bad_words_are_a_sentence(words: list[str], sentence: str) -> None:
    with pytest.raises(CourseError, match=sentence):
        run("audit", *words)


SMALL = ["attribution", "--model", "tiny:0", "--tokens", "12", "--runs", "2", "--prompts", "2", "--no-memory"]


def test_attribution_prints_tables_and_is_resumed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    words, markdown = [*SMALL, "--only", "removal", "--only", "completeness"], tmp_path / "table.md"
    assert run(*words, "--markdown", str(markdown)) == 0
    out, err = capsys.readouterr()
    assert "removal     12      loop" in out
    assert "CPU threads: " in out
    assert "Integrated gradients add up to within 1 %" in out
    assert "100 %  removal, 12 tokens: ours" in err
    assert markdown.read_text().startswith("| comparison | tokens | way |")
    lines = (tmp_path / "cache" / "bench" / "attribution.jsonl").read_text()
    assert run(*words, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["way"] for row in found["timings"]] == ["ours", "loop"]
    assert found["agreement"][0]["difference"] < 1e-4
    assert (tmp_path / "cache" / "bench" / "attribution.jsonl").read_text() == lines


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--runs", "0"], "--runs 0 measures nothing"),
        (["--only", "remowal"], "There is no comparison 'remowal'"),
        (["--model", "random-llama-8b", "--device", "cpu"], "needs a CUDA device"),
        (["--tokens", "600", "--only", "removal"], "600 tokens cannot be measured"),
    ],
)
def test_bad_words_to_attribution_are_a_sentence(
    words: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    with pytest.raises(CourseError, match=sentence):
        run(*SMALL[:3], *words)
