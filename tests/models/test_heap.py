"""Blocks that come and go are taken from the system once."""

from __future__ import annotations

import subprocess
import sys

import pytest

FAULTS = """
import resource, sys, torch
from course_lib.models.heap import keep_dropped_blocks
torch.set_num_threads(1)
if sys.argv[1] == "keep":
    keep_dropped_blocks()
def layer():
    blocks = [torch.ones(6 << 18) for _ in range(4)]
for _ in range(3):
    layer()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    layer()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc learns")
def test_pages_are_asked_for_once() -> None:
    def faults(how: str) -> int:
        done = subprocess.run([sys.executable, "-c", FAULTS, how], capture_output=True, text=True, check=True)
        return int(done.stdout)

    kept, given_back = faults("keep"), faults("usual")
    assert given_back > 20 * 1000  # 20 times a few thousand pages
    assert kept < given_back / 20
