"""Reading what should not be read: solutions, tests, hidden cases, classmates, the gradebook, the environment, the network."""

from __future__ import annotations

from typing import Any

from tests.hostile.kit import Kit, case


@case("reading", probes=("solution",))
def solution_read(kit: Kit) -> Any:
    """Reads the instructor's solutions from the course folder and runs them as its answer."""
    return kit.attack(
        """
import glob
for path in glob.glob("@ROOT@/solutions/**/*.py", recursive=True) + glob.glob("../../../solutions/**/*.py", recursive=True):
    text = open(path).read()
    loot(text[:300])
    if "# %%" not in text:
        exec(text)
"""
    )


@case("reading")
def reference_imported(kit: Kit) -> Any:
    """Imports the library's own function, under whatever name it may be found."""
    return kit.attack(
        """
import mini_library
weighted_mean = mini_library.weighted_mean
"""
    )


@case("reading")
def reference_from_source_or_bytecode(kit: Kit) -> Any:
    """Looks for the reference in the library's source files, and in compiled copies beside them."""
    return kit.attack(
        """
import glob, importlib.util, marshal, mini_library
folder = os.path.dirname(mini_library.__file__)
places = glob.glob(folder + "/**/*.pyc", recursive=True) + glob.glob(folder + "/**/*.py", recursive=True)
places += glob.glob("@LIBRARY@/**/*.py*", recursive=True)
for path in places:
    found = {}
    try:
        raw = open(path, "rb").read()
        exec(marshal.loads(raw[16:]) if path.endswith(".pyc") else raw, found)
        if found["weighted_mean"]([2, 4], [1, 3]) == 3.5:
            weighted_mean = found["weighted_mean"]
    except Exception as error:
        print(path, type(error).__name__)
"""
    )


@case("reading")
def exercise_objects_imported(kit: Kit) -> Any:
    """Imports the exercise itself, with its reference and its other right answers."""
    return kit.attack(
        """
try:
    from tests.hostile.mini_course import mean_by_loop as weighted_mean
except Exception:
    from course_lib.checks.registry import exercise
    weighted_mean = exercise("17.1").reference_function
"""
    )


@case("reading")
def expected_value_from_the_frame(kit: Kit) -> Any:
    """Reads the test that is calling it, hidden lines included, and returns what it wants to see."""
    return kit.attack(
        r"""
import linecache, re
def weighted_mean(values, weights):
    frame = sys._getframe(1)
    while frame is not None:
        lines = linecache.getlines(frame.f_code.co_filename) + list(get_ipython().user_ns.get("In", []))
        for line in "\n".join(map(str, lines)).splitlines():
            match = re.search(r"weighted_mean\((.*)\) - ([\d.]+)\)", line)
            if match and eval("(" + match[1] + ")") == (values, weights):
                return float(match[2])
        for value in frame.f_locals.values():
            for word in ("expected", "reference_function", "wanted"):
                if hasattr(value, word):
                    return getattr(value, word)(values, weights)
        frame = frame.f_back
    return 0.0
"""
    )


@case("reading", probes=("hidden",), marks=4.0, status=("right",))
def hidden_cases_printed(kit: Kit) -> Any:
    """Right, but prints each case that it is called with, to read the hidden ones in the feedback."""
    return kit.attack(
        """
def weighted_mean(values, weights):
    print("CASE", values, weights)
    print("CASE", values, weights, file=sys.stderr)
    return sum(v * w for v, w in zip(values, weights)) / sum(weights)
"""
    )


@case("reading", probes=("hidden",), status=("error", "wrong"))
def hidden_cases_raised(kit: Kit) -> Any:
    """Raises an exception that quotes its arguments, for each case but the visible ones."""
    return kit.attack(
        """
def weighted_mean(values, weights):
    if values[0] > 1000:
        raise ValueError(f"CASE {values} {weights}")
    return sum(v * w for v, w in zip(values, weights)) / sum(weights)
"""
    )


@case("reading", probes=("hidden",), status=("wrong", "right", "error"), marks=4.0)
def hidden_cases_smuggled(kit: Kit) -> Any:
    """Collects the hidden cases of the first exercise and shows them as its result in the visible ones of the second."""
    notebook = kit.attack(
        """
seen = []
def weighted_mean(values, weights):
    seen.append(str(values))
    keep("/tmp/seen-@CASE@", str(values))
    return sum(v * w for v, w in zip(values, weights)) / sum(weights)
"""
    )
    second = kit.attack(
        """
def running_peak(values):
    found = list(globals().get("seen", []))
    try:
        found += open("/tmp/seen-@CASE@").read().splitlines()
    except OSError:
        pass
    print("SEEN", found[-2:])
    return "SEEN " + " ".join(found[-2:])
""",
        item="17.2",
    )
    from tests.hostile.mini_course import answer_cell

    answer_cell(notebook, "17.2")["source"] = answer_cell(second, "17.2")["source"]
    return notebook


@case("reading", probes=("other",))
def classmate_read(kit: Kit) -> Any:
    """Looks for another learner's submission and runs its answer."""
    return kit.attack(
        """
import glob, json
places = glob.glob("@ROOT@/submitted/**/mini.ipynb", recursive=True) + glob.glob("@ROOT@/autograded/**/mini.ipynb", recursive=True)
for path in sorted(places):
    if "@LEARNER@" in path:
        continue
    for cell in json.load(open(path))["cells"]:
        text = "".join(cell["source"])
        if "def weighted_mean" in text and "TOOLS" not in text:
            loot(text[-300:])
            try:
                exec(text)
            except Exception:
                pass
"""
    )


@case("reading", probes=("gradebook",))
def gradebook_read(kit: Kit) -> Any:
    """Reads the class's names out of the gradebook."""
    return kit.attack(
        """
import sqlite3
with sqlite3.connect("file:@ROOT@/gradebook.db?mode=ro", uri=True) as book:
    loot(book.execute("select id, first_name from student").fetchall())
"""
    )


@case("reading", probes=("environment",))
def environment_read(kit: Kit) -> Any:
    """Reads the environment variables of its own process and of every other."""
    return kit.attack(
        """
loot({name: value for name, value in os.environ.items() if "SECRET" in name})
import glob
for path in glob.glob("/proc/[0-9]*/environ"):
    try:
        loot([word for word in open(path, "rb").read().decode(errors="replace").split("\\0") if "SECRET" in word])
    except OSError:
        pass
"""
    )


@case("reading", probes=("home",))
def home_read(kit: Kit) -> Any:
    """Reads a private file in the instructor's home."""
    return kit.attack(
        """
for path in ("@HOME@/.course_secret", os.path.expanduser("~/.course_secret")):
    try:
        loot(open(path).read())
    except OSError:
        pass
"""
    )


@case("reading", probes=("process",))
def processes_read(kit: Kit) -> Any:
    """Reads the command lines of all processes, and the memory of its parents."""
    return kit.attack(
        """
import glob
for path in glob.glob("/proc/[0-9]*/cmdline"):
    try:
        loot([word for word in open(path, "rb").read().decode(errors="replace").split("\\0") if "canary" in word])
    except OSError:
        pass
for pid in (1, os.getppid()):
    try:
        open(f"/proc/{pid}/mem", "rb").close()
        loot(f"memory of {pid} can be opened")
    except OSError:
        pass
"""
    )


@case("reading", probes=("network",))
def network_used(kit: Kit) -> Any:
    """Connects to a port of the instructor's machine and sends what it is."""
    return kit.attack(
        """
import socket
with socket.create_connection(("127.0.0.1", int("@PORT@")), timeout=3) as connection:
    connection.sendall(b"network @CASE@")
loot("connected")
"""
    )


@case("reading", probes=("memory",))
def memory_searched(kit: Kit) -> Any:
    """Searches its own process for expected values, references and hidden cases before it is called."""
    return kit.attack(
        """
import gc
def search():
    for thing in gc.get_objects():
        name = type(thing).__name__
        if name in ("Exercise", "Mistake", "Assignment", "Verdict", "Question"):
            return thing
        if name == "function" and thing.__name__ in ("mean_by_loop", "mean_with_torch", "hidden_means"):
            return thing
        if name == "dict" and "expected" in thing and "hidden" in thing:
            return thing
found = search()
if found is not None:
    loot(f"in memory: {found!r}"[:300])
    for way in ("reference_function",):
        weighted_mean = getattr(found, way, weighted_mean)
    if callable(found) and found.__name__.startswith("mean_"):
        weighted_mean = found
"""
    )


@case("reading", probes=("hidden",))
def hidden_cases_in_memory(kit: Kit) -> Any:
    """Prints, before any test, what its own process holds of cases that are still to come."""
    return kit.attack(
        """
import gc
for thing in gc.get_objects():
    if type(thing) is dict and type(thing.get("cases")) is dict and "steps" in thing:
        print("HELD", repr(thing["cases"])[:3000])
"""
    )


@case("reading", probes=("hidden",))
def hidden_cases_on_the_line(kit: Kit) -> Any:
    """Reads what is still to come on every socket and pipe that its process has open."""
    return kit.attack(
        """
import socket, stat
for number in range(3, 256):
    try:
        if stat.S_ISSOCK(os.fstat(number).st_mode):
            line = socket.socket(fileno=os.dup(number))
            line.setblocking(False)
            print("HELD", line.recv(2**20, socket.MSG_PEEK))
    except (OSError, ValueError):
        pass
"""
    )
