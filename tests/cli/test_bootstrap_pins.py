"""Does an environment hold what the course was tested with?"""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from course_lib.cli import bootstrap_pins as pins
from course_lib.cli.bootstrap_needs import OLDEST
from course_lib.cli.bootstrap_places import repository

from .conftest import install_by_name


def test_pins_are_read_without_comments(clone: Path) -> None:
    assert pins.read_pins(clone / "constraints.txt") == {
        "jinja2": "3.1.6",
        "jupyter-client": "8.10.0",
        "ruff": "0.17.6",
        "torch": "2.13.0",
    }


def test_requirements_for_development_are_asked_for_too(clone: Path) -> None:
    assert pins.direct_requirements(clone / "pyproject.toml") == ["jinja2", "jupyter-client", "ruff"]


def test_no_pin_asks_for_a_newer_python_than_the_course_does() -> None:
    """Debian's Python is 3.11.2; a package that wants 3.11.5 makes the whole set of pins impossible there."""
    oldest = "{}.{}.0".format(*OLDEST)
    pinned = pins.read_pins(repository() / "constraints.txt")
    asking = {
        f"{distribution.name} {distribution.version}": distribution.metadata.get("Requires-Python")
        for distribution in metadata.distributions()
        if pins.same_version(distribution.version, pinned.get(pins.normal_name(distribution.name), ""))
    }
    assert len(asking) > 100
    assert {name: asked for name, asked in asking.items() if asked and oldest not in SpecifierSet(asked)} == {}


def test_every_direct_requirement_of_the_course_is_pinned() -> None:
    direct = pins.direct_requirements(repository() / "pyproject.toml")
    assert set(direct) <= set(pins.read_pins(repository() / "constraints.txt"))


@pytest.mark.parametrize(
    ("installed", "expected"),
    [
        (["jinja2-3.1.6", "jupyter_client-8.10.0", "ruff-0.17.6"], []),
        (["Jinja2-3.1.6", "jupyter.client-8.10.0", "ruff-0.17.6", "torch-2.13.0+cpu", "extra-1.0"], []),
        (["jinja2-3.1.6", "ruff-0.17.6"], ["jupyter-client is missing"]),
        (["jinja2-3.1.5", "jupyter_client-8.10.0", "ruff-0.17.6"], ["jinja2 is 3.1.5 in place of 3.1.6"]),
        # A release that begins with the pinned one is another release.
        (["jinja2-3.1.60", "jupyter_client-8.10.0", "ruff-0.17.6"], ["jinja2 is 3.1.60 in place of 3.1.6"]),
        (
            ["jinja2-3.1.6", "jupyter_client-8.10.0", "ruff-0.17.6", "torch-2.12.0"],
            ["torch is 2.12.0 in place of 2.13.0"],
        ),
    ],
)
def test_differences(clone: Path, tmp_path: Path, installed: list[str], expected: list[str]) -> None:
    found = pins.installed_versions([install_by_name(tmp_path / "site-packages", *installed)])
    direct = pins.direct_requirements(clone / "pyproject.toml")
    assert pins.differences(pins.read_pins(clone / "constraints.txt"), direct, found) == expected


def test_folder_names_and_metadata_agree_in_this_environment() -> None:
    from_names = pins.installed_versions(pins.package_folders())
    for distribution in metadata.distributions():
        if Path(str(distribution.locate_file(""))).name == "site-packages":
            assert from_names[pins.normal_name(distribution.metadata["Name"])] == distribution.version


class Distribution:
    """What `importlib.metadata.distribution` gives back, as far as it is asked."""

    def __init__(self, *requires: str) -> None:
        self.requires = list(requires)


INSTALLED = {
    "course": Distribution("middle>=1", "extra-thing; extra == 'all'"),
    "middle": Distribution("deep[fast]<3", "course", "only-on-mars; sys_platform == 'mars'"),
}


def test_requirements_of_requirements_are_followed_even_in_a_circle(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(name: str) -> Distribution:
        if name not in INSTALLED:
            raise metadata.PackageNotFoundError(name)
        return INSTALLED[name]

    monkeypatch.setattr(pins.metadata, "distribution", look_up)
    assert pins.missing_requirements(["course"]) == ["deep"]


def test_a_requirement_for_this_system_applies() -> None:
    assert pins.applies_here("a; sys_platform != 'mars'")
    assert not pins.applies_here("a; sys_platform == 'mars'")
    assert not pins.applies_here("a; extra == 'dev'")
    assert pins.applies_here("a (>=1)")


def test_a_description_without_installer_is_half_installed(tmp_path: Path) -> None:
    install_by_name(tmp_path, "whole-1.0")
    (tmp_path / "half-1.0.dist-info").mkdir()
    (tmp_path / "half-1.0.dist-info" / "METADATA").write_text("Name: half\nVersion: 1.0\n")
    assert pins.half_installed(tmp_path) == ["half-1.0.dist-info"]


def test_problems_here_names_what_is_missing(clone: Path) -> None:
    pyproject = clone / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace('"Jinja2>=3"', '"Jinja2>=3", "no-such-package"'))
    assert "no-such-package is missing" in pins.problems_here(clone)


def test_another_interpreter_is_asked_by_running_it(tmp_path: Path) -> None:
    assert not pins.satisfied_in(repository(), tmp_path / "no" / "python")
    base = Path(sys.base_prefix) / "bin" / "python3"
    if base.exists() and sys.prefix != sys.base_prefix:
        assert not pins.satisfied_in(repository(), base)


def test_an_environment_is_nearly_complete_with_pytorch_and_nine_tenths(clone: Path, tmp_path: Path) -> None:
    (clone / "constraints.txt").write_text("torch==2.13.0\n" + "".join(f"p{n}==1\n" for n in range(9)))
    packages = tmp_path / "packages"
    packages.mkdir()
    assert not pins.nearly_complete(clone, packages)
    install_by_name(packages, *(f"p{n}-1" for n in range(9)))
    assert not pins.nearly_complete(clone, packages)  # nine of ten, and two thirds of the bytes are missing
    install_by_name(packages, "torch-2.13.0")
    assert pins.nearly_complete(clone, packages)
    (packages / "p3-1.dist-info").rename(packages / "gone")
    assert pins.nearly_complete(clone, packages)
