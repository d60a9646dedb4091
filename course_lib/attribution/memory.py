"""What a batch will cost in memory, estimated before it is spent.

A computer that runs out of memory kills the process, and with it the notebook and an hour of work; a sentence in time
costs nothing. The estimate counts the four things that grow with the batch: activations, attention weights, the keys
and values of earlier tokens, and the logits. It is meant to be right within a factor of two, on the large side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psutil
import torch

from course_lib.errors import CourseError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from course_lib.models import LocalModel


def batch_bytes(
    model: LocalModel, *, rows: int, length: int, prefix: int, targets: int, grows: bool = False
) -> int | None:
    """Bytes that one forward pass needs on top of the weights; None where the configuration does not tell.

    Args:
        model: a loaded model.
        rows: texts in the batch.
        length: tokens of each text that are computed anew.
        prefix: tokens of each text whose keys and values are kept from before.
        targets: positions of each text whose logits are computed.
        grows: whether the keys and values of all layers are kept to the end, and not of one layer at a time.

    Example:
        Twice the rows cost twice the memory::

            batch_bytes(model, rows=2, length=9, prefix=0, targets=1) == 2 * batch_bytes(model, rows=1, ...)
    """
    config = model.text_config
    number = torch.empty(0, dtype=model.dtype).element_size()
    try:
        key_heads = largest(config, "num_key_value_heads", model.n_heads)
        head_width = largest(config, "head_dim", model.d_model // model.n_heads)
        hidden = largest(config, "intermediate_size", 4 * model.d_model)
        vocabulary = int(config.vocab_size)
    except (AttributeError, TypeError, ValueError, ZeroDivisionError):
        return None
    activations = length * (10 * model.d_model + 4 * hidden) * number
    attention = 2 * model.n_heads * length * (prefix + length) * 4
    heads = key_heads + model.n_heads  # as they are, and repeated for the heads that share them
    kept = 2 * model.n_layers * key_heads if grows else 0  # old and grown copy
    keys_and_values = 2 * (heads + kept) * (prefix + length) * head_width * number
    logits = targets * vocabulary * (number + 8)
    return rows * (activations + attention + keys_and_values + logits)


def tree_bytes(model: LocalModel, rows: Sequence[Sequence[int]], targets: int, limit: int) -> int | None:
    """Bytes that one pass over a tree of texts needs at most, on top of the weights; None where nothing tells.

    Args:
        model: a loaded model.
        rows: the texts.
        targets: positions of each text whose logits are computed.
        limit: most tokens of a pass, see `course_lib.models.tree.tree_logits`.
    """
    longest = max(map(len, rows))
    leaves = min(len(rows), limit)
    return batch_bytes(model, rows=1, length=max(longest, limit), prefix=longest, targets=leaves * targets, grows=True)


def largest(config: Any, name: str, otherwise: int) -> int:
    """A size from a configuration: the largest where each layer has its own, `otherwise` where there is none.

    Example:
        >>> from types import SimpleNamespace
        >>> largest(SimpleNamespace(intermediate_size=[16, 64]), "intermediate_size", 8)
        64
    """
    size = getattr(config, name, None) or otherwise
    return int(max(size)) if isinstance(size, list | tuple) else int(size)


def available_bytes(device: torch.device) -> int | None:
    """Free memory on `device`; None where the system does not say."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available) if device.type == "cpu" else None


def check_memory(device: torch.device, needed: int, remedy: str) -> None:
    """Refuse a batch that would take more than nine tenths of the free memory.

    Raises:
        CourseError: naming the memory that is needed, the memory that is free, and `remedy`.
    """
    free = available_bytes(device)
    if free is not None and needed > 0.9 * free:
        raise CourseError(
            f"This would need about {needed / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free.", remedy
        )


def gradient_bytes(model: LocalModel, *, rows: int, length: int, targets: int) -> int | None:
    """Bytes that a forward and a backward pass need on top of the weights; None where the configuration does not tell.

    A backward pass needs what the forward pass computed, so the activations of *all* layers are kept, where a forward
    pass alone holds one layer's at a time.

    Args:
        model: a loaded model.
        rows: texts in the batch.
        length: tokens of each text.
        targets: positions of each text whose logits are computed.

    Example:
        >>> from course_lib import load_model
        >>> model, one = load_model("tiny:0"), {"rows": 1, "length": 9, "targets": 1}
        >>> gradient_bytes(model, **one) > batch_bytes(model, prefix=0, **one)
        True
    """
    forward = batch_bytes(model, rows=rows, length=length, prefix=0, targets=targets)
    if forward is None:
        return None
    number = torch.empty(0, dtype=model.dtype).element_size()
    hidden = largest(model.text_config, "intermediate_size", 4 * model.d_model)
    attention = 2 * model.n_heads * length * length * number
    layer = length * (12 * model.d_model + 4 * hidden) * number + attention
    gradients = (targets + 2) * length * model.d_model * number
    return forward + rows * (model.n_layers * layer + gradients)
