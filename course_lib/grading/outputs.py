"""Of a cell's outputs, what can be shown to others: plain text, and pictures that are nothing but pictures.

An output is written by the learner's code or by hand, and is read in the instructor's browser. HTML, JavaScript, SVG and
LaTeX are left out; text loses its control characters; a PNG is taken apart and put together again from the chunks that
make the picture, so that nothing travels behind it. Everything is cut to a size that a page can hold.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
import zlib
from typing import Any

MOST_OUTPUTS, MOST_TEXT, MOST_PICTURE, MOST_SIDE = 20, 20_000, 2 * 2**20, 8_000
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"sRGB", b"gAMA", b"pHYs", b"IDAT", b"IEND")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")


def plain_outputs(outputs: Any) -> list[dict[str, Any]]:
    """The outputs of a cell that are text or PNG pictures, in nbformat's form; [] for whatever is no list.

    Example:
        >>> plain_outputs([{"output_type": "stream", "name": "stdout", "text": ["hello\\n"]}, {"output_type": "bad"}])
        [{'output_type': 'stream', 'name': 'stdout', 'text': 'hello\\n'}]
    """
    if not isinstance(outputs, list):
        return []
    found = (_plain(output) for output in outputs[:MOST_OUTPUTS])
    return [output for output in found if output is not None]


def _plain(output: Any) -> dict[str, Any] | None:
    kind = output.get("output_type") if isinstance(output, dict) else None
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return {"output_type": "stream", "name": name, "text": plain_text(output.get("text"))}
    if kind == "error":
        said = f"{plain_text(output.get('ename'))}: {plain_text(output.get('evalue'))}\n"
        return {"output_type": "stream", "name": "stderr", "text": said}
    if kind in ("display_data", "execute_result"):
        data = _plain_data(output.get("data"))
        return {"output_type": "display_data", "data": data, "metadata": {}} if data else None
    return None


def _plain_data(data: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    if isinstance(data, dict):
        if "text/plain" in data:
            found["text/plain"] = plain_text(data["text/plain"])
        picture = plain_picture(data.get("image/png"))
        if picture:
            found["image/png"] = picture
    return found


def plain_text(text: Any) -> str:
    """Text without terminal colours and control characters, cut; "" for what is no text."""
    if isinstance(text, list):
        text = "".join(line for line in text[:MOST_TEXT] if isinstance(line, str))
    if not isinstance(text, str):
        return ""
    cut = text[:MOST_TEXT] + ("\n… (cut)" if len(text) > MOST_TEXT else "")
    return _ESCAPES.sub("", cut).encode("utf-8", "replace").decode("utf-8")


def plain_picture(encoded: Any) -> str:
    """A PNG in base64, made anew from the chunks that are the picture; "" for what is no sound PNG."""
    if isinstance(encoded, list) and all(isinstance(line, str) for line in encoded):
        encoded = "".join(encoded)
    if not isinstance(encoded, str) or len(encoded) > 2 * MOST_PICTURE:
        return ""
    try:
        raw = base64.b64decode(encoded, validate=False)
        return base64.b64encode(_rebuilt(raw)).decode("ascii") if len(raw) <= MOST_PICTURE else ""
    except (binascii.Error, ValueError, struct.error):
        return ""


def _rebuilt(raw: bytes) -> bytes:
    """The PNG from its own chunks; what is unknown, or stands behind the end, is left out."""
    if raw[:8] != _SIGNATURE:
        raise ValueError("no PNG")
    parts, place, kind = [_SIGNATURE], 8, b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", raw, place)
        chunk = raw[place + 4 : place + 8 + length]
        if len(chunk) != 4 + length or struct.unpack_from(">I", raw, place + 8 + length) != (zlib.crc32(chunk),):
            raise ValueError("a chunk that is cut off or damaged")
        if (kind == b"IHDR") != (len(parts) == 1):
            raise ValueError("a PNG begins with its one header")
        if kind == b"IHDR" and not all(1 <= side <= MOST_SIDE for side in struct.unpack_from(">II", chunk, 4)):
            raise ValueError("a picture of an impossible size")
        if kind in _CHUNKS:
            parts.append(raw[place : place + 12 + length])
        place += 12 + length
    return b"".join(parts)
