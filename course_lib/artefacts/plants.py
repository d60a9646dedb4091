"""Planted pickles: files that *would* run something, written byte by byte, for scanners to find.

No course can hand out real malware, and a scanner that was never tried is a hope. So these files are made on the spot,
instruction by instruction, and what they would run is `echo planted`. They are written and read as bytes, and nothing in the
course loads one. That each of them is a well-formed program is what `pickletools.dis` says, which keeps its own stack.

Each form asks something else of a scanner: an old instruction, a new one, a name that comes out of the memo, a name that is
computed, a pickle inside a pickle, behind another one, or one that breaks off after the call. The forms are those that
Python's own documentation of the instructions suggests; which name is called is always one that every scanner knows.
"""

from __future__ import annotations

import io
import zipfile

COMMAND = "echo planted"


def text(value: str) -> bytes:
    """A string on the stack, SHORT_BINUNICODE."""
    return b"\x8c" + bytes([len(value)]) + value.encode()


def call(fetch: bytes, argument: str = COMMAND) -> bytes:
    """Fetch something, call it with one string, and leave what it returns on the stack."""
    return fetch + text(argument) + b"\x85R"


def framed(body: bytes, protocol: int = 4) -> bytes:
    """A whole pickle: protocol, body, STOP."""
    return b"\x80" + bytes([protocol]) + body + b"."


HARMLESS = b"}" + text("bias") + b"K\x00s"  # {"bias": 0}
"""What a planted file returns, so that whoever loads it sees nothing unusual."""

SYSTEM = text("os") + text("system") + b"\x93"
FROM_MEMO = text("os") + b"\x94" + text("system") + b"\x94" + b"00" + b"h\x00h\x01\x93"
SOMETHING_BETWEEN = text("os") + text("system") + text("a note") + b"0\x93"
DOUBLED = text("os") + b"20" + text("system") + b"\x93"
GETATTR = text("builtins") + text("getattr") + b"\x93"
COMPUTED = text("os") + b"cbuiltins\nstr\n" + text("system") + b"\x85R\x93"


def planted_pickles() -> dict[str, bytes]:
    """Each planted form by name; never to be loaded."""
    inner = framed(call(SYSTEM) + b"0" + HARMLESS)
    nested = b"C" + bytes([len(inner)]) + inner
    plain = call(SYSTEM) + b"0" + HARMLESS
    return {
        "GLOBAL, protocol 0": b"cos\nsystem\n(V" + COMMAND.encode() + b"\ntR0(dVbias\nI0\ns.",
        "GLOBAL, protocol 2": framed(call(b"cos\nsystem\n") + b"0" + HARMLESS, 2),
        "INST": b"(V" + COMMAND.encode() + b"\nios\nsystem\n0" + HARMLESS + b".",
        "STACK_GLOBAL": framed(plain),
        "STACK_GLOBAL, protocol 5": framed(plain, 5),
        "names from the memo": framed(call(FROM_MEMO) + b"0" + HARMLESS),
        "something between": framed(call(SOMETHING_BETWEEN) + b"0" + HARMLESS),
        "name doubled": framed(call(DOUBLED) + b"0" + HARMLESS),
        "name computed": framed(call(COMPUTED) + b"0" + HARMLESS),
        "eval": framed(call(text("builtins") + text("eval") + b"\x93", "'planted'") + b"0" + HARMLESS),
        "getattr": framed(GETATTR + b"ccollections\nOrderedDict\n" + text("__doc__") + b"\x86R0" + HARMLESS),
        "breaks off after the call": framed(plain)[:-1] + b"\xff" + b"\x00" * 8,
        "behind another pickle": framed(HARMLESS) + framed(plain),
        "inside another pickle": framed(call_loads(nested) + b"0" + HARMLESS),
        "in a zip archive": archived("archive/data.pkl", framed(plain, 2)),
        "in a zip archive, other name": archived("archive/version", framed(plain, 2)),
        "in an array of objects": in_an_array(framed(plain)),
    }


def call_loads(data: bytes) -> bytes:
    """What would hand a string of bytes to `pickle.loads`."""
    return text("pickle") + text("loads") + b"\x93" + data + b"\x85R"


def archived(member: str, data: bytes) -> bytes:
    """A zip archive as `torch.save` writes it: stored, not compressed."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(member), data)
    return file.getvalue()


def in_an_array(data: bytes) -> bytes:
    """A file as `numpy.save` writes it for an array of objects."""
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + data
