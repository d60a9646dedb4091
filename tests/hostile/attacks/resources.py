"""Using up what others need: time, memory, disk, processes, the patience of whoever reads the output.

Each ends by itself after a while and takes a bounded amount, so that it may also be run without a sandbox.
"""

from __future__ import annotations

from typing import Any

from tests.hostile.kit import Kit, case
from tests.hostile.mini_course import answer_cell

TIMED_OUT = ("timeout", "killed")
TIME_WORDS = ("time", "second")


@case("resources", status=TIMED_OUT, words=TIME_WORDS)
def endless_loop(kit: Kit) -> Any:
    """A loop that does not end."""
    return kit.attack(
        """
import time
def weighted_mean(values, weights):
    end = time.monotonic() + 50
    while time.monotonic() < end:
        pass
    return 0.0
"""
    )


@case("resources", status=(*TIMED_OUT, "missing"), words=TIME_WORDS)
def endless_loop_in_a_cell(kit: Kit) -> Any:
    """A loop that does not end, before any test."""
    return kit.attack("\nimport time\nend = time.monotonic() + 50\nwhile time.monotonic() < end:\n    pass\n")


@case("resources", status=TIMED_OUT, words=TIME_WORDS)
def interrupts_swallowed(kit: Kit) -> Any:
    """A loop that catches every exception, interrupts included, and ignores every signal that can be ignored."""
    return kit.attack(
        """
import signal, time
def weighted_mean(values, weights):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM, signal.SIGXCPU, signal.SIGUSR1):
        try:
            signal.signal(number, signal.SIG_IGN)
        except Exception:
            pass
    end = time.monotonic() + 50
    while time.monotonic() < end:
        try:
            time.sleep(0.2)
        except BaseException:
            pass
    return 0.0
"""
    )


@case("resources", status=TIMED_OUT, words=TIME_WORDS)
def endless_work_in_c(kit: Kit) -> Any:
    """One call into C that never looks at signals."""
    return kit.attack("\ndef weighted_mean(values, weights):\n    return max(range(3 * 10**9))\n")


@case("resources", status=(*TIMED_OUT, "wrong"))
def slow_in_every_case(kit: Kit) -> Any:
    """Sleeps in each case, just a little less long than one case may take."""
    return kit.attack(
        """
import time
def weighted_mean(values, weights):
    time.sleep(float("@NEARLY@"))
    return 0.0
"""
    )


@case("resources", status=("memory", "error", "killed"), words=("memory",))
def memory_taken(kit: Kit) -> Any:
    """Takes 3 GB of memory in small steps."""
    return kit.attack(
        """
def weighted_mean(values, weights):
    blocks = []
    for _ in range(60):
        blocks.append(bytearray(b"x") * (50 * 2**20))
    return 0.0
"""
    )


@case("resources", status=("memory", "error", "killed", "wrong", "timeout"))
def memory_taken_by_children(kit: Kit) -> Any:
    """Takes 1.8 GB in six processes, each below the limit of one."""
    return kit.attack(
        """
import time
def weighted_mean(values, weights):
    for _ in range(6):
        if os.fork() == 0:
            try:
                block = bytearray(b"x") * (300 * 2**20)
                time.sleep(3)
            finally:
                os._exit(0)
    time.sleep(3)
    return 0.0
"""
    )


@case("resources", status=("wrong", "error", "memory", "killed"), probes=("disk",))
def disk_filled(kit: Kit) -> Any:
    """Writes 300 MB, wherever it can."""
    return kit.attack(
        """
def weighted_mean(values, weights):
    block, written = b"x" * 2**20, 0
    for folder in (os.getcwd(), "/tmp", "/dev/shm", "/var/tmp", "@LOOT@"):
        try:
            with open(folder + "/flood-@CASE@", "wb") as stream:
                while written < 300:
                    stream.write(block)
                    written += 1
        except OSError as error:
            print(folder, error)
    return 0.0
"""
    )


@case("resources", status=("wrong", "error", "killed"))
def many_small_files(kit: Kit) -> Any:
    """Writes 30,000 empty files."""
    return kit.attack(
        """
def weighted_mean(values, weights):
    import tempfile
    folder = tempfile.mkdtemp()
    for number in range(30_000):
        open(f"{folder}/{number}", "w").close()
    return 0.0
""".replace("    return 0.0\n", "    import shutil\n    shutil.rmtree(folder)\n    return 0.0\n")
    )


@case("resources", status=("wrong", "error", "timeout", "killed"))
def output_flood(kit: Kit) -> Any:
    """Prints 100 MB, by Python and past it."""
    return kit.attack(
        """
def weighted_mean(values, weights):
    line = "x" * 2**20
    for _ in range(50):
        print(line)
        os.write(1, line.encode())
    return 0.0
"""
    )


@case("resources", status=("wrong", "error", "killed", "timeout"))
def threads_flood(kit: Kit) -> Any:
    """Starts 400 threads that sleep and print."""
    return kit.attack(
        """
import threading, time
def weighted_mean(values, weights):
    def talk():
        for _ in range(5):
            print("x" * 100)
            time.sleep(0.5)
    for _ in range(400):
        try:
            threading.Thread(target=talk, daemon=True).start()
        except RuntimeError:
            break
    return 0.0
"""
    )


@case("resources", status=("wrong", "error", "killed", "memory", "timeout"))
def huge_answer(kit: Kit) -> Any:
    """Returns a list of ten million numbers, and a tensor of 200 MB."""
    return kit.attack(
        """
calls = []
def weighted_mean(values, weights):
    calls.append(1)
    if len(calls) % 2:
        return list(range(10**7))
    import numpy
    return numpy.zeros(25 * 2**20)
"""
    )


@case("resources", status=("wrong", "error", "killed"))
def deep_and_circular_answers(kit: Kit) -> Any:
    """Returns a list that is nested a hundred thousand deep, one that contains itself, and a table that does."""
    return kit.attack(
        """
calls = []
def weighted_mean(values, weights):
    calls.append(1)
    answer = [] if len(calls) % 3 else {}
    if len(calls) % 3 == 1:
        for _ in range(100_000):
            answer = [answer]
    elif len(calls) % 3 == 2:
        answer.append(answer)
    else:
        answer["a"] = answer
    return answer
"""
    )


@case("resources", status=("wrong", "error", "killed"))
def odd_numbers(kit: Kit) -> Any:
    """Returns NaN, infinity, a whole number of 5,000 digits, and a text of 50 MB."""
    return kit.attack(
        """
calls = []
def weighted_mean(values, weights):
    calls.append(1)
    return [float("nan"), float("inf"), 10**5000, "x" * (50 * 2**20), -0.0][len(calls) % 5]
"""
    )


@case("resources", status=("error", "wrong"), readable=None)
def huge_cell(kit: Kit) -> Any:
    """An answer cell of 8 MB of text."""
    notebook = kit.attack("")
    answer_cell(notebook, "17.1")["source"] += "\n# " + "x" * (8 * 2**20)
    return notebook
