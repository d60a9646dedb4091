"""What is killed loses no mark and doubles none; a full disk is a sentence, and then one goes on.

A locked gradebook is tested where the gradebook is written, in `tests/grading/test_class.py`.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys

import pytest

from course_lib.errors import CourseError
from course_lib.grading.service import grade
from course_lib.grading.store import ResultStore
from tests.hostile import faults
from tests.hostile.faults_course import assignment, make_class, submissions

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform != "linux" or shutil.which("bwrap") is None, reason="bubblewrap is not installed here"
    ),
]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("scenario", faults.SCENARIOS)
def test_killed(scenario, seed):
    if scenario == "dask worker" and importlib.util.find_spec("distributed") is None:
        pytest.skip("dask is not installed here")
    assert faults.run_scenario(scenario, seed).problem == ""


def test_a_campaign_goes_on_where_it_was(tmp_path, monkeypatch):
    """What is in the file is not run again, half a line and runs of other sources are."""
    done: list[tuple[str, int]] = []

    def run(name, seed):
        done.append((name, seed))
        return faults.Run(faults.version(), name, seed, "", 1, 0.1)

    monkeypatch.setattr(faults, "run_scenario", run)
    record = tmp_path / "faults.jsonl"
    assert len(faults.campaign(["worker"], range(3), record)) == 3
    lines = record.read_text().splitlines()
    record.write_text("\n".join([lines[0], lines[1].replace(faults.version(), "older"), lines[2][:20]]) + "\n")
    done.clear()
    assert len(faults.campaign(["worker"], range(3), record)) == 3
    assert done == [("worker", 1), ("worker", 2)]


def graded(root):
    return list(grade(assignment(root), submissions(root), store=ResultStore(root / "store"), workers=1))


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root can make a small disk")
def test_full_disk(tmp_path):
    """Results go to a disk of 32 KB; the run says so, keeps what it has, and goes on when there is room."""
    deserved, disk = make_class(tmp_path, 12), tmp_path / "store"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32k", "none", disk], check=False).returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        with pytest.raises(CourseError, match=r"cannot be stored.*[Nn]o space") as raised:
            graded(tmp_path)
        assert "run the same command again" in str(raised.value)
        kept = {path.name: path.stat().st_mtime_ns for path in disk.rglob("*.json")}
        assert 0 < len(kept) < 12
        assert not list(disk.rglob("*.part"))
        subprocess.run(["mount", "-o", "remount,size=4m", disk], check=True)
        assert {result.learner: result.points for result in graded(tmp_path)} == deserved
        assert {name: path.stat().st_mtime_ns for path in disk.rglob("*.json") if (name := path.name) in kept} == kept
    finally:
        subprocess.run(["umount", disk], check=True)


def test_store_that_is_no_folder(tmp_path):
    """A file stands where the results should go."""
    deserved = make_class(tmp_path, 3)
    (tmp_path / "store").write_text("a file")
    with pytest.raises(CourseError, match="cannot be stored"):
        graded(tmp_path)
    (tmp_path / "store").unlink()
    assert {result.learner: result.points for result in graded(tmp_path)} == deserved


def test_damaged_result_is_computed_again(tmp_path):
    """A stored result that was cut off is no result."""
    deserved = make_class(tmp_path, 3)
    graded(tmp_path)
    path = next((tmp_path / "store").rglob("*.json"))
    path.write_bytes(path.read_bytes()[:100])
    assert {result.learner: result.points for result in graded(tmp_path)} == deserved
