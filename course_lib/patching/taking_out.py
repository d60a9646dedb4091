"""Take a direction out of states, written out: the difference of two means, and what is left across it.

    v = mean(states with) − mean(states without),   v̂ = v / |v|,   x ↦ x − v̂ (v̂ · x)

What is left has no component along v̂ at all, whatever each state had; everything at right angles to v̂ stays as it was.

The pitfall is the length. Without dividing by it the formula takes out |v|² times too much, and where |v| is 30 that is a
thousandfold. And it is each state's own component that goes, not the same vector from all of them: that would be a push
along the direction (`add_direction`), which moves all states alike and takes no information away.

Source: Arditi et al. (2024), *Refusal in Language Models Is Mediated by a Single Direction*, section 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor


def take_out(
    states: Float[Tensor, "*example d_model"],
    states_with: Float[Tensor, "one d_model"],
    states_without: Float[Tensor, "other d_model"],
) -> Float[Tensor, "*example d_model"]:
    """States without their component along a difference of means.

    Args:
        states: what is changed, a copy of it.
        states_with: states of texts that have a property.
        states_without: states of texts that do not have it; there may be more or fewer.

    Returns:
        The states, at right angles to the difference of the two means.

    Example:
        >>> import torch
        >>> with_it, without = torch.tensor([[4.0, 1.0], [2.0, 1.0]]), torch.tensor([[1.0, 1.0]])
        >>> take_out(torch.tensor([5.0, 7.0]), with_it, without)
        tensor([0., 7.])
    """
    direction = states_with.mean(dim=0) - states_without.mean(dim=0)
    unit = direction / direction.norm()
    return states - (states @ unit)[..., None] * unit
