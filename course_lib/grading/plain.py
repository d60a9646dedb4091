"""Plain data, the only thing that passes between learner code and the process that decides the mark.

What a pickle brings back is whatever its sender wants, code included. Here a message is JSON and raw numbers: text,
numbers, lists, tables with text keys, and arrays of a few number formats. Anything else arrives as an `Other`, which
keeps the name of its type and nothing else, so that the report can still say "yours is of type Foo".

The receiver believes nothing. Sizes, depth, counts, number formats and shapes are checked *before* memory is spent on
them, and every fault is the same exception, `NotPlain`, because whoever sends nonsense gets no second reading.

    frame   = length of head (4 bytes, big endian) + head + buffers
    head    = {"value": tree, "buffers": [bytes in each buffer, …]}
    tree    = null | true | 5 | 0.5 | "text" | {"list": […]} | {"tuple": […]} | {"dict": [[key, tree], …]}
            | {"float": "nan"} | {"bytes": buffer} | {"array": [buffer, format, shape, "torch" or "numpy"]} | {"model": name} | {"other": name}
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from course_lib.checks.exercise import ModelHandle

if TYPE_CHECKING:
    import numpy as np

FORMATS = (
    "bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float16", "float32", "float64",
)  # fmt: skip
MOST_BYTES, MOST_HEAD, MOST_NODES, MOST_DEPTH, MOST_TEXT = 32 * 2**20, 4 * 2**20, 100_000, 32, 1_000_000
MOST_DIMENSIONS, LARGEST_INTEGER = 16, 2**63
_HEAD = struct.Struct(">I")


class NotPlain(ValueError):
    """A message that is not plain data, or more of it than is taken."""


class Other:
    """Something that is no plain data; what is left of it is the name of its type."""


def other(name: str) -> Other:
    """An `Other` whose type has this name, cut to what can stand in a report.

    Example:
        >>> type(other("set")).__name__
        'set'
    """
    word = "".join(letter for letter in name[:40] if letter.isascii() and (letter.isalnum() or letter in "_. "))
    found: Other = type(word or "unknown", (Other,), {})()
    return found


@dataclass
class _Buffers:
    """Raw numbers on their way out."""

    parts: list[bytes]
    size: int = 0

    def add(self, raw: bytes) -> int:
        self.size += len(raw)
        if self.size > MOST_BYTES:
            raise NotPlain("it is larger than what is taken")
        self.parts.append(raw)
        return len(self.parts) - 1


def encode(value: Any) -> bytes:
    """A value as one message.

    Raises:
        NotPlain: it is too large, too deep, or contains itself.

    Example:
        >>> decode(encode([1, (2.5, "x"), None]))
        [1, (2.5, 'x'), None]
    """
    buffers = _Buffers([])
    tree = _out(value, buffers, 0)
    head = json.dumps({"value": tree, "buffers": [len(part) for part in buffers.parts]}).encode()
    if len(head) > MOST_HEAD:
        raise NotPlain("it is larger than what is taken")
    return b"".join([_HEAD.pack(len(head)), head, *buffers.parts])


def _out(value: Any, buffers: _Buffers, depth: int) -> Any:
    if depth > MOST_DEPTH:
        raise NotPlain("its lists are nested too deeply")
    if value is None or type(value) is bool:
        return value
    if isinstance(value, ModelHandle):
        return {"model": value.name}
    if isinstance(value, str):
        return str.__str__(value)[: MOST_TEXT + 1]
    if isinstance(value, int):
        number = int(value)
        return number if abs(number) < LARGEST_INTEGER else {"other": "int"}
    if isinstance(value, float):
        real = float(value)
        return real if math.isfinite(real) else {"float": repr(real)}
    if isinstance(value, bytes):
        return {"bytes": buffers.add(bytes(value))}
    if isinstance(value, list | tuple):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return {kind: [_out(item, buffers, depth + 1) for item in value]}
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            return {"other": "dict"}
        return {"dict": [[str(key), _out(item, buffers, depth + 1)] for key, item in value.items()]}
    return _out_numbers(value, buffers)


def _out_numbers(value: Any, buffers: _Buffers) -> Any:
    """Arrays and tensors; what is none is only named."""
    name, kind = type(value).__name__, type(value).__module__.split(".")[0]
    if kind == "torch" or hasattr(value, "detach"):
        array = _tensor_as_array(value)
        kind = "torch"
    else:
        array = value if kind == "numpy" else None
    if array is None or getattr(array, "dtype", None) is None or array.dtype.name not in FORMATS:
        return {"other": name}
    little = array.astype(array.dtype.newbyteorder("<"))
    return {"array": [buffers.add(little.tobytes()), array.dtype.name, list(array.shape), kind]}


def _tensor_as_array(value: Any) -> np.ndarray | None:
    """A dense tensor of numbers as an array; None for everything else that looks like a tensor."""
    import torch

    if not isinstance(value, torch.Tensor) or value.layout is not torch.strided or value.is_quantized:
        return None
    tensor = value.detach().cpu()
    tensor = tensor.float() if tensor.dtype == torch.bfloat16 else tensor
    array: np.ndarray | None = None if tensor.is_complex() else tensor.contiguous().numpy()
    return array


def decode(frame: bytes) -> Any:
    """The value of one message.

    Raises:
        NotPlain: whatever is wrong with it.
    """
    if len(frame) < _HEAD.size or len(frame) > MOST_BYTES + MOST_HEAD + _HEAD.size:
        raise NotPlain("a message of an impossible length")
    (length,) = _HEAD.unpack_from(frame)
    if length > min(MOST_HEAD, len(frame) - _HEAD.size):
        raise NotPlain("a message whose head does not end")
    try:
        head = json.loads(frame[_HEAD.size : _HEAD.size + length].decode())
    except (ValueError, RecursionError) as error:
        raise NotPlain("a message whose head is not JSON") from error
    if not isinstance(head, dict) or set(head) != {"value", "buffers"} or not isinstance(head["buffers"], list):
        raise NotPlain("a message without its parts")
    return _In(_cut(frame, _HEAD.size + length, head["buffers"])).read(head["value"], 0)


def _cut(frame: bytes, start: int, lengths: list[Any]) -> list[memoryview]:
    """The buffers behind the head; their lengths have to fill the message exactly."""
    if not all(type(size) is int and 0 <= size <= MOST_BYTES for size in lengths):
        raise NotPlain("buffers of impossible lengths")
    if start + sum(lengths) != len(frame):
        raise NotPlain("buffers that do not fill the message")
    found, view = [], memoryview(frame)
    for size in lengths:
        found.append(view[start : start + size])
        start += size
    return found


class _In:
    """Reads a tree and counts what it has read."""

    def __init__(self, buffers: list[memoryview]) -> None:
        self.buffers, self.nodes = buffers, 0

    def read(self, tree: Any, depth: int) -> Any:
        self.nodes += 1
        if depth > MOST_DEPTH or self.nodes > MOST_NODES:
            raise NotPlain("a value with too many parts, or too deeply nested")
        if tree is None or type(tree) in (bool, str, int):
            return self._simple(tree)
        if type(tree) is float and math.isfinite(tree):
            return tree
        if not isinstance(tree, dict) or len(tree) != 1:
            raise NotPlain("a value of no known kind")
        ((kind, content),) = tree.items()
        return self._tagged(kind, content, depth)

    def _simple(self, value: Any) -> Any:
        if type(value) is str and len(value) > MOST_TEXT:
            raise NotPlain("a text that is too long")
        if type(value) is int and abs(value) >= LARGEST_INTEGER:
            raise NotPlain("a whole number that is too large")
        return value

    def _tagged(self, kind: str, content: Any, depth: int) -> Any:
        if kind in ("list", "tuple") and isinstance(content, list):
            items = [self.read(item, depth + 1) for item in content]
            return items if kind == "list" else tuple(items)
        if kind == "dict" and isinstance(content, list):
            return self._table(content, depth)
        if kind == "float" and content in ("nan", "inf", "-inf"):
            return float(content)
        if kind == "bytes" and type(content) is int and 0 <= content < len(self.buffers):
            return bytes(self.buffers[content])
        if kind == "model" and type(content) is str:
            return ModelHandle(content[:200])
        if kind == "other" and type(content) is str:
            return other(content)
        if kind == "array" and isinstance(content, list) and len(content) == 4:
            return self._array(*content)
        raise NotPlain("a value of no known kind")

    def _table(self, content: list[Any], depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for entry in content:
            if not isinstance(entry, list) or len(entry) != 2 or type(entry[0]) is not str:
                raise NotPlain("a table without its keys")
            found[entry[0]] = self.read(entry[1], depth + 1)
        return found

    def _array(self, place: Any, name: Any, shape: Any, kind: Any) -> Any:
        import numpy as np

        if type(place) is not int or not 0 <= place < len(self.buffers) or name not in FORMATS:
            raise NotPlain("an array of no known number format")
        whole = isinstance(shape, list) and len(shape) <= MOST_DIMENSIONS
        if (
            not whole
            or not all(type(n) is int and 0 <= n <= MOST_BYTES for n in shape)
            or kind not in ("torch", "numpy")
        ):
            raise NotPlain("an array of an impossible shape")
        dtype = np.dtype(name).newbyteorder("<")
        if math.prod(shape) * dtype.itemsize != len(self.buffers[place]):
            raise NotPlain("an array whose numbers do not fill its shape")
        if name == "bool":  # any other byte would be a bool that is neither true nor false
            array = np.asarray(np.frombuffer(self.buffers[place], dtype=np.uint8).reshape(shape) != 0)
        else:
            array = np.frombuffer(self.buffers[place], dtype=dtype).reshape(shape).astype(np.dtype(name))
        if kind == "numpy":
            return array
        import torch

        return (
            torch.from_numpy(np.ascontiguousarray(array).copy())
            if array.ndim
            else torch.tensor(array.item(), dtype=_torch_format(name))
        )


def _torch_format(name: str) -> Any:
    import torch

    return getattr(torch, name)
