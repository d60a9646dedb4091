"""Lanes hold every end once, and give the logits of the whole texts."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.models import prefix as prefixes
from course_lib.models.lanes import End, LanePass, lanes_for, pack, plan_lanes, read_lanes
from course_lib.models.prefix import shared_prefix
from tests.attribution.tiny_families import SIZES, build_tiny

LENGTHS = st.lists(st.integers(1, 12), min_size=1, max_size=30)


def ends_of(text: list[int], count: int) -> list[End]:
    """A change of each token, a cut of each, a longer end than the text has, and one of them twice."""
    ends = []
    for place in range(len(text)):
        start = min(place, len(text) - count)
        ends.append(End(start, (*text[start:place], 60, *text[place + 1 :])))
        if len(text) - place > count:
            ends.append(End(place, tuple(text[place + 1 :])))
    return [*ends, End(3, (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)), ends[4]]


@pytest.mark.parametrize("family", list(SIZES))
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("limit", [1, 30, 500])
def test_every_end_gets_the_logits_that_its_text_has_alone(family: str, count: int, limit: int) -> None:
    model = build_tiny(0, family)
    text = torch.randint(0, 61, (9,), generator=torch.Generator().manual_seed(2))
    _, kept = shared_prefix(model, text, 1)
    assert kept is not None
    ends = ends_of(text.tolist(), count)
    seen: dict[int, torch.Tensor] = {}
    for leaves in read_lanes(model, kept, ends, lanes_for(model, ends, limit), count):
        seen |= dict(zip(leaves.rows, leaves.logits, strict=True))
    assert sorted(seen) == list(range(len(ends)))
    for number, end in enumerate(ends):
        alone = model.logits(torch.cat([text[: end.start], torch.tensor(end.tokens)]))[-count:]
        torch.testing.assert_close(seen[number], alone, rtol=0, atol=1e-4)


def test_a_model_that_tells_of_no_head_gets_the_same_logits(monkeypatch: pytest.MonkeyPatch) -> None:
    model, text = build_tiny(0, "llama"), torch.tensor([3, 1, 4, 1, 5])
    _, kept = shared_prefix(model, text, 1)
    assert kept is not None
    ends = ends_of(text.tolist(), 1)
    expected = [leaves.logits for leaves in read_lanes(model, kept, ends, lanes_for(model, ends, 9), 1)]
    monkeypatch.setattr(type(model.model), "get_output_embeddings", lambda _: None)
    without = [leaves.logits for leaves in read_lanes(model, kept, ends, lanes_for(model, ends, 9), 1)]
    for one, other in zip(expected, without, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-5)


def test_a_reading_leaves_no_hook_behind() -> None:
    model = build_tiny(0, "llama")
    head = model.model.get_output_embeddings()
    with prefixes.head_reads(model, lambda states: states[:, :0].expand(0, -1, 7)) as chosen:
        assert chosen
        with pytest.raises(RuntimeError):  # seven numbers are not a residual stream
            model.logits(torch.tensor([3, 1]))
    assert not head._forward_pre_hooks


@given(LENGTHS, st.integers(0, 20))
def test_lanes_hold_each_end_once_and_no_more_than_their_width(lengths: list[int], more: int) -> None:
    width = max(lengths) + more
    lanes = pack(lengths, width)
    assert sorted(number for lane in lanes for number in lane) == list(range(len(lengths)))
    assert max(sum(lengths[number] for number in lane) for lane in lanes) <= width
    half_full = [lane for lane in lanes if 2 * sum(lengths[number] for number in lane) <= width]
    assert len(half_full) <= 1  # two of them would have been one


@settings(max_examples=60)
@given(LENGTHS, st.integers(1, 60), st.sampled_from([1.0, 20.0, 1e9]))
def test_a_plan_holds_each_end_once_and_keeps_its_limit(lengths: list[int], limit: int, keys: float) -> None:
    ends = [End(12 - length, tuple(range(length))) for length in lengths]
    passes = plan_lanes(ends, limit, keys)
    assert sorted(number for part in passes for number in part.ends) == list(range(len(ends)))
    for part in passes:
        assert len(part.lanes) * part.width <= max(limit, max(lengths))
        assert part.kept == max(ends[number].start for number in part.ends)
        assert all(sum(lengths[number] for number in lane) <= part.width for lane in part.lanes)


def test_dear_comparisons_make_narrow_lanes() -> None:
    ends = [End(place, (0,) * (512 - place)) for place in range(512)]

    def widest(passes: list[LanePass]) -> int:
        return max(part.width for part in passes if any(len(lane) > 1 for lane in part.lanes))

    assert widest(plan_lanes(ends, 1536, keys=100.0)) < widest(plan_lanes(ends, 1536, keys=1e9))


def test_of_edits_in_each_place_little_is_filling() -> None:
    ends = [End(place, (0,) * (128 - place)) for place in range(128)]
    tokens = sum(len(end.tokens) for end in ends)
    assert sum(len(part.lanes) * part.width for part in plan_lanes(ends, 1024, keys=1152)) < 1.05 * tokens
