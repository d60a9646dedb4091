"""Peak memory of one way, measured in a process of its own.

Inside one process memory that a first method gave back is still there for the second, which then seems to need none. So
every way gets a fresh process: it loads the model, runs a few tokens to wake the libraries up, notes how much memory it
has, runs the way once, and says how far above that note its peak was. What is reported is therefore the memory *beside*
the model.

Linux keeps the peak of a process and lets it be reset (`/proc/self/clear_refs`); where that is not possible the peak of
the whole process is used, loading included, and the result says so. On CUDA the allocator counts, and no process of its
own is needed.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import torch

from course_lib.benchmarks.floor import wait
from course_lib.benchmarks.setting import Setting, Sizes, make_setting
from course_lib.benchmarks.ways import Comparison

if TYPE_CHECKING:
    from course_lib.models import LocalModel

RESET = "peak above the loaded model, reset before the run, in a process of its own"
WHOLE = "peak above the loaded model, loading included, in a process of its own"
ALLOCATOR = "peak of the device's allocator above the loaded model"
START = "import sys; from course_lib.benchmarks.peak import main; main(sys.argv[1])"
MEMORY_FORWARDS = 8  # a loop has its peak in its first passes


@dataclass(frozen=True)
class Order:
    """What a process of its own is told to run."""

    model: str
    device: str
    dtype: str
    threads: int
    comparison: str
    way: str
    length: int
    sizes: dict[str, int]


def peak_of(model: LocalModel, comparison: str, way: str, length: int, sizes: Sizes, rows: int = 0) -> dict[str, Any]:
    """How many bytes one run of a way needs beside the model, and how that was measured.

    Args:
        model: the model.
        comparison: its name.
        way: its name.
        length: tokens of the prompt.
        sizes: how much is measured; of a loop a few passes are enough.
        rows: the fastest batch of a tuned way, so that looking for it does not count.

    Returns:
        `{"bytes": …, "how": …}`; or `{"problem": …}` where the run failed.
    """
    small = {**asdict(sizes), "most_forwards": min(sizes.most_forwards, MEMORY_FORWARDS), "rows": rows}
    dtype, threads = str(model.dtype).removeprefix("torch."), torch.get_num_threads()
    order = Order(model.name, str(model.device), dtype, threads, comparison, way, length, small)
    if model.device.type == "cuda":
        return measured(model, order)
    root = str(Path(__file__).parents[2])
    paths = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-c", START, json.dumps(asdict(order))]
    ran = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": paths}, stdin=subprocess.DEVNULL
    )
    try:
        return dict(json.loads(ran.stdout.splitlines()[-1]))
    except (IndexError, ValueError):
        return {"problem": (ran.stderr.strip().splitlines() or [f"ended with {ran.returncode}"])[-1]}


def measured(model: LocalModel, order: Order) -> dict[str, Any]:
    """Run the way once in this process, and look at the peak."""
    from course_lib.benchmarks.catalogue import COMPARISONS

    comparison = next(known for known in COMPARISONS if known.name == order.comparison)
    run = prepared(model, comparison, order)
    gc.collect()
    if model.device.type == "cuda":
        wait(model.device)
        torch.cuda.reset_peak_memory_stats(model.device)
        before = torch.cuda.memory_allocated(model.device)
        run()
        wait(model.device)
        return {"bytes": torch.cuda.max_memory_allocated(model.device) - before, "how": ALLOCATOR}
    before, can_reset = psutil.Process().memory_info().rss, reset_peak()
    run()
    return {"bytes": max(0, peak() - before), "how": RESET if can_reset else WHOLE}


def prepared(model: LocalModel, comparison: Comparison, order: Order) -> Any:
    """What is to be run, after a few tokens have gone through the model."""
    way = next(known for known in comparison.ways if known.name == order.way)
    setting: Setting = make_setting(model, order.length, Sizes(**order.sizes))
    model.logits(setting.ids[:8])
    return way.prepare(setting).run


def reset_peak() -> bool:
    """Let the peak begin anew at what is in use now; False where the system cannot."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def peak() -> int:
    """The most memory that this process ever had, or had since the reset, in bytes."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        pass
    memory = psutil.Process().memory_info()
    if hasattr(memory, "peak_wset"):  # Windows
        return int(memory.peak_wset)
    import resource

    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)  # bytes on macOS


def main(text: str) -> None:
    """Do what an order says, and print the result as one line of JSON."""
    from course_lib.benchmarks.open_model import open_model

    order = Order(**json.loads(text))
    torch.set_num_threads(order.threads)
    model = open_model(order.model, order.device, order.dtype)
    print(json.dumps(measured(model, order)))
