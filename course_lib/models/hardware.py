"""Where the numbers are computed, and in which format.

Three devices: `cpu`, which everybody has and which is the default, so that a whole class sees the same numbers; `cuda`
(NVIDIA, and AMD in its own build of PyTorch); `mps` (Apple's chips).

Three formats. `float32` keeps about 7 decimal digits and is the default: differences of a few hundredths between two
runs, which is what attribution measures, are far above its rounding. `bfloat16` keeps the range but only 2 to 3 digits;
on processors with matrix units for it, it is several times faster and needs half the memory. `float16` keeps 3 digits
and a small range: residual streams of language models can reach values that overflow it.

Pitfall: an attribution of 0.05 computed in `bfloat16` is mostly rounding. Compare formats before you believe one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from course_lib.errors import CourseError

if TYPE_CHECKING:
    import torch

DTYPES = ("float32", "bfloat16", "float16")


def choose_device(device: str | torch.device | None) -> torch.device:
    """The device that was asked for, the CPU when none was.

    Raises:
        CourseError: there is no such device on this machine.

    Example:
        >>> choose_device(None)
        device(type='cpu')
    """
    import torch

    name = str(device or "cpu")
    try:
        chosen = torch.device(name)
    except RuntimeError as error:
        raise CourseError(f"{name!r} is no device.", 'Devices are "cpu", "cuda" and "mps".') from error
    if chosen.type == "cuda" and (chosen.index or 0) >= torch.cuda.device_count():
        raise CourseError(f"PyTorch sees no device {name!r} here.", 'Use device="cpu", or install PyTorch for CUDA.')
    if chosen.type == "mps" and not torch.backends.mps.is_available():
        raise CourseError('PyTorch sees no "mps" device here: it needs a Mac with Apple silicon.', 'Use device="cpu".')
    if chosen.type not in ("cpu", "cuda", "mps"):
        raise CourseError(f"The course does not run on {name!r}.", 'Devices are "cpu", "cuda" and "mps".')
    return chosen


def choose_dtype(dtype: str | torch.dtype | None) -> torch.dtype:
    """The number format that was asked for, float32 when none was.

    Raises:
        CourseError: it is none of float32, bfloat16 and float16.

    Example:
        >>> choose_dtype("bfloat16")
        torch.bfloat16
    """
    import torch

    name = str(dtype or "float32").removeprefix("torch.")
    if name not in DTYPES:
        raise CourseError(f"{name!r} is no number format for weights here.", f"Choose one of {', '.join(DTYPES)}.")
    chosen: torch.dtype = getattr(torch, name)
    return chosen
