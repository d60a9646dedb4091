"""Blocks that come and go are taken from the system once."""

from __future__ import annotations

import mmap
import os
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
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}

    def faults(how: str, **more: str) -> int:
        run = [sys.executable, "-c", FAULTS, how]
        return int(subprocess.run(run, env=plain | more, capture_output=True, text=True, check=True).stdout)

    pages = 20 * 4 * (6 << 20) // mmap.PAGESIZE  # 20 layers of four blocks of 6 MiB
    assert faults("keep") < pages / 20
    assert faults("keep", MALLOC_TRIM_THRESHOLD_="131072") > pages / 2  # glibc's own beginning, and learning is off
