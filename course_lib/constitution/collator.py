"""TRL's collator, with the end token taken off answers that were cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trl.trainer.dpo_trainer import DataCollatorForPreference


@dataclass
class CutAnswers(DataCollatorForPreference):
    """As TRL's own; a row's `chosen_cut` and `rejected_cut` say whose end token has to go."""

    def torch_call(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
        """The batch."""
        rows = []
        for example in examples:
            row = dict(example)
            for side in ("chosen", "rejected"):
                if row.pop(f"{side}_cut", False):
                    row[f"{side}_ids"] = row[f"{side}_ids"][:-1]
            rows.append(row)
        return dict(super().torch_call(rows))


def cut_answers(filling: int, longest: int) -> CutAnswers:
    """The collator for rows of at most `longest` tokens."""
    return CutAnswers(pad_token_id=filling, max_length=longest)
