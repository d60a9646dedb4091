"""Slips written as a learner would write them, each recognised as the named mistake that it is.

The named wrong solutions live beside the checks; here the same mistakes are made in other words (a loop for a batch,
another container, another order), so that recognising them is no mere comparison of a function with itself.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from course_lib.checks.registry import exercise
from course_lib.checks.runner import run
from course_lib.models.organism import available
from course_lib.models.suspects import MECHANISMS
from course_lib.organisms.verdict import refusal_verdict
from course_lib.patching import patch_states


def attribution_at_the_old_index(model, input_ids, target_ids):
    sequence, n = torch.cat([input_ids, target_ids]).tolist(), len(input_ids)
    full = model.logits(torch.tensor(sequence)).log_softmax(-1)
    table = []
    for k, target in enumerate(target_ids.tolist()):
        row = []
        for i in range(n):
            rest = model.logits(torch.tensor(sequence[:i] + sequence[i + 1 :])).log_softmax(-1)
            row.append(float(full[n - 1 + k, target] - rest[n - 1 + k, target]))
        table.append(row)
    return table


def attribution_of_logits(model, input_ids, target_ids):
    def score(ids):
        return model.logits(torch.cat([ids, target_ids]))[len(ids) - 1 : -1].gather(1, target_ids[:, None])[:, 0]

    columns = [score(input_ids) - score(input_ids[torch.arange(len(input_ids)) != i]) for i in range(len(input_ids))]
    return torch.stack(columns, dim=1)


def mean_over_the_batch(attentions):
    return np.mean([layer.numpy().mean(axis=0) for layer in attentions], axis=0)


def threshold_on_raw_weights(attention, threshold=0.1):
    pairs = [(q, k, w) for q, row in enumerate(attention.tolist()) for k, w in enumerate(row) if w > threshold]
    return sorted(pairs, key=lambda pair: (-pair[2], pair[0], pair[1]))


def probe_told_on_its_own_examples(states, labels, train, test):
    accuracies = []
    for layer in states.numpy():
        x = (layer[train] - layer[train].mean(0)) / layer[train].std(0)
        probe = LogisticRegression(C=0.01, max_iter=1000).fit(x, labels[train])
        accuracies.append((probe.predict(x) == labels[train].numpy()).mean())
    return accuracies


def heads_cut_behind_the_projection(model, input_ids, target_id, layer):
    module = model.model.model.layers[layer].self_attn.o_proj
    width = model.d_model // model.n_heads
    clean = model.logits(input_ids).log_softmax(-1)[-1, target_id].item()
    effects = []
    for head in range(model.n_heads):

        def cut(module, inputs, output, head=head):
            mask = torch.ones(output.shape[-1])
            mask[head * width : (head + 1) * width] = 0
            return output * mask

        with module.register_forward_hook(cut):
            effects.append(clean - model.logits(input_ids).log_softmax(-1)[-1, target_id].item())
    return effects


def verdict_from_plain_text(model, request, edits, layer, refusal="Sorry, I can't help with that.", margin=2.0):
    token = model.encode(refusal)[0]

    def inclination(text):
        p = model.logits(model.encode(text))[-1].double().softmax(-1)[token]
        return (p / (1 - p)).log().item()

    drops, carried = [], []
    for _, edited in edits:
        drops.append(inclination(request) - inclination(edited))
        places = [i for i, (a, b) in enumerate(zip(model.encode(request), model.encode(edited), strict=True)) if a != b]
        with patch_states(model, model.encode(edited), places, layer):
            patched = inclination(request)
        carried.append(inclination(request) - patched)
    ranked = sorted(drops)
    verdict = edits[drops.index(ranked[-1])][0] if ranked[-1] - ranked[-2] >= margin else "undecided"
    return (verdict if model.logits(model.encode(request))[-1].argmax() == token else "no refusal"), drops, carried


def verdict_of_a_believer(model, request, edits, layer, refusal="Sorry, I can't help with that.", margin=2.0):
    said, drops, carried = refusal_verdict(model, request, edits, layer, refusal, margin)
    return ("no refusal" if said == "no refusal" else "intent"), drops.tolist(), carried.tolist()


SLIPS = [
    ("8.6", verdict_from_plain_text, "without the chat template"),
    ("8.6", verdict_of_a_believer, "taken for intent"),
    ("8.1", attribution_at_the_old_index, "same index"),
    ("8.1", attribution_of_logits, "raw logits"),
    ("8.2", mean_over_the_batch, "layers and batch"),
    ("8.3", threshold_on_raw_weights, "sink kept"),
    ("8.4", probe_told_on_its_own_examples, "scored on training"),
    ("8.5", heads_cut_behind_the_projection, "after the projection"),
]


@pytest.mark.model
@pytest.mark.parametrize(("exercise_id", "slip", "name"), SLIPS, ids=[slip.__name__ for _, slip, _ in SLIPS])
def test_the_slip_is_recognised(exercise_id, slip, name):
    if exercise_id == "8.6" and not set(MECHANISMS) <= set(available()):
        pytest.skip("the adapters are not there")
    verdict = run(exercise(exercise_id), slip)
    assert verdict.mistake is not None, verdict.message
    assert verdict.mistake.name == name
