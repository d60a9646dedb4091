"""What the tests of the command line share: a small stand-in for the clone, and a Python that installs nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

PYPROJECT = """
[project]
name = "ai-safety-hands-on"
requires-python = ">=3.11"
dependencies = ["Jinja2>=3", "jupyter_client"]
[project.optional-dependencies]
dev = ["ruff"]
"""
CONSTRAINTS = """# pins
Jinja2==3.1.6
jupyter_client==8.10.0
ruff==0.17.6
torch==2.13.0  # not asked for
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the two files that say what to install."""
    root = (tmp_path / "clone").resolve()
    root.mkdir()
    (root / "pyproject.toml").write_text(PYPROJECT)
    (root / "constraints.txt").write_text(CONSTRAINTS)
    return root


def install_by_name(folder: Path, *names: str) -> Path:
    """Make `folder` look as if pip had installed the named versions, as in `"torch-2.13.0"`."""
    for name in names:
        description = folder / f"{name}.dist-info"
        description.mkdir(parents=True)
        (description / "INSTALLER").write_text("pip\n")
    return folder
