"""Archives of a class with tricks in them: paths that lead out, links, bombs, names that are met twice.

Each holds the right notebooks of two honest learners, `ada` and `zoe`, whose marks must not change.
"""

from __future__ import annotations

import io
import json
import stat
import zipfile
from typing import Any

from tests.hostile.kit import Handed, Kit, case
from tests.hostile.mini_course import FOLDER

HONEST = ("ada", "zoe")
LEARNER = "mallory"


def class_zip(kit: Kit, add: Any) -> Handed:
    """The zip of a class of three; `add(archive, path, notebook)` adds what Mallory hands in at `path`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for learner in HONEST:
            archive.writestr(f"{learner}/{FOLDER}/mini.ipynb", json.dumps(kit.notebooks.right(mark=learner)))
        add(archive, f"{LEARNER}/{FOLDER}/mini.ipynb", json.dumps(kit.wrong()))
    return Handed(archive=buffer.getvalue())


def entry(name: str, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    """An entry's head, with a mode."""
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr, info.compress_type = 3, mode << 16, zipfile.ZIP_DEFLATED
    return info


@case("archives", probes=("planted",), status=())
def zip_with_paths_upwards(kit: Kit) -> Any:
    """Names with "../" that lead out of the folder into which the archive is unpacked."""

    def add(archive: zipfile.ZipFile, path: str, notebook: str) -> None:
        archive.writestr(path, notebook)
        for depth in range(1, 9):
            archive.writestr("../" * depth + f"left-{kit.case}.txt", "plan" + f"ted-{kit.case}")

    return class_zip(kit, add)


@case("archives", probes=("planted",), status=())
def zip_with_absolute_paths(kit: Kit) -> Any:
    """An entry whose name is an absolute path into the course folder, and one with a drive letter."""

    def add(archive: zipfile.ZipFile, path: str, notebook: str) -> None:
        archive.writestr(path, notebook)
        archive.writestr(f"{kit.at['ROOT']}/left-{kit.case}.txt", "plan" + f"ted-{kit.case}")
        archive.writestr(f"C:\\left-{kit.case}.txt", "plan" + f"ted-{kit.case}")

    return class_zip(kit, add)


@case("archives", probes=("other",), readable=False, words=("link",), status=())
def zip_with_a_link_as_notebook(kit: Kit) -> Any:
    """A symbolic link to a classmate's notebook as the learner's own."""

    def add(archive: zipfile.ZipFile, path: str, notebook: str) -> None:
        archive.writestr(entry(path, stat.S_IFLNK | 0o777), f"../../{HONEST[0]}/{FOLDER}/mini.ipynb")

    return class_zip(kit, add)


@case("archives", probes=("planted",), status=())
def zip_that_writes_through_a_link(kit: Kit) -> Any:
    """A link to the course folder, and then an entry behind it."""

    def add(archive: zipfile.ZipFile, path: str, notebook: str) -> None:
        archive.writestr(path, notebook)
        archive.writestr(entry(f"{LEARNER}/out", stat.S_IFLNK | 0o777), kit.at["ROOT"])
        archive.writestr(f"{LEARNER}/out/left-{kit.case}.txt", "plan" + f"ted-{kit.case}")

    return class_zip(kit, add)


@case("archives", readable=False, words=("larger",), status=())
def zip_bomb(kit: Kit) -> Any:
    """A notebook of 300 KB that becomes 300 MB."""

    def add(archive: zipfile.ZipFile, path: str, notebook: str) -> None:
        with archive.open(entry(path), "w", force_zip64=True) as stream:
            stream.write(b'{"cells": ["')
            for _ in range(300):
                stream.write(b" " * 2**20)
            stream.write(b'"]}')

    return class_zip(kit, add)


@case("archives", status=())
def zip_with_20000_entries(kit: Kit) -> Any:
    """Twenty thousand empty files beside the notebook."""

    def add(archive: zipfile.ZipFile, path: str, notebook: str) -> None:
        archive.writestr(path, notebook)
        for number in range(20_000):
            archive.writestr(f"{LEARNER}/{FOLDER}/many/{number}", b"")

    return class_zip(kit, add)


@case("archives", status=())
def zip_with_a_classmates_name(kit: Kit) -> Any:
    """A second entry under a classmate's name, with wrong answers."""

    def add(archive: zipfile.ZipFile, path: str, notebook: str) -> None:
        archive.writestr(path, notebook)
        archive.writestr(f"{LEARNER}/../{HONEST[0]}/{FOLDER}/mini.ipynb", notebook)
        archive.writestr(f"./{HONEST[1]}//{FOLDER}/mini.ipynb", notebook)

    return class_zip(kit, add)


@case("archives", readable=False, words=("cut off",), status=())
def zip_that_is_cut_off(kit: Kit) -> Any:
    """A learner's own archive inside the class's, cut in the middle."""

    def add(archive: zipfile.ZipFile, path: str, notebook: str) -> None:
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w") as mine:
            mine.writestr("mini.ipynb", notebook)
        archive.writestr(f"{LEARNER}/{FOLDER}/mini.zip", inner.getvalue()[: len(inner.getvalue()) // 2])

    return class_zip(kit, add)
