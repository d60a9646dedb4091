"""Which model was measured: a fingerprint of its weights, its chat template and its number format.

A name is no identity: "default" stays "default" after somebody has fine-tuned it in place. So the weights take part. Reading
half a gigabyte for a hash would take longer than some of the measurements, so each tensor gives its name, its shape and up to
4,096 of its numbers, evenly spread. Training changes nearly all numbers, so a fine-tuned model has another fingerprint;
somebody who changes one number by hand can escape it, and `--again` measures anew whatever is stored.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from course_lib.models import LocalModel

SAMPLE = 4096


def fingerprint(model: LocalModel) -> str:
    """Sixteen characters that change with the weights, the chat template or the number format.

    Example:
        >>> from course_lib import load_model
        >>> fingerprint(load_model("tiny:0")) == fingerprint(load_model("tiny:1"))
        False
    """
    import torch

    digest = hashlib.sha256(f"{model.dtype} {model.tokenizer.chat_template}".encode())
    for name, tensor in sorted(model.model.state_dict().items()):
        flat = tensor.detach().reshape(-1)
        step = max(1, len(flat) // SAMPLE)
        digest.update(f"{name} {tuple(tensor.shape)}".encode())
        digest.update(flat[::step].to(torch.float32).cpu().numpy().tobytes())
    return digest.hexdigest()[:16]
