"""The cross-validated sweep: pairs kept together, every example held out once, a control that finds nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from course_lib.errors import CourseError
from course_lib.probing import bag_of_words_accuracy, probe_accuracy, probe_by_layer
from course_lib.probing.sweep import pair_folds, shuffle_within_pairs

PAIRS = [i // 2 for i in range(120)]
LABELS = torch.arange(120) % 2


def layers(seed: int = 0) -> torch.Tensor:
    """Three layers: noise, a strong signal, and the identity of the pair."""
    torch.manual_seed(seed)
    states = torch.randn(3, 120, 7)
    states[1, :, 0] += 12 * (LABELS - 0.5)
    states[2] = torch.randn(60, 7).repeat_interleave(2, dim=0) * 5
    return states


def test_signal_is_found_and_noise_is_not() -> None:
    sweep = probe_by_layer(layers(), LABELS, PAIRS)
    assert sweep.accuracy[1] == 1.0
    # 120 held-out coin flips: a standard deviation of 0.046, three of them on each side.
    assert abs(sweep.accuracy[0] - 0.5) < 0.14
    assert sweep.accuracy[2] == 0.5, "twins look the same, get the same answer, and exactly one of them is right"
    assert ((sweep.low <= sweep.accuracy) & (sweep.accuracy <= sweep.high)).all()
    assert (sweep.n, sweep.n_pairs, sweep.best_layer, sweep.shuffled_labels) == (120, 60, 1, False)


def test_predictions_are_those_of_the_exercise_in_every_fold() -> None:
    states = layers()
    counts = torch.zeros(3)
    for train, held_out in pair_folds(np.array(PAIRS), 5, seed=2):
        share = probe_accuracy(states, LABELS, torch.from_numpy(train), torch.from_numpy(held_out))
        counts += share * len(held_out)
    torch.testing.assert_close(probe_by_layer(states, LABELS, PAIRS, folds=5, seed=2).accuracy, counts / 120)


def test_no_pair_is_ever_on_both_sides_and_every_example_is_held_out_once() -> None:
    seen: list[int] = []
    for train, held_out in pair_folds(np.array(PAIRS), 8, seed=0):
        assert not {PAIRS[i] for i in train} & {PAIRS[i] for i in held_out}
        seen += held_out.tolist()
    assert sorted(seen) == list(range(120))


def test_pairs_as_a_tensor_are_the_same_pairs() -> None:
    states = layers()
    as_list = probe_by_layer(states, LABELS, PAIRS)
    as_tensor = probe_by_layer(states, LABELS.tolist(), torch.tensor(PAIRS))
    torch.testing.assert_close(as_list.accuracy, as_tensor.accuracy, rtol=0, atol=0)
    assert as_tensor.n_pairs == 60


def test_the_control_finds_nothing_where_the_probe_finds_everything() -> None:
    """The second layer carries the true label; 24 copies of it give 24 shuffles."""
    states = layers()[1:2].expand(24, -1, -1)
    control = probe_by_layer(states, LABELS, PAIRS, shuffled_labels=True)
    assert control.shuffled_labels
    # 24 draws of standard deviation about 0.06 each: 0.5 within three standard errors.
    assert abs(control.accuracy.mean() - 0.5) < 0.04
    assert control.accuracy.std() > 0, "each layer has a shuffle of its own"


def test_splitting_twins_would_let_the_probe_recognise_them() -> None:
    """Twins that are copies with one random label: nothing to learn, unless a twin sits on the other side."""
    copies = torch.randn(60, 200, generator=torch.Generator().manual_seed(1)).repeat_interleave(2, dim=0)[None]
    labels = torch.randint(0, 2, (60,), generator=torch.Generator().manual_seed(2)).repeat_interleave(2)
    honest = probe_by_layer(copies, labels, PAIRS)
    leaking = probe_by_layer(copies, labels, range(120))
    assert leaking.accuracy > 0.9
    assert honest.accuracy < 0.7


def test_a_shuffle_keeps_every_pair_balanced() -> None:
    truth = LABELS.numpy()
    shuffled = shuffle_within_pairs(truth, np.array(PAIRS), seed=0)
    assert (shuffled.reshape(60, 2).sum(axis=1) == 1).all()
    assert 15 < (shuffled[::2] != truth[::2]).sum() < 45, "about half of 60 pairs are swapped"


def test_the_same_seed_gives_the_same_sweep_and_another_one_other_folds() -> None:
    states = layers()
    first = probe_by_layer(states, LABELS, PAIRS, seed=1)
    torch.testing.assert_close(first.accuracy, probe_by_layer(states, LABELS, PAIRS, seed=1).accuracy, rtol=0, atol=0)
    others = [probe_by_layer(states, LABELS, PAIRS, seed=seed).accuracy[0] for seed in range(2, 6)]
    assert any(other != first.accuracy[0] for other in others)


def test_text_and_html_have_every_layer_and_say_when_it_is_the_control() -> None:
    sweep = probe_by_layer(layers(), LABELS, PAIRS, shuffled_labels=True)
    for row in sweep.rows():
        assert f"{row['accuracy']:.3f}" in sweep.text()
        assert f"{row['accuracy']:.3f}" in sweep._repr_html_()
    assert "shuffled" in sweep.text()
    assert "120 examples in 60 pairs" in sweep.text()
    assert sweep.at(1).accuracy == pytest.approx(sweep.accuracy[1].item())


@pytest.mark.parametrize(
    ("labels", "pairs", "options", "sentence"),
    [
        (LABELS[:-1], PAIRS, {}, "119 labels"),
        (LABELS, PAIRS[:-1], {}, "119 entries for pairs"),
        (torch.zeros(120), PAIRS, {}, "two classes"),
        (LABELS, PAIRS, {"folds": 61}, "60 pairs cannot be dealt into 61"),
        (LABELS, PAIRS, {"folds": 1}, "into 1 folds"),
        (torch.arange(120) // 2 % 2, PAIRS, {"shuffled_labels": True}, "No pair holds both labels"),
    ],
)
def test_what_cannot_be_probed_is_explained(labels: torch.Tensor, pairs: list, options: dict, sentence: str) -> None:
    with pytest.raises(CourseError, match=sentence):
        probe_by_layer(layers(), labels, pairs, **options)


def test_words_that_tell_are_found_and_words_that_both_twins_share_are_not() -> None:
    telling = [
        f"{'steal' if label else 'paint'} the car number {pair}" for label, pair in zip(LABELS, PAIRS, strict=True)
    ]
    shared = [f"do this to the car number {pair}" for pair in PAIRS]
    assert bag_of_words_accuracy(telling, LABELS, PAIRS).accuracy == 1.0
    assert bag_of_words_accuracy(shared, LABELS, PAIRS).accuracy == 0.5


def test_words_are_counted_in_the_folds_of_the_probe() -> None:
    """A word that occurs in one pair only cannot help: it is held out together with its twin."""
    own_word = [f"word{i}" for i in range(120)]
    result = bag_of_words_accuracy(own_word, LABELS, PAIRS)
    assert result.accuracy == 0.5
    assert (result.n, result.n_pairs) == (120, 60)
    assert "0.50" in result.text()
