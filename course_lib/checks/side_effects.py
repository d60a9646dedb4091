"""What a call may leave behind: changed data, a hook on the model, changed weights.

Each of these gives right numbers in this case and wrong ones in every later cell, so each is looked for before and after
every call, and put right: hooks are taken off, weights are read anew from where they came from. Looking *before* matters
as much as after: an earlier cell of the notebook may have left a hook, and then the reference itself would be computed on
a damaged model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from course_lib.checks.compare import compare
from course_lib.checks.exercise import ModelHandle

# Hooks that belong to the libraries themselves: transformers records hidden states and attention with hooks that stay.
OWN_HOOKS = ("transformers", "accelerate", "torch", "peft")

_healthy: dict[int, tuple[Any, tuple[float, ...]]] = {}


class Watch:
    """Puts models in order, remembers the state of a call's arguments, and says afterwards what has changed.

    Args:
        given: the case's arguments, untouched.
        used: what the function gets: copies, and loaded models.
        look_before: False where the models are known to be in order.

    Attributes:
        found_before: what was wrong with a model already before the call, in a few words; "" when nothing was.
    """

    def __init__(self, given: Sequence[Any], used: Sequence[Any], *, look_before: bool = True) -> None:
        self.given, self.used = given, used
        self.models = [argument for argument in used if hasattr(argument, "model")]
        self.found_before = self._put_models_right() if look_before else ""

    def changes(self) -> str:
        """What has changed since, in a few words; "" when nothing has. Models are put right again."""
        return self._put_models_right() or self._changed_argument()

    def _put_models_right(self) -> str:
        found = ""
        for model in self.models:
            if remove_hooks(model.model):
                found = "a hook was left on the model"
            if not _is_healthy(model):
                found = "the model's weights were changed and not put back"
        return found

    def _changed_argument(self) -> str:
        for index, (left, right) in enumerate(zip(self.given, self.used, strict=True)):
            if not isinstance(left, ModelHandle) and compare(left, right, rtol=0.0, atol=0.0) is not None:
                return f"your function changed its argument number {index + 1} in place"
        return ""


def _is_healthy(model: Any) -> bool:
    """Whether the weights are those of the first look; where they are not, they are read anew."""
    network = model.model
    first = _healthy.setdefault(id(network), (network, fingerprint(network)))  # kept, so that the id stays taken
    if fingerprint(network) == first[1]:
        return True
    from course_lib.models import restore_weights

    restore_weights(model)
    return False


def fingerprint(network: Any) -> tuple[float, ...]:
    """One number for each weight: a sum over its entries with an uneven factor for each row and each column.

    A change of an entry changes it, and so does an exchange of rows or of columns. One multiplication by a vector reads
    each weight once, so that even the default model takes a fraction of a second.
    """
    import torch

    def uneven(count: int, device: Any) -> Any:
        return torch.cos(torch.arange(1, count + 1, device=device, dtype=torch.float64))

    sums = []
    for weight in network.parameters():
        matrix = weight.detach().reshape(-1, weight.shape[-1])
        rows = matrix @ uneven(matrix.shape[1], matrix.device).to(matrix.dtype)
        sums.append(float(rows.double() @ uneven(len(rows), rows.device)))
    return tuple(sums)


def remove_hooks(network: Any) -> bool:
    """Take off every hook that does not belong to the libraries themselves; whether there was one."""
    found = False
    for table in _hook_tables(network):
        for key in [key for key, hook in table.items() if not _module_of(hook).startswith(OWN_HOOKS)]:
            del table[key]
            found = True
    return found


def _module_of(hook: Any) -> str:
    return str(getattr(getattr(hook, "func", hook), "__module__", None) or type(hook).__module__)


def _hook_tables(network: Any) -> list[dict[int, Any]]:
    names = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return [getattr(module, name) for module in network.modules() for name in names]
