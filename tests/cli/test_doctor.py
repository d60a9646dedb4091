"""The frame of the doctor: one line per finding, JSON, exit codes, and checks that break."""

from __future__ import annotations

import argparse
import json

import pytest

from course_lib.cli import doctor
from course_lib.cli.doctor import Finding


def check_fine() -> Finding:
    return Finding("disk", "OK", "9 GB are free")


def check_optional() -> Finding:
    return Finding("Chromium", "INFO", "not here")


def check_wrong() -> Finding:
    return Finding("memory", "FAIL", "1 GB is available.", "Close programs.")


def check_that_breaks() -> Finding:
    raise ImportError("libstdc++.so.6: version not found\nand more")


def run_with(*checks: doctor.Check, as_json: bool, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(doctor, "checks", lambda: list(checks))
    return doctor.run(argparse.Namespace(json=as_json))


def test_every_finding_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_with(check_fine, check_wrong, check_that_breaks, as_json=False, monkeypatch=monkeypatch) == 1
    assert capsys.readouterr().out.splitlines() == [
        "[OK] disk: 9 GB are free",
        "[FAIL] memory: 1 GB is available. -> Close programs.",
        "[FAIL] that breaks: ImportError: libstdc++.so.6: version not found -> Run `python3 -m course_lib setup`.",
    ]


def test_what_is_optional_does_not_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_with(check_fine, check_optional, as_json=False, monkeypatch=monkeypatch) == 0


def test_json_holds_the_same_findings(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_with(check_optional, check_wrong, as_json=True, monkeypatch=monkeypatch) == 1
    findings = json.loads(capsys.readouterr().out)
    assert [finding["state"] for finding in findings] == ["INFO", "FAIL"]
    assert findings[1] == {
        "about": "memory",
        "state": "FAIL",
        "message": "1 GB is available.",
        "remedy": "Close programs.",
    }


def test_every_check_says_in_a_docstring_what_it_asks() -> None:
    assert len(doctor.checks()) == 13
    assert all((check.__doc__ or "").strip() for check in doctor.checks())
