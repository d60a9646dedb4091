"""A beginning that is lent: the same logits, and nothing kept unless it is asked for."""

from __future__ import annotations

import pytest
import torch

from course_lib.models.prefix import last_logits, shared_prefix
from tests.attribution.tiny_families import SIZES, build_tiny

IDS = torch.tensor([3, 1, 4, 1, 5, 9, 2, 6])


@pytest.mark.parametrize("family", list(SIZES))
@pytest.mark.parametrize("grows", [False, True])
def test_a_lent_beginning_changes_no_logit_and_grows_only_if_asked(family: str, grows: bool) -> None:
    model = build_tiny(0, family)
    _, prefix = shared_prefix(model, IDS, 1)
    assert prefix is not None
    cache = prefix.lend(5, 2, grows=grows)
    lent = last_logits(model, IDS[None, 5:].repeat(2, 1), 1, cache)
    whole = last_logits(model, IDS[None], 1)
    assert torch.allclose(lent, whole.expand_as(lent), atol=1e-5)
    assert cache.get_seq_length() == (len(IDS) if grows else 5)
    assert prefix.layers[0][0].shape[2] == len(IDS)
