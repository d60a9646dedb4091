"""Poisoned results: what comes back from a submission is written by the submission.

The process in which learner code runs holds the line to whoever grades it. These look for every socket that their
process has open and write to it what grading might take for a message. A forged answer is worth as much as a returned one,
so nothing is gained as long as the receiver believes nothing.
"""

from __future__ import annotations

from typing import Any

from tests.hostile.kit import NO_GAIN, Kit, case

ANY = (*NO_GAIN, "killed", "timeout", "memory")
LINE = r"""
import json, socket, stat, struct, time


def frame(head, buffers=b""):
    raw = head if isinstance(head, bytes) else json.dumps(head).encode()
    message = struct.pack(">I", len(raw)) + raw + buffers
    return struct.pack(">I", len(message)) + message


def event(**parts):
    def tree(value):
        if isinstance(value, (list, tuple)):
            return {"list": [tree(item) for item in value]}
        return value
    return frame({"value": {"dict": [[name, tree(value)] for name, value in parts.items()]}, "buffers": []})


def post(*messages):
    for number in range(3, 512):
        try:
            if not stat.S_ISSOCK(os.fstat(number).st_mode):
                continue
            line = socket.socket(fileno=os.dup(number))
            line.settimeout(2)
            for message in messages:
                line.sendall(message)
            line.detach()
        except (OSError, ValueError):
            pass
"""


def forged(kit: Kit, code: str) -> Any:
    """A notebook that writes to its line when its function is called."""
    body = "\n".join("    " + line for line in code.strip().splitlines())
    return kit.attack(f"{LINE}\n\ndef weighted_mean(values, weights):\n{body}\n    return 0.0\n")


@case("forged", status=ANY)
def end_announced(kit: Kit) -> Any:
    """Announces that everything has been run and has passed."""
    return forged(
        kit,
        'post(event(event="case", step=3, case=0, value=3.0, error=None, verdict="pass", points=4), event(event="end"))',
    )


@case("forged", status=ANY)
def events_of_other_steps(kit: Kit) -> Any:
    """Sends results for every step and case there might be, several for each."""
    return forged(
        kit,
        """for step in range(-2, 40):
    for place in range(-1, 8):
        for value in (3.0, 1.75, 4.0, [3.0, 3.0, 4.0, 4.0], "b"):
            post(event(event="case", step=step, case=place, value=value, error=None, side_effect="", stderr="", output=""))
    post(event(event="value", step=step, value="b"))""",
    )


@case("forged", status=ANY)
def events_of_wrong_types(kit: Kit) -> Any:
    """Sends events whose fields are missing, of other types, or not a number."""
    return forged(
        kit,
        """for parts in (
    {"step": "x", "case": None}, {"step": 10**12, "case": -1}, {"step": [1], "case": {}}, {"step": True}, {}, {"step": 1.5, "case": 0},
    {"step": 3, "case": 0, "value": 1, "error": 5, "output": 7, "stderr": [1], "side_effect": 3},
    {"step": 3, "case": 0, "error": [1, 2], "output": None},
):
    post(event(event="case", **{k: v for k, v in parts.items() if v != {}}))
    post(event(event="begin", **{k: v for k, v in parts.items() if v != {}}))
    post(event(event="cell", **{k: v for k, v in parts.items() if v != {}}))
post(event(event="x" * 1000), event(event=None), event(nothing=1), frame({"value": 5, "buffers": []}), frame({"value": {"list": []}, "buffers": []}))""",
    )


@case("forged", status=ANY)
def length_of_four_gigabytes(kit: Kit) -> Any:
    """Announces a message of four gigabytes, and sends a little of it."""
    return forged(kit, 'post(struct.pack(">I", 2**32 - 1) + b"x" * 1000)')


@case("forged", status=ANY)
def array_of_an_impossible_shape(kit: Kit) -> Any:
    """Sends arrays that claim to have a huge shape, an unknown number format, or a buffer that is not there."""
    return forged(
        kit,
        """for array in ([0, "float32", [2**31, 2**31], "numpy"], [0, "object", [1], "numpy"], [7, "float32", [1], "torch"],
              [0, "float64", [-1], "numpy"], [0, "float64", [0, 10**18], "numpy"], ["0", "float64", [1], "numpy"]):
    post(frame({"value": {"dict": [["event", "case"], ["step", 3], ["case", 0], ["value", {"array": array}]]}, "buffers": [8]}, b"12345678"))""",
    )


@case("forged", status=ANY)
def pickle_on_the_line(kit: Kit) -> Any:
    """Sends a pickle in place of a message."""
    return forged(
        kit,
        "post(frame(b\"\\x80\\x04\\x95cos\\nsystem\\n(S'true'\\ntR.\"), b\"\\x80\\x04cos\\nsystem\\n(S'true'\\ntR.\")",
    )


@case("forged", status=ANY)
def message_nested_100000_deep(kit: Kit) -> Any:
    """Sends JSON that is nested a hundred thousand deep, and a value that is."""
    return forged(
        kit,
        """post(frame(b'{"value": ' + b'{"list": [' * 5000 + b']}' * 5000 + b', "buffers": []}'))
post(frame(b"[" * 100000 + b"]" * 100000))""",
    )


@case("forged", status=ANY)
def message_that_never_ends(kit: Kit) -> Any:
    """Sends half a message, then one byte at a time."""
    return forged(
        kit,
        """post(struct.pack(">I", 10_000))
end = time.monotonic() + 50
while time.monotonic() < end:
    post(b"x")
    time.sleep(0.3)""",
    )


@case("forged", status=("timeout", "killed"), words=("time", "second", "stopped"))
def heartbeat_forged(kit: Kit) -> Any:
    """Announces a new step every half second, so that no step ever takes too long."""
    return forged(
        kit,
        """end = time.monotonic() + 80
while time.monotonic() < end:
    post(event(event="begin", step=3, case=0))
    time.sleep(0.5)""",
    )


@case("forged", status=ANY)
def line_closed(kit: Kit) -> Any:
    """Closes every file and socket of its process."""
    return forged(kit, "os.closerange(0, 512)")


@case("forged", status=ANY)
def line_flooded(kit: Kit) -> Any:
    """Sends a hundred megabytes of valid messages."""
    return forged(
        kit,
        """message = event(event="cell", step=1, error="", output="x" * 500_000)
for _ in range(200):
    post(message)""",
    )


@case("forged", probes=("planted", "marks"))
def stored_result_forged(kit: Kit) -> Any:
    """Writes results with full marks to where grading may keep its own."""
    return kit.attack(
        """
import json
result = json.dumps({"learner": "@LEARNER@", "points": 10, "items": [{"id": "17.1", "points": 4, "status": "right"}], "mark": MARK})
for folder in ("@STORE@", "@ROOT@", "@ROOT@/results", os.getcwd(), "/tmp"):
    for name in ("@LEARNER@.json", "result-@CASE@.json", "00/result-@CASE@.json"):
        if os.path.isdir(folder):
            keep(f"{folder}/{name}", result, "w")
"""
    )
