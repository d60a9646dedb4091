"""Hidden states in batches are those of one text at a time, and each row is what it is said to be."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from course_lib.batches import length_sorted_batches
from course_lib.errors import CourseError
from course_lib.models import LocalModel, load_model
from course_lib.probing import hidden_states
from course_lib.probing.forest import SHORT
from tests.attribution.tiny_families import SIZES, build_tiny

# Unequal lengths in no order; the second is a beginning of the fourth, so that a reader of filling is found out.
TEXTS = [
    "The cat sat on the mat and the dog sat on the cat.",
    "The model",
    "Please help me to write a letter.",
    "The model reads the question and writes an answer",
    "Why?",
]


@torch.no_grad()
def one_by_one(model: LocalModel, texts: list[str], position: str) -> torch.Tensor:
    """The slow definition, with the vocabulary head and without any filling."""
    columns = []
    for text in texts:
        out = model.model(model.encode(text)[None], output_hidden_states=True, use_cache=False)
        states = torch.stack(out.hidden_states)[:, 0].float()  # [layer, position, d_model]
        columns.append(states[:, -1] if position == "last" else states.mean(dim=1))
    return torch.stack(columns, dim=1)


# Texts that share a beginning, among them one that is a beginning of the others, and twins.
ALIKE = [
    "You are asked: why",
    "You are asked: why not?",
    "You are asked: how many are there?",
    "You are asked: why not?",
]


@pytest.mark.parametrize("position", ["last", "mean"])
@pytest.mark.parametrize("batch_tokens", [1, 24, 4096])
@pytest.mark.parametrize("texts", [TEXTS, ALIKE, TEXTS[:1], [TEXTS[4]] * 3], ids=["unlike", "alike", "one", "the same"])
def test_batched_states_equal_one_text_at_a_time(
    tiny: LocalModel, texts: list[str], position: Any, batch_tokens: int
) -> None:
    states = hidden_states(tiny, texts, position, batch_tokens=batch_tokens)
    assert states.shape == (3, len(texts), 24)
    # Sums in another order; states of this model are of size 1 to 10.
    torch.testing.assert_close(states, one_by_one(tiny, texts, position), rtol=1e-4, atol=1e-5)


def test_a_common_beginning_is_computed_once(tiny: LocalModel) -> None:
    seen: list[int] = []
    backbone = tiny.model.base_model
    handle = backbone.register_forward_pre_hook(
        lambda _, args, kwargs: seen.append(kwargs["input_ids"].numel()), with_kwargs=True
    )
    try:
        hidden_states(tiny, ALIKE)
    finally:
        handle.remove()
    shared = len(tiny.encode(ALIKE[0])) - 1  # the first text begins all others; one token of it is left over
    assert seen[0] == shared
    longest = max(len(tiny.encode(text)) for text in ALIKE)
    assert sum(seen[1:]) <= len(ALIKE) * (longest - shared)  # in batches, with filling


@pytest.mark.parametrize("position", ["last", "mean"])
@pytest.mark.parametrize("family", list(SIZES))
def test_short_texts_in_trees_beside_long_ones_in_rows(family: str, position: Any) -> None:
    model = build_tiny(0, family)
    texts = ["w1 w2 w3 w4", "w1 w2 w3", "w1 w2 w5 w6 w7", "w8 w2", "w9", "w1 w2 w3 w4", "w1 " + "w2 w3 " * (SHORT // 2)]
    texts += [f"{text} w11" for text in texts]
    torch.testing.assert_close(
        hidden_states(model, texts, position), one_by_one(model, texts, position), rtol=1e-4, atol=1e-4
    )


def test_somebodys_hook_meets_rows_and_no_trees(tiny: LocalModel) -> None:
    shapes: list[torch.Size] = []
    handle = tiny.model.base_model.layers[0].register_forward_hook(lambda _, args, out: shapes.append(args[0].shape))
    try:
        states = hidden_states(tiny, TEXTS)
    finally:
        handle.remove()
    assert sum(shape[0] for shape in shapes) == len(TEXTS)
    torch.testing.assert_close(states, hidden_states(tiny, TEXTS), rtol=1e-4, atol=1e-5)


def test_a_second_reading_takes_trees_as_the_first_does(tiny: LocalModel) -> None:
    """transformers leaves its own hooks on a model that was once asked for hidden states."""
    texts = [
        f"{start} the dog number {number}?" for start in ("The cat and", "Please help me with") for number in range(9)
    ]
    readings = []
    for _ in range(2):
        readings.append([])
        hidden_states(tiny, texts, batch_tokens=64, progress=lambda done, total: readings[-1].append(done))
    assert tiny.model.base_model._output_capturing_hooks_installed
    by_length = [len(rows) for rows in length_sorted_batches([len(tiny.encode(text)) for text in texts], 64)]
    assert readings[1] == readings[0]
    assert len(readings[0]) < len(by_length)


def test_row_0_is_the_embedding_of_the_last_token(tiny: LocalModel) -> None:
    last = torch.stack([tiny.encode(text)[-1] for text in TEXTS])
    torch.testing.assert_close(hidden_states(tiny, TEXTS)[0], tiny.model.get_input_embeddings()(last))


def test_the_last_row_goes_through_the_vocabulary_head_as_it_is(tiny: LocalModel) -> None:
    states = hidden_states(tiny, TEXTS)
    logits = torch.stack([tiny.logits(tiny.encode(text))[-1] for text in TEXTS])
    torch.testing.assert_close(tiny.model.lm_head(states[-1]), logits, rtol=1e-4, atol=1e-4)
    again = tiny.model.lm_head(tiny.model.base_model.norm(3 * states[-2] + states[-1]))
    assert not torch.allclose(again, logits, atol=0.1), "otherwise the line above would show nothing"


def test_the_vocabulary_head_is_not_run() -> None:
    model = load_model("tiny:5")

    def refuse(*_: object) -> None:
        raise AssertionError("the vocabulary head was run")

    handle = model.model.lm_head.register_forward_hook(refuse)
    try:
        hidden_states(model, TEXTS)
    finally:
        handle.remove()


def test_progress_counts_texts(tiny: LocalModel) -> None:
    seen: list[tuple[int, int]] = []
    hidden_states(tiny, TEXTS, batch_tokens=1, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]


def test_half_precision_states_come_back_as_float32() -> None:
    assert hidden_states(load_model("tiny:3", dtype="bfloat16"), TEXTS[:2], "mean").dtype == torch.float32


@pytest.mark.parametrize(
    ("texts", "position", "sentence"),
    [
        ([], "last", "list of texts"),
        ("one text", "last", "list of texts"),
        (["a", ""], "last", "Text 1 has no tokens"),
        (["a", "a " * 600], "last", "Text 1 has"),
        (["a"], "first", "no position 'first'"),
    ],
)
def test_what_cannot_be_read_is_explained(tiny: LocalModel, texts: Any, position: Any, sentence: str) -> None:
    with pytest.raises(CourseError, match=sentence):
        hidden_states(tiny, texts, position)


@pytest.mark.model
def test_batched_states_of_the_default_model_equal_one_text_at_a_time() -> None:
    model = load_model()
    texts = [model.chat(text) for text in TEXTS[1:4]]
    expected = one_by_one(model, texts, "last")
    states = hidden_states(model, texts)
    # Single numbers near zero differ by rounding of the large ones beside them, hence the tolerance by row.
    scale = expected.abs().amax(dim=-1, keepdim=True)
    assert ((states - expected).abs() <= 1e-4 * scale).all()
