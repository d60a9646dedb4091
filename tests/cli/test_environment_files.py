"""The other doors to the same environment: conda, pre-commit, CI."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from course_lib.cli.bootstrap_needs import OLDEST
from course_lib.cli.bootstrap_places import repository
from course_lib.cli.test import STEPS

ROOT = repository()
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())


def test_conda_brings_python_and_pip_and_nothing_else() -> None:
    names = [re.split(r"[=<>]", entry)[0] for entry in CONDA["dependencies"] if isinstance(entry, str)]
    assert names == ["python", "pip"]


def test_condas_python_is_one_that_the_project_allows() -> None:
    python = next(entry for entry in CONDA["dependencies"] if str(entry).startswith("python"))
    assert python.partition("=")[2] in SpecifierSet(PROJECT["requires-python"])


def test_the_oldest_python_is_said_once() -> None:
    allowed = SpecifierSet(PROJECT["requires-python"])
    assert "{}.{}".format(*OLDEST) in allowed
    assert f"{OLDEST[0]}.{OLDEST[1] - 1}" not in allowed


def test_every_version_comes_from_the_constraints_file() -> None:
    pip_lines = next(entry["pip"] for entry in CONDA["dependencies"] if isinstance(entry, dict))
    assert pip_lines == ["-c constraints.txt", "-e .[dev]"]
    assert (ROOT / "constraints.txt").exists()
    assert "dev" in PROJECT["optional-dependencies"]


def test_the_name_of_the_environment_is_the_name_of_the_project() -> None:
    assert CONDA["name"] == PROJECT["name"]


def test_hooks_are_local_and_run_steps_that_exist() -> None:
    assert [repository["repo"] for repository in HOOKS["repos"]] == ["local"]
    hooks = HOOKS["repos"][0]["hooks"]
    chosen = [hook["entry"].split()[-1] for hook in hooks]
    assert chosen == ["ruff-check", "ruff-format", "mypy", "build", "lint"]
    assert set(chosen) <= {step.name for step in STEPS}
    assert all(hook["language"] == "system" for hook in hooks)


def test_pre_commit_accepts_its_file() -> None:
    command = [sys.executable, "-m", "pre_commit", "validate-config", str(ROOT / ".pre-commit-config.yaml")]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.skipif(os.name == "nt", reason="a shell script")
def test_the_ci_script_is_executable_and_parses() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", str(script)]).returncode == 0
    assert script.read_text().rstrip().endswith("python3 -m course_lib test </dev/null")
    assert "\nexport CI=1" in script.read_text()  # or skips for want of Chromium would pass there


def test_a_clone_on_windows_gets_the_committed_bytes() -> None:
    """`course build --check` compares bytes; with the line ends of Windows every notebook would be stale."""
    command = ["git", "check-attr", "text", "eol", "--", "chapters/start.ipynb", "chapters/a/b.png"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    said = dict(line.rsplit(": ", 1) for line in result.stdout.splitlines())
    assert said["chapters/start.ipynb: text"] == "auto"
    assert said["chapters/start.ipynb: eol"] == "lf"
    assert said["chapters/a/b.png: text"] == "unset"


def test_the_container_sets_the_course_up_as_the_readme_does() -> None:
    lines = (ROOT / ".devcontainer" / "devcontainer.json").read_text().splitlines()
    settings = json.loads("\n".join(line for line in lines if not line.lstrip().startswith("//")))
    assert settings["postCreateCommand"].endswith("python3 -m course_lib setup")
    assert settings["image"].endswith(CONDA["dependencies"][0].partition("=")[2])
    assert ".venv/bin/python" in settings["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"]


def test_binder_reads_the_one_environment_file_and_fetches_the_model() -> None:
    assert (ROOT / ".binder" / "environment.yml").read_text() == (ROOT / "environment.yml").read_text()
    assert "course setup" in (ROOT / ".binder" / "postBuild").read_text()
