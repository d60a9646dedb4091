"""The mean over layers and heads, on numbers in which every wrong axis gives another result."""

from __future__ import annotations

import torch

from course_lib.attention import attention_weights, mean_attention
from course_lib.models import LocalModel


def test_the_mean_of_consecutive_numbers_by_hand() -> None:
    # 2 layers, 3 texts, 4 heads; the entry is 1000 layer + 100 text + 10 head, the same for all queries and keys.
    attentions = [
        torch.tensor([[1000.0 * layer + 100 * text + 10 * head for head in range(4)] for text in range(3)])
        .view(3, 4, 1, 1)
        .expand(3, 4, 5, 6)
        for layer in range(2)
    ]
    mean = mean_attention(attentions)
    assert mean.shape == (3, 5, 6)
    # mean of 0 and 1000, plus the text's own 100s, plus the mean of 0, 10, 20, 30
    torch.testing.assert_close(mean[:, 0, 0], torch.tensor([515.0, 615.0, 715.0]))


def test_texts_of_a_batch_do_not_mix() -> None:
    torch.manual_seed(0)
    layers = [torch.rand(2, 3, 4, 4) for _ in range(5)]
    alone = [mean_attention([layer[i : i + 1] for layer in layers])[0] for i in range(2)]
    torch.testing.assert_close(mean_attention(layers), torch.stack(alone))


def test_a_tuple_as_the_network_returns_it_keeps_rows_that_sum_to_one(tiny: LocalModel) -> None:
    weights = attention_weights(tiny, tiny.encode("The cat sat on the mat"))
    mean = mean_attention(tuple(weights[:, None]))
    torch.testing.assert_close(mean.sum(-1), torch.ones(mean.shape[:-1]), rtol=0, atol=1e-6)
    torch.testing.assert_close(mean[0], weights.mean(dim=(0, 1)))
