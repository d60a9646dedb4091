"""Rotary position scaling that a GGUF file states in a place where transformers does not look.

Rotary embeddings (Su et al. 2021) turn each pair of query and key components by an angle that grows with the position;
each pair has its own frequency. Models that were stretched to longer texts slow the low frequencies down. Llama 3.1 and
3.2 do it by a rule with four numbers; a GGUF file stores the *result* of that rule, one divisor per frequency, in a
tensor called `rope_freqs.weight`. transformers builds the model from the settings, finds no scaling there and leaves
the tensor lying. The model still talks fluently, with every position slightly wrong: nobody would notice.

So the divisors in the file are compared with what the rule gives. When they agree, the rule goes into the config, and
the model is right. When they do not, or the file scales positions in another way, loading stops with an error.

Sources: Su et al., "RoFormer", arXiv 2104.09864; Llama 3.1's rule is the `llama3` type in transformers'
`modeling_rope_utils`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from course_lib.errors import CourseError
from course_lib.models.gguf_header import ROPE_PREFIXES, Header

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

LOW, HIGH, ORIGINAL_LENGTH = 1.0, 4.0, 8192
"""The three numbers of the rule that all Llama 3.1 and 3.2 models share; the fourth, the factor, is in the tensor."""


def restore_rope_scaling(header: Header, config: Any) -> None:
    """Put the scaling that a GGUF file means into the configuration that was read from it.

    Args:
        header: the file's header.
        config: the transformers configuration; changed in place.

    Raises:
        CourseError: the file scales positions in a way that cannot be carried over.
    """
    found = getattr(config, "rope_parameters", None)
    if found is None or found.get("rope_type", "default") != "default":
        return  # no rotary positions, or transformers knew about the scaling
    if header.rope_divisors is not None:
        config.rope_parameters = llama3_rule(header, found["rope_theta"])
        return
    kind = header.metadata.get(f"{header.architecture}.rope.scaling.type", "none")
    if kind != "none" or any(name.startswith(ROPE_PREFIXES) for name in header.shapes):
        raise unreadable(header.name)


def llama3_divisors(n: int, theta: float, factor: float) -> Float[Tensor, " frequency"]:
    """The divisors that Llama 3's rule gives: 1 for short wavelengths, `factor` for long ones, a ramp in between.

    Args:
        n: how many frequencies, half the head's width.
        theta: base of the rotary frequencies.
        factor: how much the lowest frequencies are slowed down.

    Example:
        >>> divisors = llama3_divisors(32, 500_000.0, 32.0)
        >>> divisors[0].item(), divisors[-1].item()
        (1.0, 32.0)
    """
    import torch

    wavelength = 2 * math.pi * theta ** (torch.arange(n, dtype=torch.float64) / n)
    share_kept = ((ORIGINAL_LENGTH / wavelength - LOW) / (HIGH - LOW)).clamp(0, 1)
    return (1 / (share_kept + (1 - share_kept) / factor)).float()


def llama3_rule(header: Header, theta: float) -> dict[str, Any]:
    """Llama 3's rule in transformers' words, if the divisors in the file come from it."""
    import torch

    divisors = torch.tensor(header.rope_divisors)
    factor = round(float(divisors.max()), 3)
    if not torch.allclose(divisors, llama3_divisors(len(divisors), theta, factor), rtol=1e-3):
        raise unreadable(header.name)
    return {
        "rope_type": "llama3",
        "rope_theta": theta,
        "factor": factor,
        "low_freq_factor": LOW,
        "high_freq_factor": HIGH,
        "original_max_position_embeddings": ORIGINAL_LENGTH,
    }


def unreadable(name: str) -> CourseError:
    """The error for a scaling that we cannot express."""
    return CourseError(
        f"{name} scales its rotary positions in a way that transformers does not read from GGUF, so its answers would "
        "be slightly wrong everywhere.",
        "Use the same model from the Hugging Face hub or from a folder in its layout.",
    )
