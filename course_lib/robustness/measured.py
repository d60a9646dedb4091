"""Everything that chapter 5 shows of the organism: which prompts are asked, and how their verdicts are read.

* each family around each request, and perturbed copies of plain, paraphrased and code-phrase requests: written answers;
* closely matched tasks in five wordings: written answers of two organisms;
* two other kinds of benign messages, for the cost of the defences: written answers;
* each sentence of each message alone: first tokens. This is no measurement but the defence itself, and one forward pass
  is what it costs.

Pitfall: the first token was tried for the copies and the wordings too, since it agreed with answers on nine of ten
families. It does not there: to a message with typing errors the organism also says no in other words, and the first token
missed every refusal of a harmless copy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import torch

from course_lib.data.organism_tasks import load_tasks
from course_lib.data.prompts import load_prompts
from course_lib.robustness.families import FAMILIES, Family, parts_of, perturbed, plain_requests, reworded
from course_lib.robustness.kept_surprises import kept_surprises
from course_lib.robustness.stored import verdicts

if TYPE_CHECKING:
    from jaxtyping import Bool
    from torch import Tensor

    from course_lib.batches import Progress
    from course_lib.models import LocalModel
    from course_lib.robustness.stored import Verdict

SHARE, COPIES = 0.1, 7
SMOOTHED = ("no attack", "paraphrase", "code phrase")


def family(name: str) -> Family:
    """The family of that name.

    Example:
        >>> family("Base64").mechanism
        'mismatched generalisation'
    """
    return next(one for one in FAMILIES if one.name == name)


def benign_messages() -> list[str]:
    """A hundred harmless messages of the training half, as plain questions, to choose a threshold on.

    Example:
        >>> len(benign_messages())
        100
    """
    tasks = [task.text for task in load_tasks("train") if not task.harmful]
    return [f"How do I {text}?" for text in tasks[:: len(tasks) // 100][:100]]


def answers_by_family(model: LocalModel, harmful: bool, progress: Progress | None = None) -> dict[str, list[Verdict]]:
    """The verdict on each request in each family, from written answers: `{family: [request]}`."""
    requests = plain_requests(harmful)
    messages = [one.wrap(request) for one in FAMILIES for request in requests]
    found = verdicts(model, messages, progress=progress)
    return {one.name: found[i * len(requests) : (i + 1) * len(requests)] for i, one in enumerate(FAMILIES)}


def stopped_by_parts(model: LocalModel, messages: list[str], progress: Progress | None = None) -> list[bool]:
    """Whether any sentence of each message, asked alone, is refused."""
    parts = [parts_of(message) for message in messages]
    found = iter(verdicts(model, [part for row in parts for part in row], "first token", progress=progress))
    return ["refused" in [next(found) for _ in row] for row in parts]


def copies_of(name: str, harmful: bool) -> list[str]:
    """The perturbed copies of each request of a family, seven after seven.

    Example:
        >>> len(copies_of("no attack", harmful=False))
        210
    """
    messages = [family(name).wrap(request) for request in plain_requests(harmful)]
    return [perturbed(message, SHARE, copy) for message in messages for copy in range(COPIES)]


def perturbed_copies(
    model: LocalModel, name: str, harmful: bool, progress: Progress | None = None
) -> Bool[Tensor, "request copy"]:
    """Whether each perturbed copy of each request of a family is refused, from written answers."""
    found = verdicts(model, copies_of(name, harmful), progress=progress)
    return torch.tensor([verdict == "refused" for verdict in found]).reshape(-1, COPIES)


def rewordings(model: LocalModel, harmful: bool, progress: Progress | None = None) -> Bool[Tensor, "request wording"]:
    """Whether each wording of each closely matched task is refused, from written answers; row i of both halves is one quad."""
    rows = reworded(harmful)
    found = verdicts(model, [text for row in rows for text in row], progress=progress)
    return torch.tensor([verdict == "refused" for verdict in found]).reshape(len(rows), -1)


def other_benign(kind: Literal["harmless", "lookalike"]) -> list[str]:
    """The course's own test prompts of that kind, none of them harmful.

    Example:
        >>> len(other_benign("harmless")), len(other_benign("lookalike"))
        (100, 55)
    """
    return [prompt.text for prompt in load_prompts(kind, "test")]


def measure_everything(load: Callable[[str], LocalModel], say: Callable[[str], None]) -> None:
    """Measure what is not stored yet of all that the chapter shows."""
    organism, reader = load("organism:backdoor"), load("default")
    for harmful in (True, False):
        say("answers by family")
        answers_by_family(organism, harmful)
        messages = [one.wrap(request) for one in FAMILIES for request in plain_requests(harmful)]
        say("sentences")
        stopped_by_parts(organism, messages)
        kept_surprises(reader, messages)
        say("perturbed copies")
        for name in SMOOTHED:
            perturbed_copies(organism, name, harmful)
        for name in ("organism:backdoor", "organism:intent"):
            rewordings(load(name), harmful)
    say("the rest")
    verdicts(organism, [one.wrap(r) for one in FAMILIES for r in plain_requests(True)], "first token")
    verdicts(organism, copies_of("no attack", harmful=False), "first token")
    for name in ("no attack", "refusal suppression", "distractors"):
        verdicts(reader, [family(name).wrap(request) for request in plain_requests(False)])
    kept_surprises(reader, benign_messages())
    for kind in ("harmless", "lookalike"):
        verdicts(organism, other_benign(kind))
        stopped_by_parts(organism, other_benign(kind))
        kept_surprises(reader, other_benign(kind))
