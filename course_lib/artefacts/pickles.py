"""Where the pickles in a file are: one after the other, in a zip archive, behind an array's header, inside one another.

`torch.save` has written two formats. The old one is five pickles in a row and then the raw numbers; a scanner that stops at the
first STOP has seen a magic number and nothing else. The new one is a zip archive with a pickle as a member called
`data.pkl`; a scanner that looks at the first bytes of the *file* has seen a zip archive and no pickle. And a pickle can hold
another one as a string of bytes, for something that it imports to load.

Members of an archive are chosen by content and not only by name: what begins like a pickle is read as one.
"""

from __future__ import annotations

import io
import pickletools
import re
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from course_lib.artefacts.imports import unexpected_imports

PROTOCOL = re.compile(rb"\x80[\x02-\x05]")  # how a pickle of protocol 2 or later begins
PICKLE_SUFFIXES = (".pkl", ".pickle")
NUMPY = b"\x93NUMPY"
LARGEST_MEMBER = 1 << 26  # a data.pkl of 64 MB describes millions of tensors
DEEPEST = 8


@dataclass(frozen=True)
class FoundPickle:
    """One pickle and where it was found.

    Attributes:
        where: for example "data.pkl, pickle 1".
        data: its bytes; up to the end of the file where it breaks off.
        complete: whether it ends with STOP.
    """

    where: str
    data: bytes
    complete: bool

    def imports(self, allowed: Collection[str] = ()) -> list[str]:
        """The names that it imports and that are not allowed."""
        return unexpected_imports(self.data, allowed)


def find_pickles(data: bytes, where: str = "", depth: int = 0) -> Iterator[FoundPickle]:
    """Every pickle in the bytes of a file.

    Args:
        data: the file.
        where: what to call it.
        depth: how many pickles lie around it.

    Example:
        >>> import pickle
        >>> [found.where for found in find_pickles(pickle.dumps(1) + pickle.dumps(2))]
        ['pickle 1', 'pickle 2']
    """
    if zipfile.is_zipfile(io.BytesIO(data)):
        yield from _in_archive(data, where, depth)
        return
    if data.startswith(NUMPY):  # an array of objects is a pickle behind a header
        size = 2 if data[6:7] == b"\x01" else 4
        length = int.from_bytes(data[8 : 8 + size], "little")
        header, data = data[8 + size : 8 + size + length], data[8 + size + length :]
        if b"|O" not in header:
            return
    for number, (stream, complete) in enumerate(streams(data), start=1):
        place = ", ".join(part for part in (where, f"pickle {number}") if part)
        yield FoundPickle(place, stream, complete)
        if depth < DEEPEST:
            for inner in _byte_strings(stream):
                yield from find_pickles(inner, f"{place}, inside", depth + 1)


def streams(data: bytes) -> Iterator[tuple[bytes, bool]]:
    """Pickles that follow each other, each with whether it is complete; what comes behind them and is none is left out."""
    rest = data
    while rest:
        read, complete = 0, False
        try:
            for opcode, _, position in pickletools.genops(rest):
                read, complete = (position or 0) + 1, opcode.name == "STOP"
        except ValueError:
            pass  # raw numbers behind the last pickle, or a pickle that breaks off
        if not read:
            return
        yield (rest[:read] if complete else rest), complete
        rest = rest[read:] if complete else b""


def _in_archive(data: bytes, where: str, depth: int) -> Iterator[FoundPickle]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.infolist():
            with archive.open(member) as file:
                begins = file.read(len(NUMPY))
                known = PROTOCOL.match(begins) or begins == NUMPY
                if not (known or member.filename.endswith(PICKLE_SUFFIXES)):
                    continue
                content = begins + file.read(LARGEST_MEMBER)
            place = ", ".join(part for part in (where, member.filename) if part)
            yield from find_pickles(content, place, depth + 1) if depth < DEEPEST else ()


def _byte_strings(stream: bytes) -> Iterator[bytes]:
    """Strings of bytes in a pickle that begin like a pickle themselves."""
    try:
        for _, argument, _ in pickletools.genops(stream):
            inner = argument.encode("latin-1", "ignore") if isinstance(argument, str) else argument
            if isinstance(inner, bytes | bytearray) and PROTOCOL.match(inner):
                yield bytes(inner)
    except ValueError:
        return
