"""Exercise 11.5: take the difference of two means out of states.

The two groups differ in size, the difference of their means is long, and the states lie on both sides of it; one case is in
double precision and one has a single state without a leading axis.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from course_lib.checks.exercise import Case, Exercise, Mistake


def _direction(states_with: Tensor, states_without: Tensor) -> Tensor:
    return states_with.mean(0) - states_without.mean(0)


def _unit(states_with: Tensor, states_without: Tensor) -> Tensor:
    return torch.nn.functional.normalize(_direction(states_with, states_without), dim=0)


def not_a_unit(states: Tensor, states_with: Tensor, states_without: Tensor) -> Tensor:
    """Projects with a direction that has its full length."""
    direction = _direction(states_with, states_without)
    return states - (states @ direction)[..., None] * direction


def divided_once(states: Tensor, states_with: Tensor, states_without: Tensor) -> Tensor:
    """Divides by the length once where it stands squared."""
    direction = _direction(states_with, states_without)
    return states - (states @ direction)[..., None] * direction / direction.norm()


def subtracted(states: Tensor, states_with: Tensor, states_without: Tensor) -> Tensor:
    """Subtracts the same vector from every state."""
    return states - _direction(states_with, states_without)


def kept(states: Tensor, states_with: Tensor, states_without: Tensor) -> Tensor:
    """Keeps the component and drops the rest."""
    unit = _unit(states_with, states_without)
    return (states @ unit)[..., None] * unit


def positive_part(states: Tensor, states_with: Tensor, states_without: Tensor) -> Tensor:
    """Takes out what points along the direction and leaves what points against it."""
    unit = _unit(states_with, states_without)
    return states - (states @ unit).clamp(min=0)[..., None] * unit


def mean_component(states: Tensor, states_with: Tensor, states_without: Tensor) -> Tensor:
    """One component for all: that of the group with the property."""
    unit = _unit(states_with, states_without)
    return states - (states_with.mean(0) @ unit) * unit


def sums(states: Tensor, states_with: Tensor, states_without: Tensor) -> Tensor:
    """Sums in place of means: another direction where the groups differ in size."""
    direction = states_with.sum(0) - states_without.sum(0)
    unit = direction / direction.norm()
    return states - (states @ unit)[..., None] * unit


def mean_of_one_group(states: Tensor, states_with: Tensor, states_without: Tensor) -> Tensor:
    """The mean of the group with the property, nothing subtracted."""
    unit = states_with.mean(0) / states_with.mean(0).norm()
    return states - (states @ unit)[..., None] * unit


def twice(states: Tensor, states_with: Tensor, states_without: Tensor) -> Tensor:
    """Mirrors the states: the component is taken away twice."""
    unit = _unit(states_with, states_without)
    return states - 2 * (states @ unit)[..., None] * unit


def right_by_a_matrix(states: Tensor, states_with: Tensor, states_without: Tensor) -> Tensor:
    """The projection as a matrix, in double precision."""
    unit = _unit(states_with.double(), states_without.double())
    return states.double() @ (torch.eye(len(unit), dtype=torch.double) - torch.outer(unit, unit))


def right_by_loop(states: Tensor, states_with: Tensor, states_without: Tensor) -> Tensor:
    """One state at a time, divided by the squared length."""
    direction = _direction(states_with, states_without)
    rows = states.reshape(-1, states.shape[-1])
    left = [row - torch.dot(row, direction) / torch.dot(direction, direction) * direction for row in rows]
    return torch.stack(left).reshape(states.shape)


def right_in_numpy(states: Tensor, states_with: Tensor, states_without: Tensor) -> Any:
    """The same in NumPy."""
    a, b, x = states_with.numpy(), states_without.numpy(), states.numpy()
    v = a.mean(0) - b.mean(0)
    return x - (x @ v)[..., None] * v / (v @ v)


def _case(name: str, seed: int, *shape: int, one: int, other: int, dtype: torch.dtype = torch.float32) -> Case:
    generator = torch.Generator().manual_seed(seed)
    width = shape[-1]
    shared, property_ = 3 * torch.randn(2, width, generator=generator)

    def some(*size: int) -> Tensor:
        return (shared + torch.randn(*size, width, generator=generator)).to(dtype)

    states = some(*shape[:-1])
    if len(shape) > 1:
        states[::2] -= 2 * property_.to(dtype)  # on both sides of the direction
    return Case(name, (states, some(one) + property_.to(dtype), some(other)))


def _hidden(seed: int) -> tuple[Case, ...]:
    return (
        _case("six states, groups of 5 and 3", 200 + 7 * seed, 6, 8, one=5, other=3),
        _case("a batch of positions", 201 + 7 * seed, 2, 4, 7, one=2, other=6),
        _case("double precision", 202 + 7 * seed, 5, 9, one=4, other=4, dtype=torch.float64),
    )


TAKE_OUT = Exercise(
    id="11.5",
    title="Take a direction out",
    points=2,
    difficulty=2,
    minutes=12,
    reference="course_lib.patching:take_out",
    also_withheld=("course_lib.patching:project_out",),
    returns=(
        "a tensor of the shape of `states`: the states without their component along the difference of the two groups' means"
    ),
    example=(
        "If the means are (3, 1) and (1, 1), the direction is (2, 0) and its unit vector (1, 0). The state (5, 7) has the "
        "component 5 along it; what is left is (0, 7)."
    ),
    hints=(
        "Two steps: find the direction, then subtract from each state its own component along it. Does the direction's "
        "length matter for the result?",
        "The direction is a mean over the examples (axis 0) minus another mean. Divide it by its length. The component of a "
        "state is its dot product with this unit vector, one number for each state; broadcast it back over the width.",
        "```python\ndirection = states_with.mean(dim=0) - ...\nunit = direction / ...\n"
        "return states - (states @ unit)[..., None] * ...\n```",
    ),
    why=(
        "With these three lines, hooked into every layer, people remove the refusals of open models. Whoever runs open "
        "weights should know how thin that line is."
    ),
    visible=(
        _case("six states, groups of 4 and 7", 11, 6, 5, one=4, other=7),
        _case("a batch of positions", 12, 2, 3, 6, one=6, other=2),
        _case("one state", 13, 4, one=3, other=5),
    ),
    hidden=_hidden,
    mistakes=(
        Mistake(
            "length not divided out",
            not_a_unit,
            "Your direction has its full length, so far too much is taken out. Make it a unit vector first.",
        ),
        Mistake(
            "length divided out once",
            divided_once,
            "The direction stands twice in the formula, and you divide by its length once.",
        ),
        Mistake(
            "same vector from all",
            subtracted,
            "You subtract the same vector from every state. That moves all of them alike; each has to lose its *own* "
            "component.",
        ),
        Mistake(
            "component kept",
            kept,
            "You keep the component along the direction and drop everything else. It is the other way round.",
        ),
        Mistake(
            "one side only",
            positive_part,
            "States that point against the direction keep their component. It has to go on both sides.",
        ),
        Mistake(
            "one component for all",
            mean_component,
            "You subtract the group's mean component from every state. Each state has a component of its own.",
        ),
        Mistake(
            "sums for means",
            sums,
            "You subtract sums. Where the groups differ in size that is another direction; take means.",
        ),
        Mistake(
            "one group only",
            mean_of_one_group,
            "Your direction is the mean of the group with the property. What the two groups share has to drop out first.",
        ),
        Mistake(
            "mirrored",
            twice,
            "The component is taken away twice, so its sign has changed. Nothing of it should be left.",
        ),
    ),
    alternatives=(right_by_a_matrix, right_by_loop, right_in_numpy),
    rtol=1e-4,
    atol=1e-4,
    tolerance_reason="entries of about 10 in float32; another order of sums changes the sixth digit",
)
