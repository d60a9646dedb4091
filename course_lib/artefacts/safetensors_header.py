"""Is a safetensors file what it says? Length, header, sizes, places, in this order.

A safetensors file cannot run code: eight bytes with the length of the header, the header as JSON, then numbers. What can be
wrong is that it does not mean one thing. A name that stands twice is read as the first by one program and as the last by
another; two tensors over the same bytes, or bytes that belong to no tensor, hide something in a file that looks whole; a length
that is too large makes a careless reader ask for gigabytes. The format therefore forbids all of it, and a header can be
checked without reading a single weight.

Pitfall: a right form says nothing about the numbers. Change one weight and every check here still passes; that is what a
hash is for. And a hash says that the file is the one that was meant, not that the one that was meant is good.

Source: the format's description, https://github.com/huggingface/safetensors#format.
"""

from __future__ import annotations

import json
import math

BYTES_EACH = {"BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "U16": 2, "I16": 2, "F16": 2, "BF16": 2}
BYTES_EACH |= {"U32": 4, "I32": 4, "F32": 4, "U64": 8, "I64": 8, "F64": 8}


def safetensors_problem(file: bytes) -> str:
    """The first thing that is wrong with the form of a safetensors file.

    Args:
        file: its bytes (or a memory map of them).

    Returns:
        `""` when nothing is wrong; else the first of these that applies, the tensors taken in the order of their places:
        `"header length"`: fewer than 8 bytes, or the header would end behind the file;
        `"header"`: no JSON object with type, shape and places of each tensor;
        `"duplicate name"`;
        `"size of NAME"`: end minus begin is not the number of its entries times the bytes of each;
        `"overlap at NAME"`: it begins before the end of the one before it;
        `"gap before NAME"`: it begins later;
        `"length of data"`: the last one does not end where the file ends.

    Example:
        >>> import torch
        >>> from safetensors.torch import save
        >>> file = save({"a": torch.zeros(2)})
        >>> safetensors_problem(file), safetensors_problem(file + b"more")
        ('', 'length of data')
    """
    length = int.from_bytes(file[:8], "little")
    if len(file) < 8 or 8 + length > len(file):
        return "header length"
    try:
        pairs = json.loads(file[8 : 8 + length], object_pairs_hook=list)
        names, tensors = [name for name, _ in pairs], []
        for name, about in pairs:
            if name != "__metadata__":
                facts = dict(about)
                begin, end = facts["data_offsets"]
                fits = end - begin == math.prod(facts["shape"]) * BYTES_EACH[facts["dtype"]]
                tensors.append((begin, end, name, fits))
        tensors.sort()
    except (ValueError, TypeError, KeyError):
        return "header"
    if file[8:9] != b"{":
        return "header"
    if len(names) > len(set(names)):
        return "duplicate name"
    place = 0
    for begin, end, name, fits in tensors:
        if not fits:
            return f"size of {name}"
        if begin != place:
            return f"overlap at {name}" if begin < place else f"gap before {name}"
        place = end
    return "" if 8 + length + place == len(file) else "length of data"
