"""The same items through lm-evaluation-harness, the tool that most published numbers come from.

A home-made score is believed when a well-kept tool gives the same on the same items. lm-eval reads tasks from a
folder: a YAML file that says which field is the question, which the choices, and a data file. `write_task` writes such
a folder from items, so that anybody can run it with lm-eval's own command; `through_lm_eval` runs it here, on the
model that is loaded already, without the network.

What makes numbers of two tools differ, met on the way: the space between question and choice (lm-eval's
`target_delimiter`), what counts as a choice's length (`acc_norm` divides by characters *without* that space), a token
that is put in front of every text (not with this tokenizer), and a chat template on one side only.

lm-eval is an optional extra (`pip install 'ai-safety-hands-on[evals]'`); 0.4.13 was compared.
"""

from __future__ import annotations

import io
import json
import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course_lib.errors import CourseError
from course_lib.evals.items import Item
from course_lib.models.quiet import quiet_transformers

if TYPE_CHECKING:
    from course_lib.models import LocalModel

TASK = "course_items"


@dataclass(frozen=True)
class FrameworkResult:
    """What lm-eval says.

    Attributes:
        acc: accuracy by the sum of log-probabilities.
        acc_norm: accuracy by the sum divided by characters.
        log_probs: the log-likelihood of each choice of each item.
        version: of lm-eval.
    """

    acc: float
    acc_norm: float
    log_probs: tuple[tuple[float, ...], ...]
    version: str


def write_task(items: Sequence[Item], folder: Path, name: str = TASK) -> Path:
    """Write items as a task that lm-eval reads: `NAME.yaml` and `NAME.jsonl`.

    Run it with `lm_eval --model hf --model_args pretrained=MODEL --include_path FOLDER --tasks NAME`.

    Args:
        items: with right answers, no chats, all with the same delimiter.
        folder: where to; made if it is not there.
        name: the task's name.

    Returns:
        The YAML file.

    Raises:
        CourseError: items that lm-eval cannot score like this.
    """
    delimiters = {item.delimiter for item in items}
    if len(delimiters) != 1 or any(item.chat or item.gold is None for item in items):
        raise CourseError(
            "These items cannot be written as one task.", "Give items with a right choice, no chats, one delimiter."
        )
    folder.mkdir(parents=True, exist_ok=True)
    rows = [{"context": item.context, "choices": list(item.choices), "gold": item.gold} for item in items]
    data, said = folder / f"{name}.jsonl", folder / f"{name}.yaml"
    data.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    settings = {
        "task": name,
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(data)}},
        "output_type": "multiple_choice",
        "test_split": "test",
        "doc_to_text": "{{context}}",
        "doc_to_choice": "{{choices}}",
        "doc_to_target": "{{gold}}",
        "target_delimiter": delimiters.pop(),
        "metric_list": [{"metric": metric, "aggregation": "mean"} for metric in ("acc", "acc_norm")],
    }
    said.write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")  # JSON is YAML
    return said


def through_lm_eval(model: LocalModel, items: Sequence[Item], *, batch_size: int = 4) -> FrameworkResult:
    """Score items with lm-eval on a loaded model.

    Raises:
        CourseError: items that lm-eval cannot score like this.
    """
    with _offline(), tempfile.TemporaryDirectory() as folder, quiet_transformers():
        import lm_eval
        from lm_eval.models.huggingface import HFLM
        from lm_eval.tasks import TaskManager

        write_task(items, Path(folder))
        network: Any = model.model
        wrapped = HFLM(pretrained=network, tokenizer=model.tokenizer, batch_size=batch_size)
        found: Any = lm_eval.simple_evaluate(
            wrapped,
            tasks=[TASK],
            task_manager=TaskManager(include_path=folder, include_defaults=False),
            bootstrap_iters=0,
        )
    numbers, samples = found["results"][TASK], sorted(found["samples"][TASK], key=lambda one: one["doc_id"])
    log_probs = tuple(tuple(float(answer[0]) for answer in one["filtered_resps"]) for one in samples)
    return FrameworkResult(
        float(numbers["acc,none"]), float(numbers["acc_norm,none"]), log_probs, str(found.get("lm_eval_version", ""))
    )


@contextmanager
def _offline() -> Iterator[None]:
    """lm-eval without network, progress bars and log lines; what was set before is set again."""
    wanted = {"HF_DATASETS_OFFLINE": "1", "HF_HUB_OFFLINE": "1"}
    before, level = {name: os.environ.get(name) for name in wanted}, logging.root.manager.disable
    os.environ.update(wanted)
    logging.disable(logging.WARNING)
    try:
        with redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(level)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
