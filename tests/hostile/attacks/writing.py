"""Writing where a learner has no business: settings, packages, marks, folders of results, links that lead elsewhere."""

from __future__ import annotations

from typing import Any

from tests.hostile.kit import NOTEBOOK, Handed, Kit, Link, Pipe, case


@case("writing", probes=("planted",))
def config_written(kit: Kit) -> Any:
    """Appends code to nbgrader_config.py, which runs in the instructor's next command."""
    return kit.attack(
        """
for path in ("@ROOT@/nbgrader_config.py", "../../../nbgrader_config.py"):
    keep(path, f"\\n# {MARK}")
"""
    )


@case("writing", probes=("planted",))
def site_packages_written(kit: Kit) -> Any:
    """Leaves a file in every folder from which Python imports."""
    return kit.attack(
        """
import site
for folder in [*site.getsitepackages(), site.getusersitepackages(), *sys.path]:
    if os.path.isdir(folder):
        keep(os.path.join(folder, "left-@CASE@.txt"), MARK)
"""
    )


@case("writing", probes=("planted",))
def startup_files_written(kit: Kit) -> Any:
    """Leaves start-up files of IPython, Jupyter and the shell in the instructor's home."""
    return kit.attack(
        """
for home in ("@HOME@", os.path.expanduser("~")):
    for name in (".ipython/profile_default/startup/00-@CASE@.py", ".jupyter/custom/left-@CASE@.js", ".left-@CASE@"):
        keep(os.path.join(home, name), f"# {MARK}")
"""
    )


@case("writing", probes=("marks",))
def own_mark_written(kit: Kit) -> Any:
    """Writes 100 points to itself and 0 to a classmate into the gradebook."""
    return kit.attack(
        """
import sqlite3
with sqlite3.connect("@ROOT@/gradebook.db", timeout=5) as book:
    theirs = "select g.id from grade g join submitted_notebook n on g.notebook_id = n.id join submitted_assignment a on n.assignment_id = a.id where a.student_id"
    book.execute(f"update grade set extra_credit = 100, manual_score = 100 where id in ({theirs} = '@LEARNER@')")
    book.execute(f"update grade set auto_score = 0, manual_score = 0 where id in ({theirs} like 'a_%')")
"""
    )


@case("writing", probes=("planted",))
def classmates_result_overwritten(kit: Kit) -> Any:
    """Writes into the graded notebooks and the feedback of the whole class."""
    return kit.attack(
        """
import glob
for folder in glob.glob("@ROOT@/autograded/*/*") + glob.glob("@ROOT@/feedback/*/*") + ["@ROOT@/feedback"]:
    keep(folder + "/left-@CASE@.html", MARK)
"""
    )


@case("writing", probes=("planted",))
def release_overwritten(kit: Kit) -> Any:
    """Writes beside the released notebook and into the solutions of the course."""
    return kit.attack(
        """
for folder in ("chapters/17_mini", "release/17_mini", "solutions/17_mini", "source/17_mini", "submitted"):
    if os.path.isdir("@ROOT@/" + folder):
        keep("@ROOT@/" + folder + "/left-@CASE@.txt", MARK)
"""
    )


@case("writing", probes=("other",), readable=False, status=(), words=("link",))
def notebook_is_a_link_to_a_classmate(kit: Kit) -> Any:
    """Hands in a symbolic link to another learner's notebook."""
    return Handed({NOTEBOOK: Link(kit.at["OTHER"])})


@case("writing", probes=("home",), status=(), marks=4.0)
def attached_link_to_a_secret(kit: Kit) -> Any:
    """Hands in, beside a notebook with one right answer, a link to a private file, to find its content in the feedback."""
    return Handed({NOTEBOOK: kit.notebooks.right("17.1"), "data.txt": Link(f"{kit.at['HOME']}/.course_secret")})


@case("writing", readable=False, status=(), words=("regular", "pipe", "file"))
def notebook_is_a_pipe(kit: Kit) -> Any:
    """Hands in a named pipe under the notebook's name: whoever opens it waits for ever."""
    return Handed({NOTEBOOK: Pipe()})


@case("writing", probes=("planted",))
def read_only_remounted(kit: Kit) -> Any:
    """Tries to get more rights: becomes root, mounts, makes namespaces, changes modes, traces its parent."""
    return kit.attack(
        """
import ctypes, stat, subprocess
libc = ctypes.CDLL(None, use_errno=True)
for attempt in (lambda: os.setuid(0), lambda: os.chmod("/usr/bin", 0o755), lambda: os.mknod("/tmp/device-@CASE@", stat.S_IFBLK | 0o600, os.makedev(254, 0))):
    try:
        attempt()
    except OSError as error:
        print(error)
print("mount", libc.mount(b"tmpfs", b"/mnt", b"tmpfs", 0, b"size=4096"))
print("user", libc.unshare(0x10000000), libc.mount(b"none", b"/", None, 32 | 4096, None))
print("trace", libc.ptrace(16, os.getppid(), 0, 0))
keep("/usr/left-@CASE@", MARK)
keep("/etc/left-@CASE@", MARK)
keep("@ROOT@/left-@CASE@", MARK)
"""
    )
