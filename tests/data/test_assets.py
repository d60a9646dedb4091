"""Assets arrive whole and proven, or not at all; and when they are there, nothing is fetched.

pip is real in most of these tests: it takes small wheels, made here, out of a folder, with the network forbidden by
its own settings. Where it has to fail, either it is sent to an address where nobody listens, or its words are recorded.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import subprocess
import sys
import time
import zipfile
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

from course_lib import CourseError
from course_lib.data import assets, cache, wheels
from course_lib.data.assets import Asset, AssetFile, fetch

BIG = bytes(range(256)) * 9000  # 2.3 MB, several chunks
FILES = {
    "toy/data/words.txt": b"one two three\n",
    "toy/big.bin": BIG,
    "toy/__init__.py": b"raise SystemExit('imported')",
}
WHEEL = "toy_data-1.0-py3-none-any.whl"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def make_wheel() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        metadata = "Metadata-Version: 2.1\nName: toy-data\nVersion: 1.0\nRequires-Dist: does-not-exist-anywhere\n"
        for name, content in {
            **FILES,
            "toy_data-1.0.dist-info/METADATA": metadata.encode(),
            "toy_data-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            "toy_data-1.0.dist-info/RECORD": b"",
        }.items():
            archive.writestr(zipfile.ZipInfo(name), content)  # without a date: the same bytes each time
    return buffer.getvalue()


def asset_of(content: bytes, **changes: Any) -> Asset:
    files = tuple(
        AssetFile(name, len(FILES[name]), sha256(FILES[name])) for name in ("toy/data/words.txt", "toy/big.bin")
    )
    entry = {
        "name": "toy", "what": "a toy", "distribution": "toy-data", "version": "1.0", "wheel": WHEEL,
        "bytes": len(content), "sha256": sha256(content), "licence": "MIT", "origin": "here", "files": files,
    }  # fmt: skip
    return Asset(**{**entry, **changes})


class Index:
    """A package index in a folder, a manifest with one asset, and an empty cache."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.monkeypatch = folder / "index", monkeypatch
        self.folder.mkdir()
        monkeypatch.setenv("COURSE_CACHE", str(folder / "cache"))
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_FIND_LINKS", str(self.folder))
        self.offer(make_wheel())
        self.mean(asset_of(make_wheel()))

    def offer(self, wheel: bytes) -> None:
        (self.folder / WHEEL).write_bytes(wheel)

    def mean(self, asset: Asset) -> None:
        self.asset = asset
        self.monkeypatch.setattr(assets, "read_manifest", lambda: {asset.name: asset})

    def left_behind(self) -> list[str]:
        root = cache.cache_dir()
        return sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file() and p.suffix != ".lock")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    return Index(tmp_path, monkeypatch)


def test_only_the_named_files_arrive(index: Index) -> None:
    folder = fetch("toy")
    assert (folder / "toy/data/words.txt").read_bytes() == FILES["toy/data/words.txt"]
    assert (folder / "toy/big.bin").read_bytes() == BIG
    below = "assets/toy-1.0"
    assert index.left_behind() == [f"{below}/complete.json", f"{below}/toy/big.bin", f"{below}/toy/data/words.txt"]


def test_the_second_call_runs_no_pip(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = fetch("toy")
    monkeypatch.setattr(assets, "download_wheel", forbidden)
    assert fetch("toy") == folder


def test_a_cache_that_may_only_be_read_will_do(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = fetch("toy")
    monkeypatch.setattr(assets, "locked", forbidden)
    assert fetch("toy") == folder


def test_a_file_that_was_lost_or_cut_later_is_fetched_again(index: Index) -> None:
    folder = fetch("toy")
    (folder / "toy/big.bin").write_bytes(BIG[:100])
    assert not index.asset.is_cached
    assert (fetch("toy") / "toy/big.bin").read_bytes() == BIG


def test_another_wheel_of_the_same_version_is_fetched_again(index: Index) -> None:
    fetch("toy")
    FILES_2 = make_wheel() + b"\0"  # a zip archive may have bytes behind it
    index.offer(FILES_2)
    index.mean(asset_of(FILES_2))
    assert not index.asset.is_cached
    fetch("toy")
    assert index.asset.is_cached


def test_progress_reaches_the_end(index: Index) -> None:
    steps: list[tuple[str, int, int]] = []
    fetch("toy", lambda *step: steps.append(step))
    big = [(done, total) for what, done, total in steps if what == "Unpacking big.bin"]
    assert big[-1] == (len(BIG), len(BIG))
    assert len(big) > 1
    assert big == sorted(big)


class TestNothingHalfDone:
    def test_wrong_hash(self, index: Index) -> None:
        index.offer(make_wheel() + b"\0")
        with pytest.raises(CourseError, match="is not the file that the course means"):
            fetch("toy")
        assert index.left_behind() == []

    def test_a_wheel_that_was_cut_off(self, index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
        def half(*arguments: Any) -> Path:
            wheel = arguments[3] / WHEEL
            wheel.write_bytes(make_wheel()[:-1000])
            return wheel

        with monkeypatch.context() as patch:
            patch.setattr(assets, "download_wheel", half)
            with pytest.raises(CourseError, match=f"should be {len(make_wheel()):,}"):
                fetch("toy")
        assert index.left_behind() == []
        assert fetch("toy").is_dir()

    def test_wrong_hash_of_a_file_inside(self, index: Index) -> None:
        files = (AssetFile("toy/big.bin", len(BIG), "0" * 64),)
        index.mean(asset_of(make_wheel(), files=files))
        with pytest.raises(CourseError, match="another SHA-256"):
            fetch("toy")
        assert index.left_behind() == []

    def test_a_file_that_is_not_inside(self, index: Index) -> None:
        index.mean(asset_of(make_wheel(), files=(AssetFile("toy/none.bin", 1, "0" * 64),)))
        with pytest.raises(CourseError, match=r"holds no toy/none\.bin"):
            fetch("toy")
        assert index.left_behind() == []

    @pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("power cut")])
    def test_an_interruption_in_the_middle_of_unpacking(
        self, index: Index, monkeypatch: pytest.MonkeyPatch, error: BaseException
    ) -> None:
        def cut(what: str, done: int, total: int) -> None:
            if what == "Unpacking big.bin" and done > total / 2:
                raise error

        with pytest.raises(type(error)):
            fetch("toy", cut)
        assert index.left_behind() == []
        assert (fetch("toy") / "toy/big.bin").read_bytes() == BIG

    def test_a_process_that_was_killed(self, index: Index) -> None:
        code = (
            "import os; from course_lib.data.cache import built_whole, cache_dir, locked\n"
            "folder = cache_dir() / 'assets' / 'toy-1.0'\n"
            "with locked(folder), built_whole(folder, needs=1) as partial:\n"
            "    (partial / 'half').write_text('x'); os._exit(9)"
        )
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
        assert index.left_behind() == ["assets/.toy-1.0.partial/half"]
        fetch("toy")  # neither the dead lock nor the leftovers are in the way
        assert not any("partial" in name for name in index.left_behind())

    def test_a_full_disk_is_known_before_the_download(self, index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
        usage = namedtuple("usage", "total used free")
        monkeypatch.setattr(cache.shutil, "disk_usage", lambda _: usage(10**9, 10**9 - 5 * 10**5, 5 * 10**5))
        monkeypatch.setattr(assets, "download_wheel", forbidden)
        with pytest.raises(CourseError, match=r"too full.* has 0 MB free and 7 MB are needed") as caught:
            fetch("toy")
        assert "COURSE_CACHE" in caught.value.remedy
        assert index.left_behind() == []

    def test_a_disk_that_fills_up_on_the_way(self, index: Index) -> None:
        def full(what: str, done: int, total: int) -> None:
            if what == "Unpacking big.bin":
                raise OSError(errno.ENOSPC, "No space left on device")

        with pytest.raises(CourseError, match="The disk is full"):
            fetch("toy", full)
        assert index.left_behind() == []

    def test_a_cache_that_may_not_be_written(
        self, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "file").touch()
        monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "file"))  # a file where the folder should be
        with pytest.raises(CourseError, match="could not be written"):
            fetch("toy")


def test_two_processes_at_once_fetch_once(index: Index, tmp_path: Path) -> None:
    code = f"""
import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})
import pathlib, test_assets as t
from course_lib.data import assets
asset = t.asset_of(t.make_wheel())
assets.read_manifest = lambda: {{"toy": asset}}
real = assets.download_wheel
def counted(*arguments):
    with open({str(tmp_path / "downloads")!r}, "a") as file: file.write("x")
    return real(*arguments)
assets.download_wheel = counted
assert (assets.fetch("toy") / "toy/big.bin").read_bytes() == t.BIG
"""
    running = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [process.wait(timeout=600) for process in running] == [0, 0, 0]
    assert (tmp_path / "downloads").read_text() == "x"


class TestNoNetwork:
    def test_nobody_listens(self, index: Index, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "pip.conf").write_text("[global]\nindex-url = http://127.0.0.1:9/simple\n")
        for name in [name for name in os.environ if name.startswith("PIP_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
        monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
        monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
        monkeypatch.setenv("PIP_FIND_LINKS", "")
        start = time.monotonic()
        with pytest.raises(CourseError, match="could not be reached") as caught:
            fetch("toy")
        assert "network" in caught.value.remedy
        assert time.monotonic() - start < 60
        assert index.left_behind() == []

    @pytest.mark.parametrize(
        ("line", "problem"),
        [
            ("WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(\"HTTPSConnection(host="
             "'index.example', port=443): Failed to resolve 'index.example' ([Errno -3] Temporary failure in name resol"
             "ution)\")'",
             "could not be reached"),
            ("WARNING: Retrying (Retry(total=0)) after connection broken by 'ReadTimeoutError(\"Read timed out.\")'",
             "could not be reached"),
            ("WARNING: Retrying (Retry(total=0)) after connection broken by 'ProxyError('Cannot connect to proxy.')'",
             "could not be reached"),
            ("WARNING: Retrying after connection broken by 'SSLError(SSLCertVerificationError(1, "
             "'[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed'))'", "could not prove who it is"),
            ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
             "disk became full"),
            ("/usr/bin/python3: No module named pip", "has no pip"),
            ("ERROR: Something that nobody has seen yet", "Something that nobody has seen yet"),
            ("", "does not have toy-data 1.0"),
        ],
    )  # fmt: skip
    def test_pips_words_become_one_sentence(
        self, index: Index, monkeypatch: pytest.MonkeyPatch, line: str, problem: str
    ) -> None:
        # pip ends with the same line whether the network or the package is missing; only the first line differs.
        last = "" if "Something" in line else "ERROR: No matching distribution found for toy-data==1.0"
        monkeypatch.setattr(wheels, "run_pip", lambda *_: (1, [line, last]))
        with pytest.raises(CourseError, match=problem) as caught:
            fetch("toy")
        assert caught.value.remedy
        assert index.left_behind() == []

    def test_a_package_that_does_not_exist(self, index: Index) -> None:
        index.mean(asset_of(make_wheel(), distribution="toy-data-that-is-not-there"))
        with pytest.raises(CourseError, match="does not have toy-data-that-is-not-there"):
            fetch("toy")

    def test_another_file_than_the_list_names(self, index: Index) -> None:
        index.mean(asset_of(make_wheel(), wheel="toy_data-1.0-py3-none-other.whl"))
        with pytest.raises(CourseError, match=f"gave {WHEEL} in place of"):
            fetch("toy")


class TestPip:
    def test_progress_lines_are_numbers_and_the_rest_is_kept(self, tmp_path: Path) -> None:
        lines = "print('Progress 5 of 20\\nProgress 20 of 20\\nSaved it')"
        steps: list[tuple[int, int]] = []
        status, kept = wheels.run_pip(
            [sys.executable, "-c", lines], tmp_path, "x", lambda _, done, total: steps.append((done, total))
        )
        assert (status, steps, kept) == (0, [(5, 20), (20, 20)], ["Saved it"])

    def test_an_interrupted_pip_is_stopped(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        started: list[subprocess.Popen[str]] = []
        real = subprocess.Popen
        monkeypatch.setattr(wheels.subprocess, "Popen", lambda *a, **k: started.append(real(*a, **k)) or started[0])
        code = "import time; print('Progress 1 of 2', flush=True); time.sleep(60)"
        with pytest.raises(KeyboardInterrupt):
            wheels.run_pip([sys.executable, "-c", code], tmp_path, "x", interrupted)
        assert started[0].poll() is not None

    def test_an_old_pip_is_not_asked_for_raw_progress(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for release, kind in (("23.2.1", "off"), ("24.0", "off"), ("24.1", "raw"), ("26.3", "raw")):
            monkeypatch.setattr(wheels, "version", lambda _, release=release: release)
            command = wheels.pip_command("toy-data", "1.0", tmp_path)
            assert command[command.index("--progress-bar") + 1] == kind


class TestManifest:
    def test_every_entry_is_complete(self) -> None:
        listed = assets.read_manifest()
        assert "smollm2" in listed
        for asset in listed.values():
            assert asset.files, asset.name
            for digest in (asset.sha256, *(file.sha256 for file in asset.files)):
                assert len(bytes.fromhex(digest)) == 32
            assert asset.wheel.startswith(f"{asset.distribution.replace('-', '_')}-{asset.version}-")
            assert min(asset.bytes, *(file.bytes for file in asset.files)) > 0
            assert asset.licence
            assert "http" in asset.origin or f"(PyPI: {asset.distribution})" in asset.origin
            assert asset.what

    @pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "a\\..\\x", "C:/x"])
    def test_no_file_leaves_the_folder(self, path: str) -> None:
        with pytest.raises(ValueError, match="does not stay inside"):
            AssetFile(path, 1, "0" * 64)

    def test_an_unknown_name_lists_the_known_ones(self) -> None:
        with pytest.raises(CourseError, match="no asset called 'smollm3'") as caught:
            fetch("smollm3")
        assert "smollm2" in caught.value.remedy


def forbidden(*_: object) -> None:
    raise AssertionError("this must not be called")


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt
