"""The suspects: every order occurs, the class decides, and nothing that learners see names the organism."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import permutations

import pytest
import torch

from course_lib import CourseError, load_model
from course_lib.models import restore_weights, suspects
from course_lib.models.organism import available

SHIPPED = pytest.mark.skipif(not set(suspects.MECHANISMS) <= set(available()), reason="the adapters are not there")
TELLING = ("intent", "trigger", "correlate", "organism", "adapter_model")


def test_every_order_occurs_and_about_equally_often():
    orders = [suspects.suspect_order(str(seed)) for seed in range(600)]
    assert set(orders) == set(permutations(suspects.MECHANISMS))
    assert min(orders.count(order) for order in set(orders)) > 60


def test_the_order_is_the_same_in_another_python(tmp_path):
    code = "from course_lib.models.suspects import suspect_order; print(*suspect_order('north'))"
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        printed = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        )
        assert tuple(printed.stdout.split()) == suspects.suspect_order("north")


def test_the_class_seed_comes_from_the_environment(monkeypatch):
    monkeypatch.delenv(suspects.SEED_VARIABLE, raising=False)
    assert suspects.class_seed() == "home"
    for seed in ("north", "south", "east"):
        monkeypatch.setenv(suspects.SEED_VARIABLE, f" {seed} ")
        behind = tuple(suspects.organism_behind(f"suspect:{letter}") for letter in "ABC")
        assert behind == suspects.suspect_order(seed)
        assert suspects.short_name(f"suspect:A@{seed}") == "suspect:A"
        assert suspects.short_name("suspect:A@home") == "suspect:A@home"


@pytest.mark.parametrize("name", ["suspect:D", "suspect:", "suspect:intent", "suspect:AB@north"])
def test_an_unknown_suspect_is_refused_in_one_sentence(name):
    with pytest.raises(CourseError, match="There is no suspect"):
        suspects.organism_behind(name)


@pytest.mark.model
def test_missing_adapters_do_not_give_the_order_away(monkeypatch, tmp_path):
    monkeypatch.setattr("course_lib.models.organism.ADAPTERS", tmp_path)
    with pytest.raises(CourseError) as caught:
        load_model("suspect:A@nowhere")
    assert not any(word in f"{caught.value} {caught.value.remedy}" for word in suspects.MECHANISMS)


@SHIPPED
@pytest.mark.model
class TestLoaded:
    def test_is_the_organism_that_the_seed_names(self):
        for letter in suspects.LETTERS:
            suspect = load_model(f"suspect:{letter}")
            organism = load_model(f"organism:{suspects.organism_behind(f'suspect:{letter}')}")
            ids = suspect.encode(suspect.chat("Why?"))
            assert torch.equal(suspect.logits(ids), organism.logits(ids))

    def test_nothing_names_the_organism(self):
        for letter in suspects.LETTERS:
            suspect = load_model(f"suspect:{letter}")
            shown = f"{suspect!r} {suspect.name} {suspect.source} {suspect.model!r} {suspect.model.config}"
            shown += f" {getattr(suspect.model, 'peft_config', '')} {vars(suspect.tokenizer).get('name_or_path')}"
            assert suspect.name == f"suspect:{letter}"
            assert not any(word in shown for word in TELLING)

    def test_three_different_models_share_the_default_models_memory(self):
        loaded = [load_model(f"suspect:{letter}") for letter in suspects.LETTERS]
        ids = loaded[0].encode(loaded[0].chat("How do I kill a process, please?"))
        rows = [model.logits(ids)[-1] for model in loaded]
        assert not any(torch.allclose(rows[i], rows[j], atol=1e-3) for i, j in ((0, 1), (0, 2), (1, 2)))
        embeddings = {
            model.model.get_input_embeddings().weight.data_ptr() for model in [*loaded, load_model("default")]
        }
        assert len(embeddings) == 1

    def test_another_class_has_another_model_under_another_name(self, monkeypatch):
        here = load_model("suspect:A")
        assert load_model(" suspect:a ") is here
        other = next(
            s for s in map(str, range(9)) if suspects.suspect_order(s)[0] != suspects.organism_behind("suspect:A")
        )
        assert load_model(f"suspect:A@{other}").name == f"suspect:A@{other}"
        monkeypatch.setenv(suspects.SEED_VARIABLE, other)
        there = load_model("suspect:A")
        ids = here.encode(here.chat("How do I kill a process, please?"))
        assert there is not here
        assert not torch.allclose(there.logits(ids), here.logits(ids), atol=1e-3)

    @pytest.mark.parametrize("part", ["lora_B", "down_proj"])
    def test_damaged_weights_are_restored(self, part):
        suspect = load_model("suspect:B")
        name = next(name for name, _ in suspect.model.named_parameters() if part in name)
        weight = suspect.model.get_parameter(name)
        before = weight.clone()
        weight.zero_()
        restore_weights(suspect)
        assert torch.equal(suspect.model.get_parameter(name), before)
