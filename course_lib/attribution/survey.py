"""Which method to trust? All of them on many prompts, each judged by what really happens when tokens go.

One prompt of six tokens proves nothing: among so few orders a bad method is lucky every third time. So the question is put
to many prompts, and what is averaged has the same meaning on each of them: *the share of random orders that are less
faithful than the method's*. Chance is one half, exactly. The interval comes from resampling prompts (bootstrap), because
the prompts are what another sample would have changed.

Both tests are read from one table a prompt (`course_lib.attribution.coalition_table`): deletion, highest score first, should
make the answer improbable soon; insertion should make it probable soon.

Pitfalls. Removal and Shapley values are made from the same table, so on this test they are a yardstick and no rivals. And a
survey takes a minute, so its numbers are kept on disk. As with all caches of this course they are checked, not trusted:
the shortest prompt is asked again, and when the answer differs, all is computed anew.

Sources: Samek et al. (2017), arXiv:1509.06321; Petsiuk, Das and Saenko (2018), arXiv:1806.07421.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from course_lib.attribution.coalition_table import CoalitionTable, coalition_table
from course_lib.attribution.gradients import gradient_x_input, saliency
from course_lib.attribution.integrated import integrated_gradients
from course_lib.data.cache import cache_dir, computed_once, version_of
from course_lib.errors import CourseError
from course_lib.render import html_table, text_table

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from course_lib.models import LocalModel

FORMAT = 1  # raise when the meaning of a stored file changes
STEPS = 64  # of integrated gradients at most
REMOVAL, SHAPLEY, INTEGRATED = "removal", "Shapley values", "integrated gradients"
GRADIENT, SALIENCY, ATTENTION, ROLLOUT, RANDOM = (
    "gradient × input",
    "saliency",
    "attention, mean",
    "attention rollout",
    "random numbers",
)
METHODS = (REMOVAL, SHAPLEY, INTEGRATED, GRADIENT, SALIENCY, ATTENTION, ROLLOUT, RANDOM)


@dataclass(frozen=True, eq=False, repr=False)
class Survey:
    """The scores of all methods on all prompts, and the table that judges them.

    Attributes:
        tables: one for each prompt.
        scores: from a method to its scores, one list for each prompt.
        complete: for each prompt, whether integrated gradients added up to within 5 %.
    """

    tables: tuple[CoalitionTable, ...]
    scores: dict[str, tuple[Float[Tensor, " unit"], ...]]
    complete: tuple[bool, ...]

    def beaten(self, method: str, *, deletion: bool = True) -> Float[Tensor, " prompt"]:
        """For each prompt the share of random orders that are less faithful; one half is chance."""
        pairs = zip(self.tables, self.scores[method], strict=True)
        return torch.tensor([table.beaten(scores, deletion=deletion) for table, scores in pairs])

    def gains(self, method: str, *, deletion: bool = True) -> Float[Tensor, " prompt"]:
        """For each prompt by how many nats the mean height of the curve is more faithful than that of random orders."""
        pairs = zip(self.tables, self.scores[method], strict=True)
        return torch.tensor([table.gain(scores, deletion=deletion) for table, scores in pairs])

    def rows(self) -> list[dict[str, Any]]:
        """One mapping per method: both tests with their intervals, and the gain in nats."""
        return [
            {
                "method": method,
                "deletion": spread(self.beaten(method)),
                "insertion": spread(self.beaten(method, deletion=False)),
                "deletion, nats": spread(self.gains(method)),
                "insertion, nats": spread(self.gains(method, deletion=False)),
            }
            for method in self.scores
        ]

    def title(self) -> str:
        """What the table shows."""
        return (
            f"Share of random orders that are less faithful (chance 0.50), and gain over their mean; {len(self.tables)} "
            "prompts, 95 % intervals over prompts"
        )

    def text(self) -> str:
        """The table as plain text."""
        return text_table(self.rows(), title=self.title())

    __str__ = __repr__ = text

    def _repr_html_(self) -> str:
        return html_table(self.rows(), caption=self.title())


def method_survey(
    model: LocalModel, prompts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
) -> Survey:
    """Ask every method about the model's own next token after each prompt; computed once, then read from the cache.

    Args:
        model: a loaded model.
        prompts: short texts, each of 3 to 13 tokens.
        progress: called with (prompts done, prompts in all).

    Raises:
        CourseError: no prompt, or one that is too long.

    Example:
        >>> method_survey(model, SHORT_PROMPTS)  # doctest: +SKIP
    """
    if not prompts:
        raise CourseError("There is no prompt to ask about.", "Give at least one.")
    path = cache_dir() / "surveys" / f"{_key(model, prompts)}.json"
    seen, stored = version_of(path), _read(path)
    if stored is not None and _still_true(model, prompts, stored):
        return stored
    with computed_once(f"survey-{path.stem}"):
        if version_of(path) != seen:  # somebody else has computed it in the meantime
            stored = _read(path)
            if stored is not None and _still_true(model, prompts, stored):
                return stored
        survey = _compute(model, prompts, progress)
        with suppress(OSError):  # a full or read-only disk costs the next run time, not this one its numbers
            _write(path, survey)
    return survey


def _compute(model: LocalModel, prompts: Sequence[str], progress: Callable[[int, int], None] | None) -> Survey:
    tables, scores, complete = [], [], []
    for done, prompt in enumerate(prompts, start=1):
        table, of_prompt, adds_up = _ask_all(model, prompt, seed=done)
        tables.append(table)
        scores.append(of_prompt)
        complete.append(adds_up)
        if progress is not None:
            progress(done, len(prompts))
    by_method = {method: tuple(of_prompt[method] for of_prompt in scores) for method in METHODS}
    return Survey(tuple(tables), by_method, tuple(complete))


def _ask_all(model: LocalModel, prompt: str, seed: int) -> tuple[CoalitionTable, dict[str, Tensor], bool]:
    """One prompt: its table, the scores of every method, and whether integrated gradients added up."""
    from course_lib.attention import attention_rollout, attention_weights

    table = coalition_table(model, prompt)
    ids, target = model.encode(prompt), torch.tensor(table.settings["target_ids"])
    integrated = integrated_gradients(model, ids, target, tolerance=0.05, max_steps=STEPS)
    scores = {
        REMOVAL: table.removal(),
        SHAPLEY: table.shapley(),
        INTEGRATED: integrated.scores[0],
        GRADIENT: gradient_x_input(model, ids, target).scores[0],
        SALIENCY: saliency(model, ids, target).scores[0],
        ATTENTION: attention_weights(model, ids)[:, :, -1].mean(dim=(0, 1)),
        ROLLOUT: attention_rollout(model, ids).rollout[-1],
        RANDOM: torch.rand(len(ids), generator=torch.Generator().manual_seed(seed)),
    }
    return table, {method: row.double().cpu() for method, row in scores.items()}, bool(integrated.settings["converged"])


def bootstrap_mean(values: Float[Tensor, " sample"], *, draws: int = 2000, seed: int = 0) -> tuple[float, float, float]:
    """The mean, and the ends of its 95 % percentile interval when the samples are drawn again.

    Example:
        >>> [round(number, 2) for number in bootstrap_mean(torch.tensor([0.0, 1.0, 0.0, 1.0]))]
        [0.5, 0.0, 1.0]
    """
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randint(len(values), (draws, len(values)), generator=generator)
    means = values.double()[drawn].mean(dim=1)
    low, high = torch.quantile(means, torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    return float(values.double().mean()), low, high


def spread(values: Float[Tensor, " sample"]) -> str:
    """A mean with its bootstrap interval, as text."""
    mean, low, high = bootstrap_mean(values)
    return f"{mean:.2f} [{low:.2f}, {high:.2f}]"


def _key(model: LocalModel, prompts: Sequence[str]) -> str:
    """A name for the survey: the same for the same question, another one for any other."""
    question = [FORMAT, STEPS, METHODS, model.name, str(model.dtype), list(prompts)]
    return hashlib.sha256(json.dumps(question).encode()).hexdigest()[:32]


def _still_true(model: LocalModel, prompts: Sequence[str], stored: Survey) -> bool:
    """Whether the model, as it is now, gives the stored score, and gradient, for the shortest prompt."""
    place = min(range(len(prompts)), key=lambda index: len(prompts[index]))
    if len(stored.tables) != len(prompts):
        return False
    table, ids = stored.tables[place], model.encode(prompts[place])
    target = table.settings["target_ids"]
    fresh = model.logits(ids)[-1].float().log_softmax(-1)[target[0]]
    gradients = gradient_x_input(model, ids, target).scores[0].double()
    return bool((fresh - table.values[-1]).abs() < 1e-2) and torch.allclose(
        gradients, stored.scores[GRADIENT][place], rtol=5e-2, atol=1e-2
    )


def _read(path: Path) -> Survey | None:
    """The stored survey, or None when there is no readable file."""
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
        tables = tuple(
            CoalitionTable(
                tuple(row["units"]), tuple(row["players"]), row["target"],
                torch.tensor(row["values"], dtype=torch.float64), row["settings"],
            )
            for row in whole["tables"]
        )  # fmt: skip
        scores = {
            method: tuple(torch.tensor(row, dtype=torch.float64) for row in rows)
            for method, rows in whole["scores"].items()
        }
        return Survey(tables, scores, tuple(whole["complete"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: Path, survey: Survey) -> None:
    """Write the file completely, then give it its name."""
    tables = [asdict(table) | {"values": table.values.tolist()} for table in survey.tables]
    scores = {method: [row.tolist() for row in rows] for method, rows in survey.scores.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"tables": tables, "scores": scores, "complete": survey.complete}, file)
        os.replace(unfinished, path)
    finally:
        Path(unfinished).unlink(missing_ok=True)
