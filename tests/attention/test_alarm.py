"""The plain detector: what it scores, what it compares with, and that it agrees with the library's baseline."""

import torch

from course_lib.attention import attention_alarm, even_pattern, head_evenness


def maps(seed: int, sharp: float = 1.0) -> torch.Tensor:
    torch.manual_seed(seed)
    future = torch.ones(6, 6, dtype=torch.bool).triu(1)
    return (sharp * torch.randn(2, 3, 6, 6)).masked_fill(future, float("-inf")).softmax(-1)


REFERENCE = torch.stack([head_evenness(maps(seed)) for seed in range(1, 21)])
CALIBRATION = torch.stack([head_evenness(maps(seed)) for seed in range(21, 40)])


def test_a_changed_head_raises_the_score_to_the_smallest_p():
    changed = maps(50)
    changed[1, 2] = torch.eye(6)
    score, p = attention_alarm(changed, REFERENCE, CALIBRATION)
    assert score > attention_alarm(maps(50), REFERENCE, CALIBRATION)[0]
    assert round(p, 6) == 1 / 20


def test_a_text_whose_heads_are_at_their_mean_is_the_most_ordinary():
    even = even_pattern(6).expand(2, 3, 6, 6)
    score, p = attention_alarm(even, torch.ones(4, 2, 3), CALIBRATION)
    assert round(score, 3) == 0
    assert round(p, 6) == 1


def test_ordinary_texts_give_every_p_about_as_often():
    found = [attention_alarm(maps(seed), REFERENCE, CALIBRATION)[1] for seed in range(60, 160)]
    assert 0.3 < sum(found) / len(found) < 0.7
