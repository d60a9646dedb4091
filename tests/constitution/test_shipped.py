"""What is shipped is what the shipped commands make: a small part of each stored result, computed again."""

from __future__ import annotations

import json

import pytest

from course_lib import CourseError, load_model
from course_lib.constitution import folder_of, load_adapted, stored_behaviour
from course_lib.constitution.adapters import ADAPTERS
from course_lib.constitution.asked import SOURCES, held_out_requests, measured_requests
from course_lib.constitution.dataset import NAMES, openings, training_pairs
from course_lib.constitution.judge import comparisons, judge, stored_judgements
from course_lib.constitution.measure import held_out_pairs, pair_margins, reference_log_probs
from course_lib.constitution.revise import asked_to_revise, critique_and_revise, stored_revisions
from course_lib.constitution.training import Settings, fingerprint
from course_lib.data.files import file_hash
from course_lib.organisms.training.checkpoint import weights_hash
from course_lib.refusals import declines, greedy_answers


@pytest.mark.parametrize("name", NAMES)
def test_the_record_belongs_to_the_adapter(name):
    record = json.loads((folder_of(name) / "training.json").read_text(encoding="utf-8"))
    weights = folder_of(name) / "adapter_model.safetensors"
    assert file_hash(weights) == record["adapter_sha256"]
    assert weights.stat().st_size < 700_000
    kept = record["fingerprint"]
    mine = fingerprint(name, load_model("tiny:0"), Settings(), training_pairs(name))
    assert (kept["data"], kept["settings"], kept["pairs"]) == (mine["data"], mine["settings"], mine["pairs"])


def test_there_is_no_such_adapter():
    with pytest.raises(CourseError, match="trained on principles"):
        folder_of("unheard")
    assert {folder.name for folder in ADAPTERS.iterdir()} == set(NAMES)


@pytest.mark.parametrize("name", ["default", *NAMES])
def test_the_stored_behaviour_has_an_entry_for_each_request(name):
    found = stored_behaviour(name)
    assert {s: len(found.declined[s]) for s in SOURCES} == {s: len(measured_requests(s)) for s in SOURCES}
    assert len(found.margins) == len(held_out_pairs())


@pytest.mark.model
@pytest.mark.parametrize("name", ["default", *NAMES])
def test_a_part_of_the_behaviour_comes_out_again(name):
    base = load_model("default")
    model = base if name == "default" else load_adapted(base, name)
    found = stored_behaviour(name)
    requests = measured_requests("prompts")
    asked = sorted(range(len(requests)), key=lambda place: len(requests[place].text))[:8]
    prompts = [model.chat(requests[place].text) for place in asked]
    now = [declines(answer) for answer in greedy_answers(model, prompts, 12)]
    assert sum(a != found.declined["prompts"][place] for a, place in zip(now, asked, strict=True)) <= 1
    places = range(0, len(held_out_pairs()), 40)
    margins = pair_margins(model, [held_out_pairs()[place] for place in places])
    assert margins == pytest.approx([found.margins[place] for place in places], abs=0.05)
    assert reference_log_probs(model, every=40) == pytest.approx(found.references[::40], abs=0.01)


@pytest.mark.model
def test_the_folder_is_an_organism_too():
    path = f"organism:{folder_of('principles')}"
    ours, theirs = load_adapted(load_model("default"), "principles"), load_model(path)
    assert weights_hash(ours) == weights_hash(theirs)


@pytest.mark.model
def test_a_part_of_the_judgements_comes_out_again():
    pairs = comparisons()
    assert len(pairs) == len(stored_judgements()[0]) == len(stored_judgements()[1])
    few = sorted(range(len(pairs)), key=lambda place: len(pairs[place].first) + len(pairs[place].second))[:2]
    now = judge(load_model("default"), [pairs[place] for place in few])
    for computed, stored in zip(now, stored_judgements(), strict=True):
        assert computed.tolist() == pytest.approx(stored[few].tolist(), abs=0.02)


@pytest.mark.model
def test_a_part_of_the_revisions_comes_out_again():
    asked = sorted(asked_to_revise(), key=lambda request: len(request.text))[:2]
    now = critique_and_revise(load_model("default"), asked)
    assert [row.verdicts() for row in now] == [stored_revisions()[request.id] for request in asked]


@pytest.mark.model
def test_a_part_of_the_beginnings_comes_out_again():
    asked = sorted(held_out_requests("prompts"), key=lambda request: len(request.text))[:3]
    model = load_model("default")
    said = greedy_answers(model, [model.chat(request.text) for request in asked], 16)
    assert [" ".join(answer.split()[:6]) for answer in said] == [openings()[request.id] for request in asked]
