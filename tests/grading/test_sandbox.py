"""The wall and what stands behind it. Each test asks from inside, as learner code would."""

import os
import time
from pathlib import Path

import pytest

from course_lib.errors import CourseError
from course_lib.grading import bubblewrap
from course_lib.grading.bubblewrap import Place
from course_lib.grading.limits import Group, Limits, sandbox_program
from course_lib.grading.sandbox import Ended, Sandbox, SandboxDied
from course_lib.grading.seal import sealed_copy

needs_bubblewrap = pytest.mark.skipif(sandbox_program() is None, reason="bubblewrap is not installed")
pytestmark = [needs_bubblewrap, pytest.mark.xdist_group("sandbox")]
LIMITS = Limits(step_seconds=20, memory=2**30)


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    sealed = sealed_copy(tmp_path_factory.mktemp("sealed"), [])
    place = Place(("/course",), ((str(sealed), "/course"),), modules=("IPython.core.interactiveshell",))
    with Sandbox(place) as found:
        yield found


def play(box, *cells, limits=LIMITS):
    job = {"steps": [("cell", f"c{i}", cell) for i, cell in enumerate(cells)], "skip": [], "cases": {}}
    *events, ended = box.run(job, limits)
    assert isinstance(ended, Ended)
    return [event for event in events if event["event"] == "cell"], ended


def printed(box, cell, limits=LIMITS):
    (event,), ended = play(box, cell, limits=limits)
    assert ended.how == "done"
    assert event["error"] == ""
    return event["output"].strip()


def test_cells_run_as_in_jupyter(box):
    events, ended = play(box, "x = 20", "%time y = x + 1", "x + y", "1 / 0", "print('on')")
    assert ended.how == "done"
    assert [event["error"] for event in events] == ["", "", "", "ZeroDivisionError: division by zero", ""]
    assert "41" in events[2]["output"]
    assert events[4]["output"] == "on\n"


def test_nobody_with_no_rights(box):
    said = printed(box, "import os; print(os.getuid(), os.getpid(), open('/proc/self/status').read())")
    assert said.startswith("65534 1 ")
    assert "CapEff:\t0000000000000000" in said
    assert "CapBnd:\t0000000000000000" in said
    assert "NoNewPrivs:\t1" in said


def test_no_network(box):
    said = printed(
        box,
        "import socket\ntry: socket.create_connection(('192.0.2.1', 80), timeout=3); print('open')\n"
        "except OSError as e: print(e)\nprint(socket.if_nameindex())",
    )
    assert "unreachable" in said
    assert said.endswith("[(1, 'lo')]")


def test_nothing_of_the_project_or_the_home_is_there(box):
    here = Path(__file__).resolve().parents[2]
    said = printed(
        box,
        f"import os\nfor path in ({str(here)!r}, {str(Path.home())!r}, '/etc/passwd', '/etc/shadow'):\n"
        "    try: print(path, sorted(os.listdir(path)) if os.path.isdir(path) else open(path).read(9))\n"
        "    except OSError as e: print(path, type(e).__name__)",
    )
    assert "solutions" not in said
    assert "chapters" not in said
    assert "root:" not in said


def test_environment_is_empty_of_secrets(box, monkeypatch):
    monkeypatch.setenv("A_SECRET", "x")
    assert "A_SECRET" not in printed(box, "import os; print(dict(os.environ))")


def test_nothing_can_be_written_but_scratch_which_is_gone_afterwards(box):
    where = ("/tmp", "/dev/shm", "/home/learner", "/", "/home", "/course", "/run", "/usr", "/etc", "/proc")
    write = (
        f"for path in {where}:\n    try: open(path + '/left', 'w').write('x'); print(path)\n    except OSError: pass"
    )
    assert printed(box, write).split() == ["/tmp", "/dev/shm", "/home/learner"]
    assert printed(box, f"import os\nfor path in {where}:\n    if os.path.exists(path + '/left'): print(path)") == ""


PEEP = """
import os
for pid in range(2, 400):
    try:
        os.kill(pid, 9)
        print("killed", pid)
    except OSError:
        pass
for name in [name for name in os.listdir("/proc") if name.isdigit() and name != os.readlink("/proc/self")]:
    for file in ("mem", "environ", "maps"):
        try:
            print("read", file, open(f"/proc/{name}/{file}", "rb").read(1))
        except OSError:
            pass
    for file in ("root", "cwd", "fd/3"):
        try:
            print("followed", file, os.readlink(f"/proc/{name}/{file}"))
        except OSError:
            pass
"""


def test_other_processes_cannot_be_killed_or_read(box):
    assert printed(box, PEEP) == ""
    assert printed(box, "print('alive')") == "alive"


@pytest.mark.parametrize(
    ("cell", "how"),
    [
        ("import os; os._exit(3)", "died"),
        ("import ctypes; ctypes.string_at(0)", "died"),
        ("while True:\n    try:\n        while True: pass\n    except BaseException: pass", "timeout"),
        ("import signal, time\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 60))\ntime.sleep(1000)", "timeout"),
        ("import time, os\nif os.fork() == 0: time.sleep(1000)\nos._exit(0)", "died"),
    ],
)
def test_ends_of_all_kinds_are_seen_and_the_next_one_runs(box, cell, how):
    begin = time.monotonic()
    _, ended = play(box, cell, limits=Limits(step_seconds=3))
    assert ended.how == how
    assert time.monotonic() - begin < 60
    assert printed(box, "print('alive')") == "alive"


def test_memory_is_bounded(box):
    events, _ = play(box, "x = bytearray(3 * 2**30)", "print('on')")
    assert events[0]["error"].startswith("MemoryError")


FILL = """
n = 0
try:
    for i in range(99):
        with open(f"/tmp/{i}", "wb") as stream:
            stream.write(b"x" * 2**24)
            n += 16
except OSError as error:
    print(type(error).__name__)
print(n <= 256)
"""
BOMB = """
import os, time
n = 0
try:
    for i in range(300):
        if os.fork() == 0:
            time.sleep(5)
            os._exit(0)
        n += 1
except OSError:
    pass
print(n)
"""
FLOOD = """
import os, stat
for descriptor in range(3, 64):
    try:
        while stat.S_ISSOCK(os.fstat(descriptor).st_mode):
            os.write(descriptor, bytes([1, 0, 0, 0]) + b"x" * 2**24)
    except OSError:
        pass
"""
LISTEN = """
import socket, time
listener = socket.socket(socket.AF_UNIX)
listener.bind(chr(0) + "meet")
listener.listen()
time.sleep(3)
"""
CONNECT = """
import socket
caller = socket.socket(socket.AF_UNIX)
try:
    caller.connect(chr(0) + "meet")
    print("met")
except OSError:
    print("alone")
"""


def test_disk_is_bounded(box):
    assert printed(box, FILL) == "OSError\nTrue"


def test_processes_are_bounded(box):
    said = printed(box, BOMB)
    group = Group("try", LIMITS)
    group.remove()
    if os.geteuid() == 0 and not group.folders:
        pytest.skip("root, and no control group can be made here")
    assert int(said) < 100


def test_output_is_cut_and_a_flood_of_messages_is_stopped(box):
    (event,), _ = play(box, "print('x' * 10**7)")
    assert len(event["output"]) == LIMITS.output
    _, ended = play(box, FLOOD)
    assert ended.how in ("flood", "nonsense", "died")  # by which side notices first
    assert printed(box, "print('alive')") == "alive"


def test_two_at_a_time_do_not_meet(box):
    import threading

    first = threading.Thread(target=lambda: play(box, LISTEN))
    first.start()
    time.sleep(1)
    assert printed(box, CONNECT) == "alone"
    first.join()


def test_a_dead_warm_process_is_an_exception_and_a_new_one_starts(tmp_path):
    sealed = sealed_copy(tmp_path, [])
    place = Place(("/course",), ((str(sealed), "/course"),), modules=())
    with Sandbox(place) as first:
        os.kill(first.pid, 9)
        with pytest.raises(SandboxDied):
            play(first, "1")
        assert first.dead
    with Sandbox(place) as second:
        assert printed(second, "print('new')") == "new"


def test_without_bubblewrap_it_refuses_and_says_what_to_do(monkeypatch):
    monkeypatch.setattr(bubblewrap, "sandbox_program", lambda: None)
    with pytest.raises(CourseError, match=r"bubblewrap.*--no-sandbox"):
        Sandbox(Place((), ()))


def test_a_place_that_does_not_exist_is_one_sentence(tmp_path):
    with pytest.raises(CourseError, match="The sandbox does not start"):
        Sandbox(Place(("/course",), ((str(tmp_path / "none"), "/course"),)))


def test_trusted_code_runs_without_a_sandbox(tmp_path):
    sealed = sealed_copy(tmp_path, [])
    place = Place(("/course",), ((str(sealed), "/course"),), modules=())
    with Sandbox(place, confined=False) as bare:
        assert printed(bare, "import os; print(os.getuid())") == str(os.getuid())


def test_nothing_is_left_in_the_control_groups(box):
    play(box, "1")
    left = [path for base in Path("/sys/fs/cgroup").glob("*") for path in base.glob(f"**/course-{os.getpid()}-*")]
    assert left == []
