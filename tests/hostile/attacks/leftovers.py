"""Leftovers for the next submission: one learner leaves an answer or a trap, an accomplice or the honest next one finds it."""

from __future__ import annotations

from typing import Any

from tests.hostile.kit import NO_GAIN, NOTEBOOK, Handed, Kit, case

RIGHT = "def weighted_mean(values, weights):\n    return sum(v * w for v, w in zip(values, weights)) / sum(weights)\n"


def pair(kit: Kit, first: str, second: str) -> Handed:
    """A learner who leaves something, and one who uses it."""
    return Handed({NOTEBOOK: kit.attack(first)}, accomplice={NOTEBOOK: kit.attack(second)})


@case("leftovers", probes=("accomplice",))
def answer_in_a_temporary_file(kit: Kit) -> Any:
    """Leaves the answer in temporary folders; the accomplice runs it."""
    places = "('/tmp/answer-@CASE@.py', '/dev/shm/answer-@CASE@.py', '/var/tmp/answer-@CASE@.py', '@LOOT@/answer-@CASE@.py', os.path.expanduser('~/answer-@CASE@.py'))"
    return pair(
        kit,
        f'\nfor path in {places}:\n    keep(path, """{RIGHT}""", "w")\n',
        f"\nfor path in {places}:\n    if os.path.exists(path):\n        exec(open(path).read())\n",
    )


@case("leftovers", probes=("accomplice", "leftover"))
def answer_on_a_port(kit: Kit) -> Any:
    """Leaves a daemon that serves the answer on a local port; the accomplice asks it."""
    serve = """
import socket, subprocess, sys
code = '''import socket, time  # leftover-@CASE@
server = socket.socket(); server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", 47317)); server.listen(); server.settimeout(25)
end = time.monotonic() + 25
while time.monotonic() < end:
    line, _ = server.accept()
    line.sendall(b"right"); line.close()
'''
subprocess.Popen([sys.executable, "-c", code], start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
"""
    ask = f"""
import socket
with socket.create_connection(("127.0.0.1", 47317), timeout=3) as line:
    if line.recv(10) == b"right":
        exec('''{RIGHT}''')
"""
    return pair(kit, serve, ask)


@case("leftovers", probes=("accomplice",))
def answer_in_shared_memory(kit: Kit) -> Any:
    """Leaves the answer in System V shared memory and in a named POSIX segment; the accomplice looks there."""
    tools = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
number = libc.shmget(0x47317, 4096, 0o1666)
place = libc.shmat(number, None, 0)
"""
    leave = f'{tools}ctypes.memmove(place, b"right", 6)\n'
    find = f"{tools}if place and ctypes.string_at(place, 5) == b'right':\n    libc.shmctl(number, 0, None)\n    exec('''{RIGHT}''')\n"
    return pair(kit, leave, find)


@case("leftovers", probes=("accomplice",))
def answer_in_the_modules(kit: Kit) -> Any:
    """Leaves the answer in modules that stay loaded; the accomplice looks there."""
    return pair(
        kit,
        f"""
import builtins, collections, json, mini_library
exec('''{RIGHT}''')
for place in (builtins, collections, json, mini_library, os, sys):
    place.left_for_you = weighted_mean
def weighted_mean(values, weights):
    return 0.0
""",
        """
import builtins, collections, json, mini_library
for place in (builtins, collections, json, mini_library, os, sys):
    weighted_mean = getattr(place, "left_for_you", weighted_mean)
""",
    )


@case("leftovers", probes=("next",), status=(*NO_GAIN, "killed"))
def library_poisoned_in_memory(kit: Kit) -> Any:
    """Spoils functions that the next learner's notebook uses, in the modules that stay loaded."""
    return kit.attack(
        """
import builtins, json, math, mini_library
def spoilt(*args, **kwargs):
    raise RuntimeError("spoilt")
mini_library.as_numbers = spoilt
math.fsum = json.dumps = builtins.sorted = spoilt
import random
random.seed = random.random = spoilt
"""
    )


@case("leftovers", probes=("next", "planted"))
def library_poisoned_on_disk(kit: Kit) -> Any:
    """Writes a spoilt compiled copy of the library, and a module that is found before it."""
    return kit.attack(
        """
import importlib.util, marshal, mini_library
path = mini_library.__file__
code = compile("raise RuntimeError('" + MARK + "')", path, "exec")
info = os.stat(path)
raw = importlib.util.MAGIC_NUMBER + (0).to_bytes(4, "little") + int(info.st_mtime).to_bytes(4, "little") + info.st_size.to_bytes(4, "little") + marshal.dumps(code)
cached = importlib.util.cache_from_source(path)
os.makedirs(os.path.dirname(cached), exist_ok=True)
with open(cached, "wb") as stream:
    stream.write(raw)
"""
    )


@case("leftovers", probes=("next", "planted"))
def module_shadowed(kit: Kit) -> Any:
    """Leaves modules named json.py and mini_library.py in every folder that may come first on the next one's path."""
    return kit.attack(
        """
for folder in (os.getcwd(), os.path.expanduser("~"), "@ROOT@", "@ROOT@/submitted", *sys.path):
    if folder and os.path.isdir(folder) and "site-packages" not in folder and "lib/python" not in folder:
        for name in ("mini_library_local.py", "sitecustomize.py"):
            keep(os.path.join(folder, name), f"# {MARK}")
"""
    )


@case("leftovers", probes=("next",))
def time_and_randomness_spoilt(kit: Kit) -> Any:
    """Sets environment variables, the working folder, limits, the clock's zone and random seeds for those who come after."""
    return kit.attack(
        """
import resource, random, signal, time
os.environ.update(PYTHONSTARTUP="/tmp/x-@CASE@", PYTHONPATH="/nowhere", LD_PRELOAD="/nowhere.so", TZ="Antarctica/Troll")
os.chdir("/")
os.umask(0o777)
random.seed(0)
resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
sys.setrecursionlimit(120)
"""
    )
