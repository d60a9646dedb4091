"""What plain nbgrader does with every submission of the suite; recorded once, with its version, in `baseline.json`.

    python -m tests.hostile.baseline                  # records all; about half an hour on two busy cores
    python -m tests.hostile.baseline endless_loop     # records some again

Stock nbgrader: its own settings, its own preprocessors, a notebook whose tests are assert statements with hidden ones
among them. Only the time of one cell is lowered from 30 to 10 seconds, so that recording ends. A class of two is graded
at a time: the submission of the case, and behind it an honest one; a third, before, has its marks already. The home, the
course and the packages are throw-away copies, and around all of it is a wall (bubblewrap) that keeps the machine on which
it is recorded out of it: nbgrader itself runs as it always does. 2 GB and 60 seconds for each case.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Any

from tests.hostile.canaries import Canaries, end_leftovers, hand_in
from tests.hostile.cases import CASES
from tests.hostile.kit import Case, Kit
from tests.hostile.mini_course import (
    FOLDER,
    FULL,
    HERE,
    LIBRARY,
    PLAIN_HIDDEN,
    PROJECT,
    make_course,
    notebooks_of,
    plain_source,
)

RECORD = HERE / "baseline.json"
BEFORE, LEARNER, ACCOMPLICE, BEHIND = "a_before", "m_hostile", "n_accomplice", "z_behind"
SECONDS, MEMORY = 60, 2 * 2**30
CONFIG = "c = get_config()\nc.Execute.timeout = 10\n"
ZIP_PATTERN = r".*/(?P<student_id>\w+)/17_mini/.*?(?P<file_id>\w+)\.ipynb"


def main() -> None:
    """Record, or go on with recording."""
    parser = argparse.ArgumentParser(description="Records what plain nbgrader does.")
    parser.add_argument("cases", nargs="*")
    parser.add_argument("--into", type=Path, default=RECORD, help="the file")
    parser.add_argument("--inside", type=Path)
    chosen = parser.parse_args()
    if chosen.inside:
        record_inside(chosen.inside, chosen.cases)
        return
    names = chosen.cases or list(CASES)
    with tempfile.TemporaryDirectory(prefix="baseline-") as folder:
        base = Path(folder)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", base / "venv"], check=True)
        own = next((base / "venv" / "lib").glob("python*/site-packages"))
        (own / "stock.pth").write_text("\n".join(path for path in sys.path if path.endswith("site-packages")))
        (base / "out").mkdir()
        while left := [name for name in names if not (base / "out" / f"{name}.json").exists()]:
            before = sorted((base / "out").iterdir())
            subprocess.run(walled(base, left), check=False, env=clean_environment(base))
            if sorted((base / "out").iterdir()) == before:
                raise SystemExit("The recorder does not start; see above.")
        record = json.loads(chosen.into.read_text()) if chosen.into.exists() else {"cases": {}}
        record |= json.loads((base / "out" / "versions").read_text())
        record["command"] = "python -m tests.hostile.baseline"
        for name in names:
            record["cases"][name] = json.loads((base / "out" / f"{name}.json").read_text())
        record["cases"] = {name: record["cases"][name] for name in CASES if name in record["cases"]}
        chosen.into.write_text(json.dumps(record, indent=1) + "\n")


def walled(base: Path, names: list[str]) -> list[str]:
    """The command that records inside of the wall."""
    python = str(base / "venv" / "bin" / "python")
    inside = [python, "-m", "tests.hostile.baseline", "--inside", str(base), *names]
    # without capabilities: whoever has them can take a read-only mount back
    wall = ["bwrap", "--unshare-user", "--uid", "0", "--gid", "0", "--cap-drop", "ALL", "--disable-userns"]
    wall += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--tmpfs", "/var/tmp"]
    wall += ["--tmpfs", "/dev/shm", "--bind", str(base), str(base), "--ro-bind", str(PROJECT), str(PROJECT)]
    wall += ["--unshare-pid", "--unshare-net", "--unshare-ipc"]
    return [*wall, "--die-with-parent", "--chdir", str(PROJECT), "--", *inside]


def clean_environment(base: Path) -> dict[str, str]:
    """What nbgrader sees: a home of its own, and the stock programs."""
    stock = Path(sys.prefix)
    return {
        "HOME": str(base / "home"), "PATH": f"{base}/venv/bin:{stock}/bin:/usr/bin:/bin", "LANG": "C.UTF-8",
        "PYTHONPATH": f"{PROJECT}:{LIBRARY}", "JUPYTER_PATH": f"{stock}/share/jupyter", "OMP_NUM_THREADS": "1",
        "MPLBACKEND": "Agg",
    }  # fmt: skip


# --- inside of the wall ----------------------------------------------------------------------------------------------


def record_inside(base: Path, names: list[str]) -> None:
    """Record cases, one file each."""
    import nbgrader
    import nbgrader.apps.nbgraderapp
    import nbgrader.server_extensions.formgrader

    (base / "out" / "versions").write_text(
        json.dumps({"nbgrader": nbgrader.__version__, "python": sys.version.split()[0]})
    )
    template = base / "template"
    if not (template / "ready").exists():
        shutil.rmtree(template, ignore_errors=True)
        make_template(template)
    for name in names:
        print(f"{time.strftime('%H:%M:%S')} {name}", flush=True)
        tries = base / "out" / f"{name}.tries"
        tries.write_text(tries.read_text() + "x" if tries.exists() else "x")
        if len(tries.read_text()) > 2:
            found: dict[str, Any] = {"ended": "the recorder was killed"}
        else:
            found = record_case(CASES[name], base, template)
        (base / "out" / f"{name}.json").write_text(json.dumps(found))


def make_template(template: Path) -> None:
    """A course whose assignment is released and whose first learner has its marks."""
    template.mkdir()
    ours = template.parent / "ours"
    ours.mkdir(exist_ok=True)
    chapter = make_course(ours)
    (template / "nbgrader_config.py").write_text(CONFIG)
    source = template / "source" / FOLDER
    source.mkdir(parents=True)
    solution = json.loads(chapter.solution.read_bytes())
    (source / "mini.ipynb").write_text(json.dumps(plain_source(solution)))
    shutil.copy(LIBRARY / "mini_library.py", template)
    run(["generate_assignment", FOLDER], template, template / "log")
    kit = template_kit(template, "before", {})
    folder = template / "submitted" / BEFORE / FOLDER
    folder.mkdir(parents=True)
    (folder / "mini.ipynb").write_text(json.dumps(kit.right()))
    run(["autograde", FOLDER], template, template / "log")
    assert marks(template)[BEFORE] == FULL, (template / "log").read_text()[-3000:]
    (template / "ready").touch()


def template_kit(root: Path, case: str, at: dict[str, str]) -> Kit:
    """A kit for the notebook of the plain course."""
    release = json.loads((root / "release" / FOLDER / "mini.ipynb").read_bytes())
    solution = notebooks_solution(root)
    return Kit(case, notebooks_of(release, solution), at)


def notebooks_solution(root: Path) -> dict[str, Any]:
    """The source notebook of the plain course."""
    found: dict[str, Any] = json.loads((root / "source" / FOLDER / "mini.ipynb").read_bytes())
    return found


def record_case(case: Case, base: Path, template: Path) -> dict[str, Any]:
    """Grade one case in a copy of the template."""
    folder = base / "run" / case.name
    shutil.rmtree(folder, ignore_errors=True)
    root, home, library = folder / "course", folder / "home", folder / "library"
    shutil.copytree(template, root)
    shutil.copytree(LIBRARY, library, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "mini_library.py").unlink()
    os.environ |= {"HOME": str(home), "PYTHONPATH": f"{library}:{PROJECT}"}
    with Canaries(root, home, folder / "loot") as canaries:
        other = root / "submitted" / BEFORE / FOLDER / "mini.ipynb"
        other.write_text(other.read_text().replace("# before", f"# {canaries.secrets['other']}"))
        places = canaries.places(LEARNER=LEARNER, LIBRARY=str(library), STORE=str(root), OTHER=str(other), NEARLY="5")
        kit = template_kit(root, case.name, places)
        handed = case.handed(kit)
        begin, names, collected = time.monotonic(), (LEARNER, BEHIND, BEFORE), "done"
        if handed.archive is not None:
            archive = root / "downloaded" / FOLDER / "archive"
            archive.mkdir(parents=True)
            (archive / "class.zip").write_bytes(handed.archive)
            collected = run(
                ["zip_collect", FOLDER, "--force", f"--FileNameCollectorPlugin.named_regexp={ZIP_PATTERN}"],
                root,
                folder / "log",
            )
            names = ("mallory", "zoe", "ada")
        else:
            hand_in(root / "submitted", LEARNER, ACCOMPLICE, handed)
            behind = root / "submitted" / BEHIND / FOLDER
            behind.mkdir(parents=True)
            (behind / "mini.ipynb").write_text(json.dumps(Kit("behind", kit.notebooks, {}).right()))
        ended = run(["autograde", FOLDER], root, folder / "log", SECONDS - (time.monotonic() - begin))
        ended = ended if collected == "done" else f"zip_collect: {collected}"
        seconds = time.monotonic() - begin
        if "script" in case.probes:
            run(["generate_feedback", FOLDER, f"--student={names[0]}"], root, folder / "log")
        found = marks(root)
        probes = [*canaries.reached(case.name), *probed(case, root, names[0], canaries)]
        if any(found.get(ACCOMPLICE, 0.0) > 0 for _ in [0]):
            probes.append("accomplice")
    end_leftovers(f"leftover-{case.name}")
    shutil.rmtree(root / "submitted", ignore_errors=True)
    return {
        "marks": found.get(names[0]), "others": [found.get(names[2]), found.get(names[1])], "probes": sorted(set(probes)),
        "ended": ended, "seconds": round(seconds, 1),
    }  # fmt: skip


def probed(case: Case, root: Path, learner: str, canaries: Canaries) -> list[str]:
    """What the instructor or the learner can read afterwards."""
    outputs, found = [], []
    for path in (root / "autograded" / learner).rglob("*"):
        if path.suffix == ".ipynb":
            with suppress(ValueError, KeyError):
                outputs += [json.dumps(cell.get("outputs")) for cell in json.loads(path.read_text())["cells"]]
        elif path.is_file():
            outputs.append(path.read_text(errors="replace"))
    if "other" in case.probes and case.group == "writing":  # the whole notebook is the classmate's
        outputs += [path.read_text() for path in (root / "autograded" / learner).rglob("*.ipynb")]
    found += canaries.seen(outputs)
    if "hidden" in case.probes and any(number in text for number in PLAIN_HIDDEN for text in outputs):
        found.append("hidden")
    pages = [path.read_text(errors="replace") for path in (root / "feedback" / learner).rglob("*.html")]
    script = f"document.title='script-{case.name}'"
    if any(
        before + script in page
        for page in pages
        for before in ("<script>", 'onerror="', 'onload="', "javascript:", 'javascript">')
    ):
        found.append("script")
    return found


def run(words: list[str], cwd: Path, log: Path, seconds: float = SECONDS) -> str:
    """One command of nbgrader in a fork with limits; how it ended."""
    pid = os.fork()
    if pid == 0:
        code = 97
        try:
            os.setsid()
            os.chdir(cwd)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            resource.setrlimit(resource.RLIMIT_FSIZE, (400 * 2**20, 400 * 2**20))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            from nbgrader.apps.nbgraderapp import NbGraderApp

            with open(log, "a") as stream, redirect_stdout(stream), redirect_stderr(stream):
                try:
                    NbGraderApp.launch_instance(argv=words)
                    code = 0
                except SystemExit as end:
                    code = int(end.code or 0) if isinstance(end.code, int | None) else 1
                except BaseException as error:
                    print(repr(error))
                    code = 98
        finally:
            os._exit(code)
    end = time.monotonic() + max(5.0, seconds)
    while time.monotonic() < end:
        gone, status = os.waitpid(pid, os.WNOHANG)
        if gone:
            code = os.waitstatus_to_exitcode(status)
            return {0: "done"}.get(code, f"killed by signal {-code}" if code < 0 else f"exit code {code}")
        time.sleep(0.05)
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    kill_kernels()
    return f"not ended after {SECONDS} s"


def kill_kernels() -> None:
    """End kernels whose nbgrader has gone; all processes here are of this recording."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if b"ipykernel_launcher" in path.read_bytes():
                os.kill(int(path.parent.name), signal.SIGKILL)


def marks(root: Path) -> dict[str, float | None]:
    """Marks by learner as nbgrader counts them; a learner who was not graded has none."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        graded = {one.student.id: one for one in book.find_assignment(FOLDER).submissions}
        found: dict[str, float | None] = {}
        for learner, one in graded.items():
            done = (root / "autograded" / learner / FOLDER / "mini.ipynb").exists()
            found[learner] = float(one.score) if done else None
    return found


if __name__ == "__main__":
    main()
