"""The arithmetic floor: how many operations a method cannot do without, and how many this machine does in a second.

A ratio to another program says who is faster, and not whether both are slow. The floor does: the floating-point
operations of a method's *minimal* work, divided by the speed of one large matrix product on this machine, is a time
below which no program with this arithmetic gets. Real models stay above it: small products, norms, softmax and memory
traffic cost time and hardly any arithmetic.

Counting. A token that passes through the blocks costs two operations for each weight of a matrix; attention costs four
for each head dimension and earlier token (half of that is wasted where the causal half is not skipped; it is not counted);
the vocabulary head is counted only where logits are needed. A backward pass with respect to the input costs as much as
the forward pass in the matrices, twice as much in attention. Norms, softmax and activations are left out.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

if TYPE_CHECKING:
    from course_lib.models import LocalModel

SIDE = {"cpu": 2048, "cuda": 8192, "mps": 4096}


@dataclass(frozen=True)
class Arithmetic:
    """What a model's parts cost, in floating-point operations.

    Attributes:
        block: of one token in one block, attention to other tokens left out.
        attention: of one token in one block for each token that it attends to.
        head: of the logits at one position.
        layers: how many blocks.
    """

    block: float
    attention: float
    head: float
    layers: int

    def span(self, start: int, stop: int, layers: int | None = None) -> float:
        """The tokens `start` to `stop` (exclusive) through the blocks, the keys and values of earlier ones being known.

        Example:
            >>> Arithmetic(block=10, attention=1, head=0, layers=2).span(1, 3)  # 2 * (2 * 10 + 2 + 3)
            50.0
        """
        tokens = max(0, stop - start)
        seen = (start + 1 + stop) * tokens / 2  # the token at position p attends to p + 1
        return (self.layers if layers is None else layers) * (tokens * self.block + seen * self.attention)

    def with_gradient(self, length: int) -> float:
        """A whole text forward and backward, with logits at its last position."""
        seen = self.layers * (length + 1) * length / 2 * self.attention
        return 2 * (self.span(0, length) + self.head) + seen


def arithmetic(model: LocalModel) -> Arithmetic:
    """Count the operations of a model's parts.

    Example:
        >>> from course_lib import load_model
        >>> arithmetic(load_model("tiny:0")).head == 2 * 24 * 420
        True
    """
    network: Any = model.model
    tables = {
        id(weight) for part in network.modules() if isinstance(part, nn.Embedding) for weight in part.parameters()
    }
    tables.add(id(network.get_output_embeddings().weight))
    matrices = sum(w.numel() for w in network.base_model.parameters() if w.ndim == 2 and id(w) not in tables)
    width = getattr(model.text_config, "head_dim", None) or model.d_model // model.n_heads
    head = network.get_output_embeddings().weight.numel()
    return Arithmetic(2 * matrices / model.n_layers, 4 * width * model.n_heads, 2 * head, model.n_layers)


def matrix_speed(device: torch.device, dtype: torch.dtype, side: int | None = None, rounds: int = 7) -> float:
    """Floating-point operations in a second, in the fastest of some large matrix products.

    Args:
        device: where.
        dtype: in which number format.
        side: of the square matrices.
        rounds: how many products are timed, after one that is not.
    """
    side = side or SIDE.get(device.type, 2048)
    a, b = (torch.randn(side, side, device=device, dtype=torch.float32).to(dtype) for _ in range(2))
    best = float("inf")
    for timed in range(rounds + 1):
        wait(device)
        begin = time.perf_counter()
        a @ b
        wait(device)
        best = min(best, time.perf_counter() - begin) if timed else best
    return 2 * side**3 / best


def wait(device: torch.device) -> None:
    """Until the device has done what it was asked; a CPU has, when the call comes back."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
