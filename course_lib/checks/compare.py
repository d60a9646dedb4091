"""Is this answer the expected one? If not, *which property* of it is not?

"Not equal" is a poor message. A learner who gets the shape wrong needs to hear about the shape, and hear nothing about
numbers. So the comparison looks at one property after the other, from the outside in: kind of value, length or shape,
not-a-number, and the numbers last; the first that differs is what the learner reads.

What is not compared is stated too: any number format passes (float64, a NumPy array, a list of lists in place of a
tensor), because the exercises ask for numbers and not for a container.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


CONTEXT = 12  # letters that are shown before the place where two texts part


@dataclass(frozen=True)
class Difference:
    """The first property in which an answer differs from what was expected.

    Attributes:
        what: "kind", "length", "shape", "not a number" or "values".
        expected: the expected side, short.
        actual: the learner's side, short.
        detail: one sentence.
    """

    what: str
    expected: str
    actual: str
    detail: str


def compare(expected: Any, actual: Any, *, rtol: float, atol: float) -> Difference | None:
    """The first difference between two results, or None when they agree.

    Args:
        expected: a number, string, bytes, tensor, or a list, tuple or dictionary of these.
        actual: the answer.
        rtol: relative tolerance of numbers.
        atol: absolute tolerance of numbers.

    Example:
        >>> import torch
        >>> compare(torch.zeros(2, 3), torch.zeros(3, 2), rtol=0, atol=0).detail
        'The shape should be [2, 3]; yours is [3, 2].'
        >>> compare([(1, 0.5)], [(1, 0.5)], rtol=0, atol=0) is None
        True
    """
    if expected is None and actual is None:
        return None
    if expected is None:
        return Difference("kind", "None", brief(actual), "None is expected here; yours is a value.")
    if actual is None:
        return Difference("kind", brief(expected), "None", "Your function returned nothing: is the `return` missing?")
    if _is_tensor(expected):
        return _compare_numbers(expected, actual, rtol, atol)
    if isinstance(expected, bool | str | bytes):
        if type(expected) is type(actual) and expected == actual:
            return None
        left, right = _apart(expected, actual)
        return Difference("values", left, right, "The value is another one.")
    if isinstance(expected, list | tuple):
        return _compare_sequence(expected, actual, rtol, atol)
    if isinstance(expected, dict):
        return _compare_dictionary(expected, actual, rtol, atol)
    return _compare_numbers(expected, actual, rtol, atol)


def _compare_sequence(expected: Sequence[Any], actual: Any, rtol: float, atol: float) -> Difference | None:
    if hasattr(actual, "tolist"):  # a tensor or an array
        actual = actual.tolist()
    if not isinstance(actual, list | tuple):
        detail = f"A list is expected; yours is of type {type(actual).__name__}."
        return Difference("kind", "a list", type(actual).__name__, detail)
    if len(expected) != len(actual):
        detail = f"There should be {len(expected)} entries; you have {len(actual)}."
        return Difference("length", brief(expected), brief(actual), detail)
    for index, (left, right) in enumerate(zip(expected, actual, strict=True)):
        difference = compare(left, right, rtol=rtol, atol=atol)
        if difference is not None:
            if brief(left) == brief(right):  # what differs is behind what is shown of them
                detail = f"Entry {index}: {difference.detail}"
                return Difference(difference.what, difference.expected, difference.actual, detail)
            detail = f"Entry {index} should be {brief(left)}; yours is {brief(right)}."
            return Difference(difference.what, brief(left), brief(right), detail)
    return None


def _compare_dictionary(expected: dict[Any, Any], actual: Any, rtol: float, atol: float) -> Difference | None:
    if not isinstance(actual, dict):
        detail = f"A dictionary is expected; yours is of type {type(actual).__name__}."
        return Difference("kind", "a dictionary", type(actual).__name__, detail)
    if expected.keys() != actual.keys():
        detail = f"The keys should be {brief(list(expected))}; yours are {brief(list(actual))}."
        return Difference("values", brief(list(expected)), brief(list(actual)), detail)
    for key, value in expected.items():
        difference = compare(value, actual[key], rtol=rtol, atol=atol)
        if difference is not None:
            return Difference(
                difference.what, difference.expected, difference.actual, f"At {key!r}: {difference.detail}"
            )
    return None


def _compare_numbers(expected: Any, actual: Any, rtol: float, atol: float) -> Difference | None:
    import torch

    wanted = _numbers(expected).double()
    try:
        given = _numbers(actual)
        if given.is_complex() or given.is_quantized or given.layout is not torch.strided:
            raise TypeError
        given = given.double()
    except (TypeError, ValueError, RuntimeError, OverflowError):
        kind = "a tensor" if wanted.ndim else "a number"
        detail = f"{kind.capitalize()} is expected; yours is of type {type(actual).__name__}."
        return Difference("kind", kind, type(actual).__name__, detail)
    if wanted.shape != given.shape:
        detail = f"The shape should be {list(wanted.shape)}; yours is {list(given.shape)}."
        return Difference("shape", str(list(wanted.shape)), str(list(given.shape)), detail)
    if torch.isnan(given).any() and not torch.isnan(wanted).any():
        detail = f"{int(torch.isnan(given).sum())} of {given.numel()} numbers are not a number (NaN)."
        return Difference("not a number", brief(wanted), brief(given), detail)
    if torch.allclose(given, wanted, rtol=rtol, atol=atol, equal_nan=True):
        return None
    return _largest_difference(wanted, given)


def _numbers(value: Any) -> Tensor:
    """Numbers as a tensor in their own precision: torch alone would read Python's numbers, which are double, as single."""
    import numpy as np
    import torch

    return value.detach().cpu() if isinstance(value, torch.Tensor) else torch.as_tensor(np.asarray(_plain(value)))


def _plain(value: Any) -> Any:
    """Lists that hold tensors or arrays as lists of numbers; everything else as it is."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.tolist() if hasattr(value, "tolist") else value


def _largest_difference(wanted: Tensor, given: Tensor) -> Difference:
    import torch

    gap = torch.nan_to_num((wanted - given).abs(), nan=float("inf"))
    where = [int(i) for i in torch.unravel_index(gap.argmax(), gap.shape)]
    left, right = float(wanted[tuple(where)]), float(given[tuple(where)])
    place = f" at {where}" if where else ""
    digits = next((n for n in (4, 6, 9) if f"{left:.{n}g}" != f"{right:.{n}g}"), 17)
    numbers = f"{left:.{digits}g}", f"{right:.{digits}g}"
    detail = f"The largest difference is{place}: expected {numbers[0]}, yours {numbers[1]}."
    if brief(wanted) == brief(given):  # the first few numbers are alike: show the ones that differ
        return Difference("values", f"{numbers[0]}{place}", f"{numbers[1]}{place}", detail)
    return Difference("values", brief(wanted), brief(given), detail)


def _apart(expected: Any, actual: Any) -> tuple[str, str]:
    """Two values that differ, in short; of long texts that begin alike the part from a little before where they part.

    Example:
        >>> _apart("a" * 90 + " yes", "a" * 90 + " no")
        ("…'aaaaaaaaaaa yes'", "…'aaaaaaaaaaa no'")
    """
    left, right = brief(expected), brief(actual)
    if left != right or type(expected) is not type(actual) or isinstance(expected, bool):
        return left, right
    pairs = enumerate(zip(expected, actual, strict=False))
    place = next((i for i, (one, other) in pairs if one != other), min(len(expected), len(actual)))
    start = max(0, place - CONTEXT)
    return f"…{brief(expected[start:])}", f"…{brief(actual[start:])}"


def brief(value: Any, width: int = 64) -> str:
    """A value in one short line, for tables.

    Example:
        >>> import torch
        >>> brief(torch.tensor([1.0, 2.5]))
        '[2] 1, 2.5'
    """
    if _is_tensor(value) and not value.is_complex():
        numbers = ", ".join(f"{float(x):.3g}" for x in value.flatten()[:4])
        text = f"{list(value.shape)} {numbers}" if value.ndim else numbers
        text += ", …" if value.numel() > 4 else ""
    elif isinstance(value, float):
        text = f"{value:.4g}"
    elif isinstance(value, list | tuple):
        inner = ", ".join(brief(item) for item in value[:3]) + (", …" if len(value) > 3 else "")
        counted = f"{len(value) or 'no'} {'entry' if len(value) == 1 else 'entries'}"
        text = f"({inner})" if isinstance(value, tuple) else ": ".join(filter(None, [counted, inner]))
    else:
        text = repr(value)
    return text if len(text) <= width else text[: width - 1] + "…"


def _is_tensor(value: Any) -> bool:
    return hasattr(value, "detach") and hasattr(value, "ndim")
