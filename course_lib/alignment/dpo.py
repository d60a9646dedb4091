"""Direct preference optimisation: train on preferences without a reward model in between.

RLHF maximises reward minus beta times the divergence from a reference policy. The best policy of that problem is known:

    policy(answer) = reference(answer) exp(reward(answer) / beta) / Z(request).

Solve this for the reward: beta (log policy - log reference) + beta log Z. Put it into the Bradley-Terry loss, where only
the difference between two answers to one request counts, and Z, which nobody can compute, cancels. What is left is a loss
on four log probabilities. So every policy has an *implicit reward*, beta (log policy - log reference), and training fits
that reward to the preferences.

Pitfall: the loss sees the margin between the two and nothing else. It can fall while the log probability of the *preferred*
answer falls too, as long as that of the other one falls faster.

Source: R. Rafailov et al., "Direct preference optimization: your language model is secretly a reward model",
arXiv:2305.18290.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn.functional import softplus

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor


def dpo_loss(
    policy_chosen: Float[Tensor, " pair"],
    policy_rejected: Float[Tensor, " pair"],
    reference_chosen: Float[Tensor, " pair"],
    reference_rejected: Float[Tensor, " pair"],
    beta: float,
) -> tuple[Float[Tensor, ""], Float[Tensor, "2 pair"]]:
    """The loss of direct preference optimisation and the implicit rewards; exercise 2.4.

    Args:
        policy_chosen: log probability of the preferred answers under the policy that is trained.
        policy_rejected: of the other ones.
        reference_chosen: log probability of the preferred answers under the reference policy.
        reference_rejected: of the other ones.
        beta: how much a nat of divergence costs.

    Returns:
        The loss, mean over pairs, in nats; and the implicit rewards, the preferred answers' first.

    Example:
        >>> ones = torch.ones(2)
        >>> loss, rewards = dpo_loss(-1 * ones, -4 * ones, -2 * ones, -2 * ones, beta=0.5)
        >>> round(float(loss), 4), rewards.tolist()
        (0.2014, [[0.5, 0.5], [-1.0, -1.0]])
    """
    chosen = beta * (policy_chosen - reference_chosen)
    rejected = beta * (policy_rejected - reference_rejected)
    return softplus(rejected - chosen).mean(), torch.stack([chosen, rejected])
