"""Archives made to harm: each is refused with a sentence, nothing is written, and none takes long."""

from __future__ import annotations

import gzip
import io
import os
import random
import struct
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import pytest

from course_lib.grading.archives import BadArchive, Caps, is_archive, is_other_archive, name_problem, open_archive

RANDOM = random.Random(0)
SMALL = Caps(file_bytes=2**20, members=20, single=2**20, total=2 * 2**20)


def read_all(path: Path, caps: Caps = SMALL) -> dict[str, bytes]:
    """The contents by name; a member with a problem is a `BadArchive` too."""
    found = {}
    with open_archive(path, caps) as members:
        for member in members:
            if member.problem:
                raise BadArchive(member.problem)
            found[member.name] = member.read()
    return found


def refused(path: Path, caps: Caps = SMALL) -> str:
    before, start = sorted(path.parent.rglob("*")), time.monotonic()
    with pytest.raises(BadArchive) as caught:
        read_all(path, caps)
    assert time.monotonic() - start < 30
    assert sorted(path.parent.rglob("*")) == before, "nothing is written"
    return str(caught.value)


def zipped(path: Path, *files: tuple[str | zipfile.ZipInfo, bytes], kind: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", kind) as archive:
        for name, raw in files:
            archive.writestr(name, raw, kind)
    return path


def tarred(path: Path, *files: tuple[str | tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w:gz" if path.name.lower().endswith("gz") else "w") as archive:
        for name, raw in files:
            info = tarfile.TarInfo(name) if isinstance(name, str) else name
            info.size = len(raw) if info.isreg() else info.size
            archive.addfile(info, io.BytesIO(raw))
    return path


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.TGZ"])
def test_sound_archives_are_read(tmp_path, name):
    make = zipped if name.endswith("zip") else tarred
    path = make(tmp_path / name, ("x.ipynb", b"one"), ("work/ünï.ipynb", b"two"), ("empty", b""))
    assert read_all(path) == {"x.ipynb": b"one", "work/ünï.ipynb": b"two", "empty": b""}


def test_folders_are_no_members(tmp_path):
    folder = tarfile.TarInfo("work")
    folder.type = tarfile.DIRTYPE
    assert list(read_all(tarred(tmp_path / "a.tar", (folder, b""), ("work/x", b"1")))) == ["work/x"]
    assert list(read_all(zipped(tmp_path / "a.zip", ("work/", b""), ("work/x", b"1")))) == ["work/x"]


@pytest.mark.parametrize(
    "name", ["../x", "a/../../x", "/etc/passwd", "C:/x", "\\\\host\\x", "..\\x", "a\nb", "x" * 500]
)
def test_names_that_lead_elsewhere(tmp_path, name):
    assert name_problem(name.replace("\\", "/"))
    for path in (zipped(tmp_path / "a.zip", (name, b"1")), tarred(tmp_path / "a.tar", (name, b"1"))):
        assert refused(path)


def test_links_and_devices(tmp_path):
    link = zipfile.ZipInfo("x.ipynb")
    link.external_attr = 0o120777 << 16
    assert "link" in refused(zipped(tmp_path / "a.zip", (link, b"/etc/passwd")))
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE):
        info = tarfile.TarInfo("x.ipynb")
        info.type, info.linkname = kind, "/etc/passwd"
        assert "link or a device" in refused(tarred(tmp_path / "a.tar", (info, b"")))


def test_a_locked_member(tmp_path):
    path = zipped(tmp_path / "a.zip", ("x.ipynb", b"secret"))
    raw = bytearray(path.read_bytes())
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.find(signature) + place] |= 1
    path.write_bytes(raw)
    assert "password" in refused(path)


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compressions_that_can_ask_for_gigabytes(tmp_path, kind):
    assert "unusual" in refused(zipped(tmp_path / "a.zip", ("x.ipynb", b"1" * 100), kind=kind))


def test_too_many_members(tmp_path):
    files = [(f"{n}.txt", b"") for n in range(21)]
    assert "more than 20" in refused(zipped(tmp_path / "a.zip", *files))
    assert "more than 20" in refused(tarred(tmp_path / "a.tar.gz", *files))
    assert "more files" in refused(zipped(tmp_path / "b.zip", *[(f"{n}" * 50, b"") for n in range(200)]))


def test_bombs(tmp_path):
    zeros = b"0" * (3 * 2**20)
    roomy = Caps(file_bytes=2**20, members=20, single=8 * 2**20, total=8 * 2**20)
    assert "larger than 1 MB" in refused(zipped(tmp_path / "a.zip", ("x", zeros)))
    assert "larger than 1 MB" in refused(tarred(tmp_path / "a.tar.gz", ("x", zeros)))
    assert "200 times" in refused(zipped(tmp_path / "a.zip", ("x", zeros)), roomy)
    assert "200 times" in refused(tarred(tmp_path / "a.tgz", ("x", zeros)), roomy)
    noise = RANDOM.randbytes(2**14) * 40
    assert "unpacks to more than 2 MB" in refused(zipped(tmp_path / "b.zip", *[(f"{n}", noise) for n in range(5)]))
    assert "more than 2 MB" in refused(tarred(tmp_path / "b.tgz", *[(f"{n}", noise) for n in range(5)]))
    assert "larger than 1 MB" in refused(tarred(tmp_path / "c.tar", ("x", RANDOM.randbytes(2**20 + 1))))


def test_a_header_that_lies_about_the_size(tmp_path):
    path = zipped(tmp_path / "a.zip", ("x.ipynb", b"0" * (3 * 2**20)))
    raw = bytearray(path.read_bytes())
    for signature, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        raw[raw.find(signature) + place :][:4] = b""
        struct.pack_into("<I", raw, raw.find(signature) + place, 10)
    path.write_bytes(raw)
    assert refused(path)


def test_a_tar_whose_header_promises_gigabytes(tmp_path):
    info = tarfile.TarInfo("x.ipynb")
    info.size = 2**40
    (tmp_path / "a.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT) + b"1" * 512)
    assert "larger than" in refused(tmp_path / "a.tar")
    long = tarfile.TarInfo("name")
    long.type, long.size = tarfile.GNUTYPE_LONGNAME, 2**33
    (tmp_path / "b.tar").write_bytes(long.tobuf(tarfile.GNU_FORMAT) + b"a" * 1024)
    assert refused(tmp_path / "b.tar")


def test_long_name_headers_without_end(tmp_path):
    long = tarfile.TarInfo("name")
    long.type, long.size = tarfile.GNUTYPE_LONGNAME, 512
    (tmp_path / "a.tar").write_bytes((long.tobuf(tarfile.GNU_FORMAT) + b"a" * 512) * 1000)
    assert refused(tmp_path / "a.tar")


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz"])
def test_every_cut_and_many_flips_end_in_a_sentence(tmp_path, name):
    make = zipped if name.endswith("zip") else tarred
    whole = make(tmp_path / name, ("x.ipynb", RANDOM.randbytes(300)), ("y.ipynb", b"y" * 1000)).read_bytes()
    path = tmp_path / name
    variants = [whole[:n] for n in range(0, len(whole), max(1, len(whole) // 150))]
    for n in range(0, len(whole), max(1, len(whole) // 300)):
        variants.append(whole[:n] + bytes([whole[n] ^ 0xFF]) + whole[n + 1 :])
    for raw in variants:
        path.write_bytes(raw)
        try:
            read_all(path)
        except BadArchive as error:
            assert str(error)  # noqa: PT017


@pytest.mark.parametrize(
    "raw",
    [b"", b"PK\x05\x06", b"PK\x05\x06" + b"\xff" * 18, gzip.compress(b"", mtime=0), b"\0" * 512, b"no archive"],
    ids=["empty", "end of a zip", "cut zip", "gzip of nothing", "zeros", "text"],
)
def test_what_is_no_archive(tmp_path, raw):
    for name in ("a.zip", "a.tar", "a.tgz"):
        (tmp_path / name).write_bytes(raw)
        try:
            assert read_all(tmp_path / name) == {}
        except BadArchive as error:
            assert str(error).endswith("."), "a sentence"  # noqa: PT017


@pytest.mark.skipif(sys.platform == "win32", reason="links as on Unix")
def test_the_archive_itself_is_a_regular_file_of_a_size(tmp_path):
    path = zipped(tmp_path / "a.zip", ("x", b"1"))
    os.symlink(path, tmp_path / "link.zip")
    assert "link" in refused(tmp_path / "link.zip")
    os.mkfifo(tmp_path / "pipe.tar")
    assert "no file" in refused(tmp_path / "pipe.tar")
    (tmp_path / "large.zip").write_bytes(b"0" * (2**20 + 1))
    assert "larger than 1 MB" in refused(tmp_path / "large.zip")
    assert "opened" in refused(tmp_path / "nowhere.zip")


def test_names_of_archives():
    assert [is_archive(name) for name in ("a.zip", "a.TAR.GZ", "a.ipynb", "a.rar", "a.tar.xz")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert [is_other_archive(name) for name in ("a.rar", "a.tar.xz", "a.tar.gz", "a.gz")] == [True, True, False, True]
