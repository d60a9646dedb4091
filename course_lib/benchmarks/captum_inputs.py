"""Captum, asked in the two ways in which it can be asked about a language model.

* **As its guide says**: `LLMAttribution` and `LLMGradientAttribution` around a method. They take a whole text, compute
  logits at every position, and run one text at a time.
* **Tuned**: the method itself (`FeatureAblation`, `ShapleyValueSampling`, `LayerIntegratedGradients`) around a function
  of our own that computes only the last logits, with the batch size that is fastest on this machine, found before the
  clock starts. This is more than most people do, and the harder opponent.

Both replace a token by another token id; so do our methods in these comparisons.

Source: Kokhlikyan et al. (2020), *Captum*, arXiv:2009.07896; Miglani et al. (2023), arXiv:2312.05491, for language models.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from course_lib.benchmarks.floor import wait
from course_lib.benchmarks.setting import Setting
from course_lib.models.prefix import last_logits

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from torch import Tensor

MOST_TOKENS = {"cpu": 2048, "cuda": 65536, "mps": 8192}


def token_input(setting: Setting) -> Any:
    """The prompt as Captum's `TextTokenInput`, from ids: a text cut at a token may be read as other tokens."""
    from captum.attr import TextTokenInput

    text: Any = TextTokenInput("a", setting.model.tokenizer, baselines=setting.replacement)
    text.inp_tensor = text.itp_tensor = setting.ids.cpu()[None]
    text.values = setting.model.tokens(setting.ids)
    text.n_itp_features = setting.length
    return text


def last_score(setting: Setting) -> Callable[[Int[Tensor, "row position"]], Float[Tensor, " row"]]:
    """The log probability of the target after each text, from the last logits alone."""

    def score(rows: Int[Tensor, "row position"]) -> Float[Tensor, " row"]:
        return last_logits(setting.model, rows.long(), 1)[:, -1].float().log_softmax(-1)[:, setting.target]

    return score


def fastest_rows(setting: Setting, work: Callable[[Int[Tensor, "row position"]], Any], most: int) -> int:
    """How many texts in one pass take the least time each: 1, 2, 4, … up to `most`, or until memory is at risk."""
    if setting.sizes.rows:
        return setting.sizes.rows
    limit = max(1, min(most, MOST_TOKENS.get(setting.model.device.type, 2048) // setting.length))
    candidates = [2**power for power in range(limit.bit_length())]
    return min(candidates, key=lambda rows: _seconds_per_row(setting, work, rows))


def _seconds_per_row(setting: Setting, work: Callable[[Tensor], Any], rows: int) -> float:
    """The better of two timings."""
    batch, times = setting.ids.repeat(rows, 1), []
    for _ in range(2):
        wait(setting.model.device)
        begin = time.perf_counter()
        work(batch)
        wait(setting.model.device)
        times.append(time.perf_counter() - begin)
    return min(times) / rows
