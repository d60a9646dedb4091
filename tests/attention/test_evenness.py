"""Evenness of heads: what can be said in words, and what the library's other functions say of the same maps."""

import torch

from course_lib.attention import even_pattern, head_evenness, mean_entropy
from course_lib.attention.baseline import head_features
from course_lib.attention.weights import attention_weights


def test_even_rows_have_evenness_one_and_pointed_ones_zero(tiny):
    maps = torch.stack([even_pattern(6), torch.eye(6)])
    torch.testing.assert_close(head_evenness(maps), torch.tensor([1.0, 0.0]))


def test_two_positions_have_one_query_that_counts():
    maps = torch.tensor([[1.0, 0.0], [0.25, 0.75]])
    torch.testing.assert_close(head_evenness(maps), mean_entropy(maps) / torch.tensor(2.0).log())


def test_the_length_drops_out_of_an_even_head():
    assert head_evenness(even_pattern(3)) == head_evenness(even_pattern(40))


def test_features_of_the_baseline_are_evenness_and_sink(tiny):
    ids = tiny.encode("The model reads the question")
    torch.testing.assert_close(head_features(tiny, ids)[0], head_evenness(attention_weights(tiny, ids)))
