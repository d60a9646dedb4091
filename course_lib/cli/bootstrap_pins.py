"""Does an environment hold what the course was tested with?

`constraints.txt` pins every package of every system; `pyproject.toml` names the ones that the course asks for itself.
An environment satisfies the course when everything asked for is there, directly or through another package, and
everything that is there and pinned has its pinned version. A pinned package that is *not* there proves nothing: some
exist on Windows only, some never there.

Two readings of the same question, because one is asked at every start. `differences` looks at folder names only
(`numpy-2.4.6.dist-info` says it all; about 2 ms) and sees direct requirements; `missing_requirements` follows the
requirements of requirements (about 0.1 s) and is asked when there is no stamp to trust, and by the doctor.

The pitfall is the local version label: PyTorch's CPU-only build calls itself 2.13.0+cpu and is 2.13.0 to us (PEP 440).
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path

from course_lib.cli.bootstrap_places import environment_folder

COURSE = "ai-safety-hands-on"


def normal_name(name: str) -> str:
    """A distribution's name in its one normal form (PEP 503).

    Example:
        >>> normal_name("Jupyter_Client")
        'jupyter-client'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def requirement_name(requirement: str) -> str:
    """The name at the front of a requirement.

    Example:
        >>> requirement_name("huggingface_hub[torch]>=2,<3; python_version > '3'")
        'huggingface-hub'
    """
    match = re.match(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)", requirement)
    return normal_name(match.group(1)) if match else ""


def read_pins(constraints: Path) -> dict[str, str]:
    """Name to version for every `name==version` line."""
    lines = [line.split("#")[0].strip() for line in constraints.read_text(encoding="utf-8").splitlines()]
    pairs = [line.split("==") for line in lines if "==" in line]
    return {normal_name(name.strip()): version.strip() for name, version in pairs}


def direct_requirements(pyproject: Path) -> list[str]:
    """The names that the project asks for itself, those for development included."""
    import tomllib

    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    asked = project["dependencies"] + project["optional-dependencies"]["dev"]
    return [requirement_name(requirement) for requirement in asked]


def package_folders(search_path: Iterable[str] | None = None) -> list[Path]:
    """The folders of a search path (by default this Python's) that hold installed packages."""
    entries = sys.path if search_path is None else search_path
    return [Path(entry) for entry in entries if entry.endswith("-packages")]


def installed_versions(folders: Iterable[Path]) -> dict[str, str]:
    """Name to version of every distribution in `folders`, read from the folder names."""
    found: dict[str, str] = {}
    for folder in folders:
        for entry in folder.glob("*.dist-info"):
            name, _, version = entry.name[: -len(".dist-info")].partition("-")
            found.setdefault(normal_name(name), version)
    return found


def same_version(installed: str, pinned: str) -> bool:
    """Whether `installed` is the pinned release, whatever local label it carries.

    Example:
        >>> same_version("2.13.0+cpu", "2.13.0"), same_version("2.13.1", "2.13.0")
        (True, False)
    """
    return installed == pinned or installed.split("+")[0] == pinned


def differences(pins: dict[str, str], needed: Sequence[str], installed: dict[str, str]) -> list[str]:
    """One phrase per package that is missing or has another version than the pinned one; empty when all is well."""
    missing = [f"{name} is missing" for name in needed if name not in installed]
    other = [
        f"{name} is {installed[name]} in place of {version}"
        for name, version in pins.items()
        if name in installed and not same_version(installed[name], version)
    ]
    return missing + other


def nearly_complete(root: Path, packages: Path) -> bool:
    """Whether the folder `packages` holds PyTorch, the largest, and nine in ten of the pinned packages.

    Not all: a pin may belong to another system, and an update changes a few.
    """
    pinned = read_pins(root / "constraints.txt")
    installed = installed_versions([packages])
    n_there = sum(name in installed for name in pinned)
    return 10 * n_there >= 9 * len(pinned) and ("torch" in installed or "torch" not in pinned)


def missing_requirements(needed: Iterable[str]) -> list[str]:
    """Names that `needed`, or anything they need in turn, ask for and this Python does not have."""
    queue, seen, missing = list(needed), set(), []
    while queue:
        name = queue.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            requirements = metadata.distribution(name).requires or []
        except metadata.PackageNotFoundError:
            missing.append(name)
            continue
        queue += [requirement_name(requirement) for requirement in requirements if applies_here(requirement)]
    return sorted(missing)


def applies_here(requirement: str) -> bool:
    """Whether a requirement holds on this system; optional extras do not, nor what cannot be decided yet."""
    _, _, marker = requirement.partition(";")
    if not marker.strip():
        return True
    try:
        from packaging.markers import Marker
    except ModuleNotFoundError:
        return False
    return Marker(marker.strip()).evaluate({"extra": ""})


def half_installed(folder: Path) -> list[str]:
    """Descriptions that an interrupted pip left in `folder`: it writes `INSTALLER` after a package's own files."""
    return sorted(entry.name for entry in folder.glob("*.dist-info") if not (entry / "INSTALLER").exists())


def course_is_installed() -> bool:
    """Whether somebody has installed the course itself into this Python."""
    return COURSE in installed_versions(package_folders())


def problems_here(root: Path) -> list[str]:
    """What this Python lacks for the course that lies in `root`, one phrase each; empty when it satisfies."""
    needed, folders = direct_requirements(root / "pyproject.toml"), package_folders()
    found = differences(read_pins(root / "constraints.txt"), needed, installed_versions(folders))
    known = {phrase.split()[0] for phrase in found}
    found += [f"{name} is missing" for name in missing_requirements(needed) if name not in known]
    own = [folder for folder in folders if environment_folder(root) in folder.resolve().parents]
    return found + [f"{name} is half installed" for folder in own for name in half_installed(folder)]


def satisfied_in(root: Path, python: Path) -> bool:
    """Whether the environment of another interpreter satisfies the course, the course itself included."""
    code = (
        "import sys; from pathlib import Path; from course_lib.cli import bootstrap_pins as pins; "
        "sys.exit(not pins.course_is_installed() or bool(pins.problems_here(Path(sys.argv[1]))))"
    )
    command = [str(python), "-c", code, str(root)]
    return python.exists() and subprocess.run(command, cwd=str(root), capture_output=True).returncode == 0
