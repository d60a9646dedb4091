"""Ending things: exits, crashes, signals, processes that are killed, stopped, forked or left running."""

from __future__ import annotations

from typing import Any

from tests.hostile.kit import Kit, case

ENDED = ("killed", "error", "missing")


@case("exits", status=ENDED, words=("end", "exit", "kill", "process", "stopped"))
def process_exit_in_a_cell(kit: Kit) -> Any:
    """Ends its process without a word, before the tests come."""
    return kit.attack("\nos._exit(0)\n")


@case("exits", status=ENDED, words=("end", "exit", "kill", "process", "stopped"))
def process_exit_when_called(kit: Kit) -> Any:
    """Ends its process without a word when its function is called, in the middle of a test."""
    return kit.attack("\ndef weighted_mean(values, weights):\n    os._exit(0)\n")


@case("exits", status=("error", "killed"), words=("SystemExit", "exit"))
def system_exit_when_called(kit: Kit) -> Any:
    """Raises SystemExit when its function is called."""
    return kit.attack("\ndef weighted_mean(values, weights):\n    sys.exit(0)\n")


@case("exits", status=("error", "killed"), words=("KeyboardInterrupt", "interrupt", "stopped"))
def keyboard_interrupt_raised(kit: Kit) -> Any:
    """Raises KeyboardInterrupt, as if the instructor had stopped the run."""
    return kit.attack("\ndef weighted_mean(values, weights):\n    raise KeyboardInterrupt\n")


@case("exits", status=ENDED, words=("end", "crash", "kill", "process", "stopped"))
def segmentation_fault(kit: Kit) -> Any:
    """Reads address 0."""
    return kit.attack("\nimport ctypes\ndef weighted_mean(values, weights):\n    return ctypes.string_at(0)\n")


@case("exits", status=(*ENDED, "memory", "timeout"))
def recursion_without_end(kit: Kit) -> Any:
    """Recurses with the limit taken away, until the stack is gone."""
    return kit.attack(
        """
sys.setrecursionlimit(10**7)
def weighted_mean(values, weights):
    return weighted_mean([*values[:3]], weights)
"""
    )


@case("exits", status=("wrong", *ENDED))
def parent_killed(kit: Kit) -> Any:
    """Kills the process that started it."""
    return kit.attack("\nimport signal\nif os.getppid() > 1:\n    os.kill(os.getppid(), signal.SIGKILL)\n")


@case("exits", status=("wrong", *ENDED))
def process_group_killed(kit: Kit) -> Any:
    """Kills every process of its own process group."""
    return kit.attack("\nimport signal\nif os.getpgid(0) >= 0:\n    os.kill(0, signal.SIGKILL)\n")


@case("exits", status=("wrong", *ENDED))
def process_group_killed_when_called(kit: Kit) -> Any:
    """Kills every process of its own process group, each time that it is called."""
    return kit.attack("\nimport signal\ndef weighted_mean(values, weights):\n    os.kill(0, signal.SIGKILL)\n")


@case("exits", probes=("killed",))
def instructors_process_killed(kit: Kit) -> Any:
    """Kills another process of the instructor's."""
    return kit.attack("\nimport signal\nos.kill(int('@PID@'), signal.SIGKILL)\n")


@case("exits", status=(*ENDED, "timeout"))
def replaced_by_another_program(kit: Kit) -> Any:
    """Becomes another program that sleeps."""
    return kit.attack("\ndef weighted_mean(values, weights):\n    os.execv('/bin/sleep', ['sleep', '40'])\n")


@case("exits", status=(*ENDED, "timeout", "wrong"))
def stops_itself(kit: Kit) -> Any:
    """Stops its own process with a signal that no process can catch, and wakes it after 40 seconds."""
    return kit.attack(
        """
import signal
def weighted_mean(values, weights):
    if os.fork() == 0:
        import time
        time.sleep(40)
        os.kill(os.getppid(), signal.SIGCONT)
        os._exit(0)
    os.kill(os.getpid(), signal.SIGSTOP)
    return 0.0
"""
    )


@case("exits", status=("wrong", "error", "killed"))
def fork_flood(kit: Kit) -> Any:
    """Starts two hundred processes at once."""
    return kit.attack(
        """
import time
def weighted_mean(values, weights):
    for _ in range(200):
        try:
            if os.fork() == 0:
                time.sleep(4)
                os._exit(0)
        except OSError:
            break
    return 0.0
"""
    )


@case("exits", probes=("leftover",), status=("wrong", "error"))
def daemon_left_behind(kit: Kit) -> Any:
    """Leaves a daemon with a session of its own that ignores hang-ups and writes a line each second."""
    return kit.attack(
        """
import subprocess
subprocess.Popen(
    ["/bin/sh", "-c", "trap '' HUP TERM INT; mkdir -p @LOOT@; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do echo plan" "ted-@CASE@ > @LOOT@/daemon-@CASE@; sleep 1; done; : leftover-@CASE@"],
    start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv("/bin/sh", ["sh", "-c", "sleep 20; : leftover-@CASE@"])
    os._exit(0)
"""
    )
