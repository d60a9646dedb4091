"""Plain data: what is sent arrives, and nothing else gets through."""

import json
import math
import struct

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.checks.exercise import ModelHandle
from course_lib.grading import plain
from course_lib.grading.plain import NotPlain, Other, decode, encode

simple = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63) + 1, 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.binary(max_size=20),
)
values = st.recursive(
    simple, lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner), max_leaves=20
)  # fmt: skip


@given(values)
@settings(deadline=None)
def test_plain_values_arrive_as_they_were_sent(value):
    assert decode(encode(value)) == value
    assert type(decode(encode(value))) is type(value)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "int64", "float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3)])
def test_arrays_keep_format_shape_and_kind(dtype, shape):
    array = np.asarray(np.arange(math.prod(shape)).reshape(shape) % 2, dtype=dtype)
    back = decode(encode(array))
    assert isinstance(back, np.ndarray)
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    assert (back == array).all()
    tensor = torch.as_tensor(array)
    again = decode(encode(tensor))
    assert isinstance(again, torch.Tensor)
    assert again.dtype == tensor.dtype
    assert torch.equal(again, tensor)


def test_half_precision_of_the_brain_kind_arrives_as_single():
    assert torch.equal(decode(encode(torch.ones(2, dtype=torch.bfloat16))), torch.ones(2))


def test_numbers_that_are_none_arrive():
    back = decode(encode([math.nan, math.inf, -math.inf]))
    assert math.isnan(back[0])
    assert back[1:] == [math.inf, -math.inf]


def test_models_are_handles():
    assert decode(encode(ModelHandle("tiny:3"))) == ModelHandle("tiny:3")


STRANGE = [
    {1, 2}, object(), lambda: 0, 10**30, {1: 2}, np.array(["a"]), torch.ones(2, dtype=torch.complex64),
    torch.ones(2).to_sparse(),
]  # fmt: skip


@pytest.mark.parametrize("value", STRANGE)
def test_what_is_not_plain_arrives_as_the_name_of_its_type(value):
    back = decode(encode([value]))[0]
    assert isinstance(back, Other)
    assert type(back).__name__ == type(value).__name__


def test_what_is_too_much_is_not_sent():
    deep: list = []
    for _ in range(50):
        deep = [deep]
    loop: list = []
    loop.append(loop)
    for value in (deep, loop, torch.zeros(plain.MOST_BYTES // 4 + 1), ["x" * plain.MOST_TEXT] * 5):
        with pytest.raises(NotPlain):
            encode(value)


def frame(value, buffers=(), raw=b""):
    head = json.dumps({"value": value, "buffers": list(buffers)}).encode()
    return struct.pack(">I", len(head)) + head + raw


HOSTILE = {
    "empty": b"",
    "no head": b"\x00\x00",
    "head longer than the message": struct.pack(">I", 500) + b"{}",
    "no JSON": struct.pack(">I", 3) + b"abc",
    "no UTF-8": struct.pack(">I", 2) + b"\xff\xfe",
    "a pickle": b"\x80\x04\x95" + b"cos\nsystem\n(S'true'\ntR.",
    "deep JSON": struct.pack(">I", 200_000) + b"[" * 200_000,
    "a list as head": frame(1)[:4] + b"[]",
    "missing parts": struct.pack(">I", 11) + b'{"value":1}',
    "unknown kind": frame({"pickle": "gASV"}),
    "two kinds": frame({"list": [], "tuple": []}),
    "deep tree": frame(eval("{'list':[" * 60 + "1" + "]}" * 60)),
    "a bare list": frame([1, 2]),
    "not a number": frame({"float": "1e999"}),
    "JSON's own NaN": struct.pack(">I", 27) + b'{"value":NaN,"buffers":[ ]}',
    "a huge integer": frame(10**30),
    "a long text": frame("x" * (plain.MOST_TEXT + 1)),
    "negative buffer": frame(1, [-1]),
    "buffers that overlap the end": frame(1, [10], b"abc"),
    "bytes that belong to nothing": frame(1, [], b"abc"),
    "no such bytes": frame({"bytes": 1}, [2], b"ab"),
    "no such buffer": frame({"array": [3, "float32", [1], "torch"]}),
    "objects": frame({"array": [0, "object", [1], "numpy"]}, [8], b"12345678"),
    "a huge shape": frame({"array": [0, "float32", [2**40], "torch"]}, [4], b"1234"),
    "too many numbers": frame({"array": [0, "float32", [4], "torch"]}, [4], b"1234"),
    "negative shape": frame({"array": [0, "float32", [-1], "torch"]}, [4], b"1234"),
    "shape of truths": frame({"array": [0, "float32", [True], "torch"]}, [4], b"1234"),
    "forty dimensions": frame({"array": [0, "uint8", [1] * 40, "torch"]}, [1], b"1"),
    "another kind of array": frame({"array": [0, "uint8", [1], "pandas"]}, [1], b"1"),
    "table without keys": frame({"dict": [[1, 2]]}),
    "table of odd entries": frame({"dict": [["a", 1, 2]]}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nonsense_is_one_exception(name):
    with pytest.raises(NotPlain):
        decode(HOSTILE[name])


@given(st.binary(max_size=200))
def test_random_bytes_are_one_exception(raw):
    with pytest.raises(NotPlain):
        decode(raw)


def test_names_of_types_are_cut_to_what_can_stand_in_a_report():
    assert type(plain.other("<script>alert(1)</script>" * 9)).__name__.startswith("scriptalert1script")
    assert type(plain.other("")).__name__ == "unknown"


def test_a_bool_is_true_or_false():
    raw = frame({"array": [0, "bool", [2], "torch"]}, [2], b"\x07\x00")
    assert decode(raw).tolist() == [True, False]
