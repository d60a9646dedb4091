"""Ablation: take a part out of the model and see what the model can no longer do.

A part that is active while the model does something need not be the part that does it. Ablation asks the causal
question: what changes when the part says nothing, or says something else? The difference between the clean and the
ablated run is the part's *effect* on this answer.

"Something else" is a choice, and it decides the result. This module offers three, and no default:

* `mode="zero"` writes zeros. The rest of the model has never seen that; part of the damage is surprise.
* `mode="mean"` writes the part's average over reference texts: what it says about *this* text is gone, its usual level
  stays.
* `mode="resample"` writes what the part says about another text at the same position (also called interchange
  intervention, or patching from a corrupted run): all values are ordinary, and only the difference between the two
  texts is tested.

They answer different questions and rank parts differently. In a small measurement on the default model, with
indirect-object sentences, zero and mean ablation ranked heads alike (Spearman 0.78), and resample ablation ranked them
differently from both (0.10 from zero, 0.15 from mean). A head that carries something that both texts share shows under zero
and mean, and is invisible under resample. Say which one was used.

Where the cut is made: a *head* is its slice of the input of the attention's output projection, a *neuron* is its entry
of the input of the MLP's down projection, a *layer* is what the whole block adds to the residual stream (its output
minus its input, attention and MLP together).

The pitfall in reading effects: models compensate. When one head is gone others may take over ("backup heads"), so a
small effect does not prove that the part was idle.

Source: Wang et al. (2022), *Interpretability in the Wild*, for mean ablation and backup heads; Zhang and Nanda (2023),
*Towards Best Practices of Activation Patching in Language Models*, for how much the choice matters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING

from course_lib.patching.hooks import input_edited, output_edited
from course_lib.patching.stand_ins import Mode, Reference, Site, fitted, site_module, stand_ins
from course_lib.patching.structure import Structure, check_number, find_structure

if TYPE_CHECKING:
    from torch import Tensor

    from course_lib.models import LocalModel


@contextmanager
def ablate(
    model: LocalModel,
    *,
    heads: Iterable[tuple[int, int]] = (),
    neurons: Iterable[tuple[int, int]] = (),
    layers: Iterable[int] = (),
    mode: Mode,
    reference: Reference | None = None,
) -> Iterator[LocalModel]:
    """Inside the block, the chosen parts of `model` are replaced; behind it, the model is as it was.

    Args:
        model: a loaded model.
        heads: pairs (layer, head).
        neurons: pairs (layer, neuron of the MLP).
        layers: whole blocks.
        mode: "zero", "mean" or "resample", see the module's text.
        reference: "mean": one or more texts, or tensors of ids; "resample": one text of the same length as the texts
            that will run; "zero": nothing. The values are taken from the model as it is before the block.

    Yields:
        The same model.

    Raises:
        CourseError: a part that the model does not have; a reference that is missing, unused, or of another length.

    Example:
        >>> from course_lib import load_model
        >>> model = load_model("tiny:0")
        >>> ids = model.encode("the cat sat on the")
        >>> with ablate(model, heads=[(0, 2), (1, 1)], mode="zero"):
        ...     ablated = model.logits(ids)
        >>> bool((ablated == model.logits(ids)).all())
        False
    """
    structure = find_structure(model)
    columns = choose(structure, heads, neurons, layers)
    values = stand_ins(model, structure, list(columns), mode, reference)
    with ExitStack() as stack:
        for site, chosen in columns.items():
            stack.enter_context(_replaced(structure, site, chosen, values[site]))
        yield model


def choose(
    structure: Structure,
    heads: Iterable[tuple[int, int]],
    neurons: Iterable[tuple[int, int]],
    layers: Iterable[int],
) -> dict[Site, list[int]]:
    """For each site that is touched, the entries of its last dimension that are replaced.

    Raises:
        CourseError: when a layer, head or neuron does not exist.
    """
    columns: dict[Site, list[int]] = defaultdict(list)
    for layer, head in heads:
        check_number("layer", layer, len(structure.blocks))
        check_number("head", head, structure.n_heads)
        columns["heads", layer] += structure.head_columns(head)
    for layer, neuron in neurons:
        check_number("layer", layer, len(structure.blocks))
        check_number("neuron", neuron, structure.n_neurons)
        columns["neurons", layer].append(neuron)
    for layer in layers:
        check_number("layer", layer, len(structure.blocks))
        columns["layers", layer] = []  # all of them
    return dict(columns)


def _replaced(structure: Structure, site: Site, columns: list[int], stand_in: Tensor) -> AbstractContextManager[None]:
    """The hook that puts a stand-in where a site writes."""
    module = site_module(structure, site)
    if site[0] == "layers":
        return output_edited(module, lambda before, after: before + fitted(stand_in, before))
    return input_edited(module, _with_columns(columns, stand_in))


def _with_columns(columns: list[int], stand_in: Tensor) -> Callable[[Tensor], Tensor]:
    """A function that copies a value and replaces some entries of its last dimension."""

    def edit(value: Tensor) -> Tensor:
        edited = value.clone()
        edited[..., columns] = fitted(stand_in, value)[..., columns]
        return edited

    return edit
