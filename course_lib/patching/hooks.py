"""Reading and changing values while a model runs, and leaving no trace.

PyTorch calls a *hook* each time a module runs: before it, with its input, or after it, with its output. What a hook
returns takes the place of what it was given. Everything in this folder is built from the three functions below.

The pitfall is the hook that stays. A hook registered in a notebook cell that then fails is still there in the next
cell, and every later result is silently wrong. So hooks live inside `with` blocks only, and are removed whatever
happens in between. The second pitfall is the shape of an output: depending on family and version, a layer returns a
tensor, or a tuple that begins with one. `output[0]` of a *tensor* is the first example of the batch, and no error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn


def main_tensor(value: Any) -> Tensor:
    """The tensor that a layer returned: the value itself, or the first item of a tuple."""
    return value[0] if isinstance(value, tuple) else value


def main_input(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    """The tensor that a layer was given: its first argument, or the one named `hidden_states`."""
    return args[0] if args else kwargs["hidden_states"]


@contextmanager
def input_edited(module: nn.Module, edit: Callable[[Tensor], Tensor]) -> Iterator[None]:
    """Inside the block, `module` receives `edit(input)` in place of its input.

    Example:
        >>> import torch
        >>> layer = torch.nn.Identity()
        >>> with input_edited(layer, lambda value: 2 * value):
        ...     print(layer(torch.tensor([1.0, 2.0])))
        tensor([2., 4.])
        >>> layer(torch.tensor([1.0, 2.0]))
        tensor([1., 2.])
    """

    def hook(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        edited = edit(main_input(args, kwargs))
        return ((edited, *args[1:]), kwargs) if args else (args, {**kwargs, "hidden_states": edited})

    handle = module.register_forward_pre_hook(hook, with_kwargs=True)
    try:
        yield
    finally:
        handle.remove()


@contextmanager
def output_edited(module: nn.Module, edit: Callable[[Tensor, Tensor], Tensor]) -> Iterator[None]:
    """Inside the block, `module` gives `edit(input, output)` in place of its output; the rest of a tuple stays.

    Example:
        >>> import torch
        >>> layer = torch.nn.Linear(2, 2)
        >>> with output_edited(layer, lambda value, output: value):
        ...     print(layer(torch.tensor([1.0, 2.0])))
        tensor([1., 2.])
    """

    def hook(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> Any:
        edited = edit(main_input(args, kwargs), main_tensor(output))
        return (edited, *output[1:]) if isinstance(output, tuple) else edited

    handle = module.register_forward_hook(hook, with_kwargs=True)
    try:
        yield
    finally:
        handle.remove()


@contextmanager
def recorded(modules: Mapping[Any, nn.Module], read: Callable[[Tensor, Tensor], Tensor]) -> Iterator[dict[Any, Tensor]]:
    """Inside the block, `read(input, output)` of each module is written into the dictionary, under the module's name.

    Example:
        >>> import torch
        >>> layer = torch.nn.ReLU()
        >>> with recorded({"relu": layer}, lambda value, output: output - value) as seen:
        ...     _ = layer(torch.tensor([-1.0, 2.0]))
        >>> seen["relu"]
        tensor([1., 0.])
    """
    seen: dict[Any, Tensor] = {}

    def keep(name: Any) -> Callable[[Tensor, Tensor], Tensor]:
        def note(value: Tensor, output: Tensor) -> Tensor:
            seen[name] = read(value, output).detach()
            return output

        return note

    with ExitStack() as stack:
        for name, module in modules.items():
            stack.enter_context(output_edited(module, keep(name)))
        yield seen
