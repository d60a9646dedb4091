"""Real files raise nothing; each planted fault is named."""

import hashlib
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from sklearn.linear_model import LogisticRegression

from course_lib import CourseError
from course_lib.artefacts import planted_pickles, safetensors_problem, scan_folder
from course_lib.artefacts.folder import ALLOWED
from course_lib.checks.chapter03.safetensors import VISIBLE
from course_lib.data.cache import cache_dir


@pytest.fixture
def state():
    return torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.LayerNorm(2)).state_dict()


@pytest.mark.parametrize("zipped", [True, False])
def test_what_torch_saves_passes(tmp_path, state, zipped):
    torch.save(state, tmp_path / "weights.bin", _use_new_zipfile_serialization=zipped)
    assert scan_folder(tmp_path).level == "pass"


def test_what_numpy_saves_passes(tmp_path):
    np.save(tmp_path / "numbers.npy", np.zeros(3))
    np.save(tmp_path / "words.npy", np.array(["a", None], dtype=object), allow_pickle=True)
    assert scan_folder(tmp_path).level == "pass"


def test_a_scikit_learn_model_is_looked_at_until_its_class_is_on_the_list(tmp_path):
    model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    (tmp_path / "probe.pkl").write_bytes(pickle.dumps(model))
    scan = scan_folder(tmp_path)
    assert scan.level == "look"
    name = "sklearn.linear_model._logistic.LogisticRegression"
    assert name in scan.text()
    assert scan_folder(tmp_path, allowed=ALLOWED | {name}).level == "pass"


def test_content_counts_and_not_the_ending(tmp_path):
    (tmp_path / "notes.txt").write_bytes(planted_pickles()["STACK_GLOBAL"])
    (tmp_path / "empty.bin").write_bytes(b"")
    (tmp_path / "packed.joblib").write_bytes(b"x\x9c\x00\x00")
    scan = scan_folder(tmp_path)
    assert scan.alarms == ("notes.txt",)
    assert scan.levels["packed.joblib"]["imports"] == scan.levels["empty.bin"]["imports"] == "look"
    assert "notes.txt" in scan._repr_html_()


def test_a_header_that_lies_and_another_hash_are_alarms(tmp_path, state):
    good = save(state)
    (tmp_path / "good.safetensors").write_bytes(good)
    (tmp_path / "long.safetensors").write_bytes(good + b"more")
    (tmp_path / "empty.safetensors").write_bytes(b"")
    changed = good[:-1] + bytes([good[-1] ^ 1])
    (tmp_path / "changed.safetensors").write_bytes(changed)
    sha256 = hashlib.sha256(good).hexdigest()
    hashes = {"good.safetensors": sha256, "changed.safetensors": sha256}
    levels = scan_folder(tmp_path, hashes=hashes).levels
    assert levels["good.safetensors"] == {"header": "pass", "hash": "pass"}
    assert levels["changed.safetensors"] == {"header": "pass", "hash": "alarm"}
    assert levels["long.safetensors"]["header"] == levels["empty.safetensors"]["header"] == "alarm"


@pytest.mark.parametrize("case", VISIBLE, ids=lambda case: case.name)
def test_what_we_turn_down_safetensors_turns_down_too(tmp_path, case):
    """Safetensors' own reader is the oracle; where it is more lenient, that is written here."""
    path = tmp_path / "file.safetensors"
    path.write_bytes(case.arguments[0])
    try:
        with safe_open(path, framework="pt"):
            theirs = True
    except SafetensorError:
        theirs = False
    ours = safetensors_problem(case.arguments[0]) == ""
    lenient = {"a name stands twice"}  # their reader keeps one of the two and says nothing
    assert theirs == (ours or case.name in lenient)


@given(st.binary(max_size=80))
def test_no_bytes_stop_the_check_of_a_header(data):
    assert isinstance(safetensors_problem(data), str)


@given(st.text(max_size=40))
def test_no_header_stops_the_check(text):
    header = text.encode()
    assert isinstance(safetensors_problem(len(header).to_bytes(8, "little") + header), str)


@pytest.mark.parametrize("header", [b'{"a":1}', b'{"a":{}}', b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}'])
def test_entries_that_are_no_tensors_are_a_bad_header(header):
    assert safetensors_problem(len(header).to_bytes(8, "little") + header) == "header"


def test_several_places_are_one_scan(tmp_path, state):
    (tmp_path / "one" / "inner").mkdir(parents=True)
    (tmp_path / "one" / "inner" / "a.pt").write_bytes(planted_pickles()["INST"])
    torch.save(state, tmp_path / "b.pt")
    scan = scan_folder([tmp_path / "one", tmp_path / "b.pt"])
    assert (list(scan.levels), scan.alarms) == (["inner/a.pt", "b.pt"], ("inner/a.pt",))


def test_a_folder_that_is_not_there():
    with pytest.raises(CourseError, match="no folder or file"):
        scan_folder(Path("nowhere"))


@pytest.mark.model
def test_the_default_model_raises_two_notes_and_no_alarm():
    scan = scan_folder(cache_dir() / "models" / "default")
    assert (scan.alarms, scan.level) == ((), "note")


def test_picklescan_and_we_agree_on_every_plant(tmp_path):
    scanner = pytest.importorskip("picklescan.scanner")
    for number, (name, data) in enumerate(planted_pickles().items()):
        path = tmp_path / f"{number}{'.npy' if 'array' in name else '.bin'}"
        path.write_bytes(data)
        assert scan_folder(path).level == "alarm", name
        assert scanner.scan_file_path(str(path)).issues_count, name


def test_an_old_pickle_is_known_without_its_ending(tmp_path):
    (tmp_path / "old.txt").write_bytes(planted_pickles()["GLOBAL, protocol 0"])
    (tmp_path / "words.txt").write_text("cat\nand dog.\nI am no pickle.\n")
    assert scan_folder(tmp_path).alarms == ("old.txt",)
