"""The comparison names the property that differs, and accepts every container that holds the right numbers."""

import numpy as np
import pytest
import torch

from course_lib.checks.compare import compare


@pytest.mark.parametrize(
    ("actual", "what"),
    [
        (None, "kind"),
        ("text", "kind"),
        (object(), "kind"),
        (torch.zeros(3, 2), "shape"),
        (torch.full((2, 3), float("nan")), "not a number"),
        (torch.ones(2, 3), "values"),
        (torch.full((2, 3), float("inf")), "values"),
        ([[0, 0, 0], [0, 0]], "kind"),
        (torch.zeros(2, 3, dtype=torch.complex64), "kind"),
    ],
)
def test_first_differing_property_is_named(actual, what):
    difference = compare(torch.zeros(2, 3), actual, rtol=0, atol=1e-6)
    assert difference is not None
    assert difference.what == what
    assert difference.detail.endswith((".", "?"))


@pytest.mark.parametrize("actual", [[[0, 0]], np.zeros((1, 2)), torch.zeros(1, 2, dtype=torch.float64), ((0.0, 0.0),)])
def test_any_container_of_the_right_numbers_passes(actual):
    assert compare(torch.zeros(1, 2), actual, rtol=0, atol=0) is None


@pytest.mark.parametrize("actual", [np.array([(0, 1, 0.5)]), torch.tensor([(0, 1, 0.5)]), [np.array([0, 1, 0.5])]])
def test_a_list_of_connections_may_be_an_array(actual):
    assert compare([(0, 1, 0.5)], actual, rtol=0, atol=1e-6) is None


def test_a_list_of_row_tensors_is_a_tensor():
    assert compare(torch.ones(2, 3), [torch.ones(3), torch.ones(3)], rtol=0, atol=0) is None


def test_position_of_the_largest_difference_is_told():
    expected, actual = torch.zeros(2, 3), torch.zeros(2, 3)
    actual[1, 2] = 0.5
    difference = compare(expected, actual, rtol=0, atol=1e-6)
    assert "[1, 2]" in difference.detail
    assert "0.5" in difference.detail


@pytest.mark.parametrize(
    ("actual", "what"),
    [([(0, 1, 0.5)], "length"), ([(0, 1, 0.5), (1, 0, 0.3)], "values"), (7, "kind"), ([(0, 1, 0.5), (0, 1)], "length")],
)
def test_lists_are_compared_entry_by_entry(actual, what):
    difference = compare([(0, 1, 0.5), (0, 2, 0.3)], actual, rtol=0, atol=1e-6)
    assert difference.what == what


def test_expected_nan_must_be_nan():
    nan = torch.tensor([float("nan"), 1.0])
    assert compare(nan, nan.clone(), rtol=0, atol=0) is None
    assert compare(nan, torch.tensor([0.0, 1.0]), rtol=0, atol=0).what == "values"


def test_double_precision_is_kept() -> None:
    third = torch.tensor([1 / 3], dtype=torch.float64)
    assert compare(third, third.clone(), rtol=0.0, atol=0.0) is None


def test_an_unchanged_tensor_in_double_precision_is_equal_to_the_last_digit() -> None:
    values = torch.tensor([1 / 3, -5.1, 1e-12], dtype=torch.float64)
    assert compare(values, values.clone(), rtol=0, atol=0) is None
    assert compare(values, values + 1e-12, rtol=0, atol=0) is not None


def test_an_unchanged_array_or_number_in_double_precision_is_equal_to_the_last_digit() -> None:
    array = np.array([0.1, 1 / 3])
    assert compare(array, array.copy(), rtol=0, atol=0) is None
    assert compare(0.1, 0.1, rtol=0, atol=0) is None
    assert compare(array, array + 1e-12, rtol=0, atol=0) is not None


def test_a_value_where_none_is_expected_is_a_difference() -> None:
    assert compare(None, torch.zeros(2), rtol=0, atol=0).what == "kind"


def test_bytes_and_dictionaries_are_compared() -> None:
    assert compare(b"ab", b"ab", rtol=0, atol=0) is None
    assert compare(b"ab", b"ac", rtol=0, atol=0).what == "values"
    assert compare({"a": [1.0]}, {"a": [1.0]}, rtol=0, atol=0) is None
    assert compare({"a": 1.0}, {"b": 1.0}, rtol=0, atol=0).what == "values"
    assert compare({"a": 1.0}, {"a": 2.0}, rtol=0, atol=0).detail.startswith("At 'a'")
    assert compare({"a": 1.0}, [1.0], rtol=0, atol=0).what == "kind"


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("begins alike and goes on " * 3 + "yes", "begins alike and goes on " * 3 + "no"),
        ("x" * 200, "x" * 201),
        (b"y" * 200 + b"1", b"y" * 200 + b"2"),
        (torch.tensor([1.0, 2, 3, 4, 5]), torch.tensor([1.0, 2, 3, 4, 6])),
        (torch.tensor(0.123456), torch.tensor(0.123457)),
        ([[1, 2, 3, 4, 5]], [[1, 2, 3, 4, 6]]),
        ([["one", "two", "three", "four"]], [["one", "two", "three", "five"]]),
        ({"key": [1, 2, 3, "s" * 90]}, {"key": [1, 2, 3, "s" * 90 + "t"]}),
    ],
)  # fmt: skip
def test_what_is_shown_of_two_that_differ_differs(expected, actual):
    difference = compare(expected, actual, rtol=0, atol=0)
    assert difference.expected != difference.actual
    assert max(len(difference.expected), len(difference.actual)) < 90
