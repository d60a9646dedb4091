"""Exercise 3.2: the form of a safetensors file.

The files are made byte by byte, so that one thing is wrong in each: tensors that do not stand in the order of their places,
a name twice, an overlap, a gap, a size that does not fit the type, data too long or too short, headers that end behind the
file or are no object. One file is wrong in two ways, so that the order of the checks shows.
"""

from __future__ import annotations

import json
import math
import random
import struct
from typing import Any

from course_lib.artefacts.safetensors_header import BYTES_EACH, safetensors_problem
from course_lib.checks.exercise import Case, Exercise, Mistake

Tensor = tuple[str, str, list[int], tuple[int, int]]


def _pairs(file: bytes) -> list[tuple[str, Any]] | None:
    """Length and header as they should be read; None where they cannot be."""
    length = int.from_bytes(file[:8], "little")
    if len(file) < 8 or 8 + length > len(file):
        return None
    try:
        pairs = json.loads(file[8 : 8 + length], object_pairs_hook=list)
        return [(name, dict(facts)) for name, facts in pairs if name != "__metadata__"]
    except (ValueError, TypeError):
        return None


def _places(file: bytes, tensors: list[tuple[str, Any]], bytes_each: dict[str, int], *, last: bool = True) -> str:
    """Sizes and places, in the order given."""
    place = 0
    for name, facts in tensors:
        begin, end = facts["data_offsets"]
        if end - begin != math.prod(facts["shape"]) * bytes_each.get(facts["dtype"], -1):
            return f"size of {name}"
        if begin != place:
            return f"overlap at {name}" if begin < place else f"gap before {name}"
        place = end
    length = int.from_bytes(file[:8], "little")
    return "length of data" if last and 8 + length + place != len(file) else ""


def _sorted(tensors: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return sorted(tensors, key=lambda tensor: tensor[1]["data_offsets"])


def plain_json(file: bytes) -> str:
    """json.loads keeps the last of two equal names."""
    pairs = _pairs(file)
    return safetensors_problem(file) if pairs is None else _places(file, _sorted(list(dict(pairs).items())), BYTES_EACH)


def header_order(file: bytes) -> str:
    """Tensors in the order of the header."""
    right, pairs = safetensors_problem(file), _pairs(file)
    return right if pairs is None or right in ("header", "duplicate name") else _places(file, pairs, BYTES_EACH)


def big_end_first(file: bytes) -> str:
    """The length read the other way round."""
    length = int.from_bytes(file[:8], "big")
    return "header length" if len(file) < 8 or 8 + length > len(file) else safetensors_problem(file)


def four_bytes_each(file: bytes) -> str:
    """Every number takes four bytes."""
    right, pairs = safetensors_problem(file), _pairs(file)
    if pairs is None or right in ("header", "duplicate name"):
        return right
    return _places(file, _sorted(pairs), dict.fromkeys(BYTES_EACH, 4))


def gaps_pass(file: bytes) -> str:
    """Only overlaps are looked for."""
    right = safetensors_problem(file)
    return "" if right.startswith("gap") else right


def end_not_checked(file: bytes) -> str:
    """What comes behind the last tensor is not looked at."""
    right = safetensors_problem(file)
    return "" if right == "length of data" else right


def only_too_short(file: bytes) -> str:
    """Bytes that are missing are found, bytes too many are not."""
    pairs, right = _pairs(file), safetensors_problem(file)
    if right != "length of data" or pairs is None:
        return right
    end = max((facts["data_offsets"][1] for _, facts in pairs), default=0)
    return right if 8 + int.from_bytes(file[:8], "little") + end > len(file) else ""


def eight_forgotten(file: bytes) -> str:
    """Data that would begin right behind the length's own value."""
    right, pairs = safetensors_problem(file), _pairs(file)
    if pairs is None or right not in ("", "length of data"):
        return right
    end = max((facts["data_offsets"][1] for _, facts in pairs), default=0)
    return "" if int.from_bytes(file[:8], "little") + end == len(file) else "length of data"


def places_first(file: bytes) -> str:
    """All places before all sizes."""
    right, pairs = safetensors_problem(file), _pairs(file)
    if pairs is None or right in ("header", "duplicate name"):
        return right
    place = 0
    for name, facts in _sorted(pairs):
        begin, end = facts["data_offsets"]
        if begin != place:
            return f"overlap at {name}" if begin < place else f"gap before {name}"
        place = end
    return right


def by_unpacking(file: bytes) -> str:
    """struct, a hook that refuses names it has seen, a loop with an index."""
    if len(file) < 8 or struct.unpack("<Q", bytes(file[:8]))[0] > len(file) - 8:
        return "header length"
    (length,) = struct.unpack("<Q", bytes(file[:8]))
    twice: list[str] = []

    def hook(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        twice.extend(name for name in names if names.count(name) > 1)
        return dict(pairs)

    try:
        header = json.loads(bytes(file[8 : 8 + length]).decode(), object_pairs_hook=hook)
    except ValueError:
        return "header"
    if not isinstance(header, dict):
        return "header"
    if twice:
        return "duplicate name"
    header.pop("__metadata__", None)
    names = sorted(header, key=lambda name: header[name]["data_offsets"][0])
    expected = 0
    for name in names:
        begin, end = header[name]["data_offsets"]
        entries = 1
        for side in header[name]["shape"]:
            entries *= side
        if entries * BYTES_EACH[header[name]["dtype"]] != end - begin:
            return f"size of {name}"
        if begin > expected:
            return f"gap before {name}"
        if begin < expected:
            return f"overlap at {name}"
        expected = end
    return "length of data" if len(file) - 8 - length != expected else ""


def by_recursion(file: bytes) -> str:
    """The first problem of a list of all of them."""
    pairs = _pairs(file)
    if pairs is None or isinstance(pairs, dict):
        return safetensors_problem(file)
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        return "duplicate name"
    return _places(file, _sorted(pairs), BYTES_EACH)


def make_file(tensors: list[Tensor], n_bytes: int, *, length: int | None = None, metadata: bool = False) -> bytes:
    """A safetensors file with a header as given; names may stand twice, places may be wrong.

    Args:
        tensors: name, type, shape and places of each.
        n_bytes: how many bytes of data follow.
        length: what the first eight bytes say; the truth when None.
        metadata: whether the header begins with free text about the file.
    """
    entries = ['"__metadata__":{"format":"pt"}'] if metadata else []
    for name, dtype, shape, places in tensors:
        facts = {"dtype": dtype, "shape": shape, "data_offsets": list(places)}
        entries.append(f"{json.dumps(name)}:{json.dumps(facts)}")
    header = ("{" + ",".join(entries) + "}").encode()
    return (len(header) if length is None else length).to_bytes(8, "little") + header + bytes(n_bytes)


GOOD: list[Tensor] = [("norm", "F32", [3], (16, 28)), ("embed", "F16", [2, 4], (0, 16)), ("bias", "F32", [1], (28, 32))]


def _changed(place: int, tensor: Tensor) -> list[Tensor]:
    return [*GOOD[:place], tensor, *GOOD[place + 1 :]]


def _case(name: str, file: bytes) -> Case:
    return Case(name, (file,))


VISIBLE = (
    _case("a good file, tensors not in the order of their places", make_file(GOOD, 32, metadata=True)),
    _case("a name stands twice", make_file([*GOOD, ("norm", "F32", [3], (16, 28))], 32)),
    _case("two tensors over the same bytes", make_file(_changed(0, ("norm", "F32", [3], (12, 24))), 32)),
    _case("bytes that belong to no tensor", make_file(_changed(0, ("norm", "F32", [2], (20, 28))), 32)),
    _case("a size that does not fit the type", make_file(_changed(1, ("embed", "BF16", [2, 3], (0, 16))), 32)),
    _case("more bytes than the header says", make_file(GOOD, 40)),
    _case("fewer bytes than the header says", make_file(GOOD, 24)),
    _case("a header longer than the file", make_file(GOOD, 32, length=10**12)),
    _case("a header that is no object", (4).to_bytes(8, "little") + b"null"),
    _case("wrong in two ways", make_file(_changed(0, ("norm", "F32", [4], (12, 24))), 32)),
    _case("no tensor at all", make_file([], 0)),
)


def _hidden(seed: int) -> tuple[Case, ...]:
    pick = random.Random(seed)
    dtypes = [pick.choice(["F16", "BF16", "U8", "I64", "F64"]) for _ in range(3)] + ["F16"]
    tensors: list[Tensor] = []
    place = 0
    for number, dtype in enumerate(dtypes):
        shape = [pick.randint(1, 3), pick.randint(2, 4)]
        end = place + math.prod(shape) * BYTES_EACH[dtype]
        tensors.append((f"layer.{number}", dtype, shape, (place, end)))
        place = end
    middle = tensors[1]
    begin, end = middle[3]
    mixed = [tensors[3], tensors[1], tensors[0], tensors[2]]

    def moved(by: int, grow: int = 0) -> list[Tensor]:
        shape = [1, *middle[2]]
        wrong = (middle[0], middle[1], shape, (begin + by, end + by + grow))
        return [tensors[3], wrong, tensors[0], tensors[2]]

    return (
        _case("good", make_file(mixed, place, metadata=bool(seed % 2))),
        _case("twice", make_file([*mixed, middle], place)),
        _case("overlap", make_file(moved(-1), place)),
        _case("gap", make_file(moved(pick.randint(1, 5)), place)),
        _case("size", make_file(moved(0, 1), place)),
        _case("two ways", make_file(moved(-1, 1), place)),
        _case("too long", make_file(mixed, place + pick.randint(1, 9))),
        _case("too short", make_file(mixed, place - 1)),
        _case("length", make_file(mixed, place, length=place + 10**6)),
    )


SAFETENSORS_PROBLEM = Exercise(
    id="3.2",
    title="Is this file what its header says?",
    points=3,
    difficulty=3,
    minutes=25,
    reference="course_lib.artefacts:safetensors_problem",
    returns=(
        '`""` when nothing is wrong, else the first that applies, tensors in the order of their places: '
        '`"header length"`, '
        '`"header"`, `"duplicate name"`, `"size of NAME"`, `"overlap at NAME"`, `"gap before NAME"`, `"length of data"`'
    ),
    example=(
        "The header has 60 bytes and says that `a` lies at 0 to 8 and is two `F32` numbers, and that `b` lies "
        "at 12 to 16. The bytes "
        '8 to 12 belong to nobody: the result is `"gap before b"`.'
    ),
    hints=(
        "What does a JSON reader do with an object that has the same key twice? And is the order of the header "
        "the order in the file?",
        "First eight bytes: the length, smallest byte first. `json.loads` takes `object_pairs_hook`, which gets "
        "all pairs, equal keys "
        "included. Then go through the tensors by their offsets, with a variable that holds where the last one ended.",
        '```python\nsize = int.from_bytes(file[:8], ...)\nif ...: return "header length"\ntry:\n'
        "    read = json.loads(..., object_pairs_hook=list)   # pairs, also inside each entry\n"
        "    tensors = sorted(...)                            # without __metadata__, by offsets\n"
        'except ...: return "header"\n...                    # a name twice?\nlast = 0\n'
        "for begin, end, name, ... in tensors:\n"
        "    if ...: ...        # size\n    if ...: ...        # overlap, gap\n    last = end\n"
        "return ...\n```",
    ),
    why=(
        "Safetensors cannot run code, and that is no reason to believe it. A file that two programs read "
        "differently passes "
        "the review of one and is loaded by the other."
    ),
    visible=VISIBLE,
    hidden=_hidden,
    mistakes=(
        Mistake(
            "plain JSON",
            plain_json,
            "A name that stands twice passes. A JSON reader silently keeps the last one; another program may "
            "keep the first.",
        ),
        Mistake(
            "order of the header",
            header_order,
            "You go through the tensors as the header lists them. The order there is free; what matters is "
            "where they lie.",
        ),
        Mistake(
            "largest byte first",
            big_end_first,
            "Every header seems too long: the length is read from the wrong end. The smallest byte comes first.",
        ),
        Mistake(
            "four bytes each",
            four_bytes_each,
            "You take every number for four bytes. `F16` and `BF16` have two, `I64` has eight, `U8` one.",
        ),
        Mistake(
            "gaps pass",
            gaps_pass,
            "Bytes between two tensors pass. They belong to nobody, and nothing that reads the weights ever "
            "shows them to you.",
        ),
        Mistake(
            "end not looked at",
            end_not_checked,
            "The tensors may fit each other and not the file. Hold the end of the last one against the file's length.",
        ),
        Mistake(
            "only too short",
            only_too_short,
            "Missing bytes are found, bytes behind the last tensor are not. Something can be hidden there too.",
        ),
        Mistake(
            "eight bytes",
            eight_forgotten,
            "The file's length is eight bytes off: where does the data begin? Count the length's own bytes as well.",
        ),
        Mistake(
            "places before sizes",
            places_first,
            "Where one tensor is wrong in two ways you name the other one first. For each tensor the size comes "
            "before the place.",
        ),
    ),
    alternatives=(by_unpacking, by_recursion),
    tolerance_reason="words, no numbers",
)
