"""Archives that somebody else made: opened under caps, and written nowhere under a name of theirs.

An archive is a list of claims: how many files, how large, where they go. Each claim is an attack somewhere: a few
kilobytes that unpack to petabytes, a file called `../../gradebook.db`, a link that points to another learner's folder.
So nothing is extracted. Members are read one by one, what comes out is counted while it comes, and whoever asks gets
bytes; names are only looked at. zipfile and tarfile do the reading; whatever they raise on hostile bytes is a
`BadArchive` with a sentence for the learner.

Zip (stored or deflated) and tar (plain or gzip) are read. Other compressions can ask for gigabytes before the first byte
comes out.
"""

from __future__ import annotations

import gzip
import io
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path, PurePosixPath
from typing import IO, Any

from course_lib.grading.intake import Refused, read_file

ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz")
OTHERS = (".rar", ".7z", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".xz", ".bz2", ".gz")
AGAIN = "Hand in the notebook file (.ipynb) itself."
_CHUNK = 2**16


@dataclass(frozen=True)
class Caps:
    """What is taken of one archive.

    Attributes:
        file_bytes: of the archive itself.
        members: in it.
        single: bytes of one member, unpacked.
        total: bytes of all members that are read, unpacked; of a compressed tar, of all of them.
        ratio: unpacked to packed size of a member of more than a megabyte.
        name: characters of a member's name.
    """

    file_bytes: int = 50 * 2**20
    members: int = 500
    single: int = 20 * 2**20
    total: int = 100 * 2**20
    ratio: int = 200
    name: int = 400


CAPS = Caps()
CLASS_CAPS = Caps(file_bytes=2**36, members=200_000, single=50 * 2**20, total=2**36)
"""For the one archive that the instructor downloads for a whole class."""


class BadArchive(ValueError):
    """An archive, or a member of one, that is not read; the text is for the learner."""


@dataclass(frozen=True)
class Member:
    """A file in an archive.

    Attributes:
        name: its path in the archive, parts separated by "/".
        modified: when it was changed last as the archive says, "YYYY-MM-DD HH:MM:SS"; "" if it does not.
        problem: why it is not read; "" when it can be.
        read: its bytes; raises `BadArchive`.
    """

    name: str
    modified: str
    problem: str
    read: Callable[[], bytes]


def is_archive(name: str) -> bool:
    """Whether a file's name is that of an archive that can be read."""
    return name.lower().endswith(ENDINGS)


def is_other_archive(name: str) -> bool:
    """Whether a file's name is that of an archive that is not read."""
    return name.lower().endswith(OTHERS) and not is_archive(name)


@contextmanager
def open_archive(path: Path, caps: Caps = CAPS) -> Iterator[Iterator[Member]]:
    """The files in an archive, one by one; each is read before the next one is asked for.

    Args:
        path: a regular file; no link is followed.
        caps: what is taken.

    Raises:
        BadArchive: it cannot be read as an archive, or has more in it than is taken.
    """
    try:
        with _opened(path, caps) as stream:
            tar = path.name.lower().endswith(ENDINGS[1:])
            yield _guarded(_tar_members(stream, caps) if tar else _zip_members(stream, caps))
    except Refused as refused:
        raise BadArchive(str(refused)) from refused


@contextmanager
def _opened(path: Path, caps: Caps) -> Iterator[IO[bytes]]:
    """The archive as a stream: a learner's is read at once, that of a class stays on the disk."""
    if caps.file_bytes <= CAPS.file_bytes:
        yield io.BytesIO(read_file(path, caps.file_bytes))
    else:
        with open(path, "rb") as stream:
            yield stream


def _guarded(members: Iterator[Member]) -> Iterator[Member]:
    """The same members; whatever a reader raises on hostile bytes is a `BadArchive`."""
    while True:
        with _as_bad_archive():
            member = next(members, None)
        if member is None:
            return
        yield member


@contextmanager
def _as_bad_archive() -> Iterator[None]:
    """What zipfile, tarfile, gzip and zlib raise on bytes that they cannot read."""
    try:
        yield
    except BadArchive:
        raise
    except (EOFError, zlib.error, zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile) as error:
        raise BadArchive(f"The archive is damaged or cut off. {AGAIN}") from error
    except Exception as error:  # hostile bytes reach every corner of the two readers: struct, unicode, index, recursion
        raise BadArchive(f"The archive cannot be read ({type(error).__name__}). {AGAIN}") from error


def name_problem(name: str, caps: Caps = CAPS) -> str:
    """What is wrong with a member's name; "" when nothing is.

    Example:
        >>> name_problem("../gradebook.db")
        'it leads out of the archive'
        >>> name_problem("work/notebook.ipynb")
        ''
    """
    parts = PurePosixPath(name).parts
    if not name or len(name) > caps.name or not name.isprintable():
        return "its name is empty, too long, or not printable"
    if name.startswith("/") or (len(name) > 1 and name[1] == ":") or ".." in parts:
        return "it leads out of the archive"
    return ""


# Zip


def _zip_members(stream: IO[bytes], caps: Caps) -> Iterator[Member]:
    _check_directory(stream, caps)
    with zipfile.ZipFile(stream) as archive:
        infos = archive.infolist()
        if len(infos) > caps.members:
            raise BadArchive(f"The archive has {len(infos)} files, more than {caps.members}. {AGAIN}")
        budget = _Budget(caps)
        for info in infos:
            if not info.is_dir():
                name = info.filename.replace("\\", "/")
                yield Member(name, _zip_time(info), _zip_problem(info, name, caps), _zip_reader(archive, info, budget))


def _check_directory(stream: IO[bytes], caps: Caps) -> None:
    """Refuse a zip whose list of files is too long to be read at all; zipfile reads it whole."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(max(0, size - 2**16 - 22))
    tail = stream.read(2**16 + 22)
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) < place + 22:
        raise BadArchive(f"The file is no zip archive, or it is cut off. {AGAIN}")
    length = int.from_bytes(tail[place + 12 : place + 16], "little")
    long = tail[max(0, place - 20) :].startswith(
        b"PK\x06\x07"
    )  # the 64-bit form, which only the archive of a class needs
    if length > caps.members * 2**10 or (long and caps.file_bytes <= CAPS.file_bytes):
        raise BadArchive(f"The archive has more files than {caps.members}. {AGAIN}")
    stream.seek(0)


def _zip_time(info: zipfile.ZipInfo) -> str:
    year, month, day, hour, minute, second = info.date_time
    return f"{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}" if year > 1980 else ""


def _zip_problem(info: zipfile.ZipInfo, name: str, caps: Caps) -> str:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if problem := name_problem(name, caps):
        return problem
    if kind not in (0, stat.S_IFREG):
        return "it is a link or a device, and no file"
    if info.flag_bits & 0x1:
        return "it is locked with a password"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "it is packed in an unusual way"
    if info.file_size > caps.single:
        return f"it is larger than {caps.single // 2**20} MB"
    return ""


def _zip_reader(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: _Budget) -> Callable[[], bytes]:
    def read() -> bytes:
        with _as_bad_archive(), archive.open(info) as stream:
            return budget.read(stream, info.compress_size)

    return read


class _Budget:
    """Counts what comes out of an archive; headers are not believed."""

    def __init__(self, caps: Caps) -> None:
        self.caps, self.total = caps, 0

    def read(self, stream: IO[bytes], packed: int | None = None) -> bytes:
        """All of a member; `packed` is its size in the archive, where that says something."""
        parts, size = [], 0
        while chunk := stream.read(_CHUNK):
            size, self.total = size + len(chunk), self.total + len(chunk)
            if size > self.caps.single:
                raise BadArchive(f"A file in the archive is larger than {self.caps.single // 2**20} MB. {AGAIN}")
            if self.total > self.caps.total:
                raise BadArchive(f"The archive unpacks to more than {self.caps.total // 2**20} MB. {AGAIN}")
            if packed is not None and size > 2**20 and size > self.caps.ratio * max(packed, 1):
                raise BadArchive(
                    f"A file in the archive unpacks to more than {self.caps.ratio} times its size. {AGAIN}"
                )
            parts.append(chunk)
        return b"".join(parts)


# Tar


def _tar_members(stream: IO[bytes], caps: Caps) -> Iterator[Member]:
    whole = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    packed = stream.read(2) == b"\x1f\x8b"
    stream.seek(0)
    counted = _Counted(gzip.GzipFile(fileobj=stream) if packed else stream, caps, whole if packed else None)
    count, budget = 0, _Budget(caps)
    with tarfile.open(fileobj=counted, mode="r|") as archive:  # type: ignore[call-overload]
        while (info := archive.next()) is not None:
            archive.members = []  # tarfile remembers all of them otherwise
            count += 1
            if count > caps.members:
                raise BadArchive(f"The archive has more than {caps.members} files. {AGAIN}")
            if not info.isdir():
                yield _tar_member(archive, info, budget, caps)


def _tar_member(archive: tarfile.TarFile, info: tarfile.TarInfo, budget: _Budget, caps: Caps) -> Member:
    name = info.name.replace("\\", "/")
    problem = name_problem(name, caps)
    if not problem and (not info.isreg() or info.issparse()):
        problem = "it is a link or a device, and no file"
    if not problem and info.size > caps.single:
        problem = f"it is larger than {caps.single // 2**20} MB"

    def read() -> bytes:
        with _as_bad_archive():
            stream = archive.extractfile(info)
            return b"" if stream is None else budget.read(stream)

    return Member(name, _tar_time(info), problem, read)


def _tar_time(info: tarfile.TarInfo) -> str:
    from datetime import datetime

    try:
        return datetime.fromtimestamp(info.mtime, UTC).strftime("%Y-%m-%d %H:%M:%S") if info.mtime else ""
    except (OverflowError, OSError, ValueError):
        return ""


class _Counted:
    """A stream that stops when more came out of it than is taken."""

    def __init__(self, stream: Any, caps: Caps, packed: int | None) -> None:
        self.stream, self.caps, self.packed, self.total = stream, caps, packed, 0

    def read(self, size: int) -> bytes:
        """Up to `size` bytes."""
        found: bytes = self.stream.read(min(size, 2**22))
        self.total += len(found)
        if self.total > self.caps.total:
            raise BadArchive(f"The archive unpacks to more than {self.caps.total // 2**20} MB. {AGAIN}")
        if self.packed is not None and self.total > 2**20 and self.total > self.caps.ratio * self.packed:
            raise BadArchive(f"The archive unpacks to more than {self.caps.ratio} times its size. {AGAIN}")
        return found
