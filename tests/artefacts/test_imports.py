"""Imports of a pickle, read and never run."""

import io
import pickle
import pickletools
import subprocess
import sys
from collections import Counter, OrderedDict
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.artefacts import TENSOR_NAMES, find_pickles, planted_pickles, runs_code, unexpected_imports
from course_lib.widgets.pickle_walker import walk

PLANTS = pytest.mark.parametrize("name", planted_pickles())


@pytest.mark.parametrize("protocol", range(6))
def test_the_same_object_imports_the_same_names_in_every_protocol(protocol):
    data = pickle.dumps([Fraction(1, 3), OrderedDict(a=Counter("aab")), Counter("b")], protocol)
    found = {name for name in unexpected_imports(data, ()) if not name.startswith(("copy", "_codecs"))}
    assert found >= {"collections.Counter", "collections.OrderedDict", "fractions.Fraction"}


@PLANTS
def test_every_plant_is_found(name):
    found = [wanted for part in find_pickles(planted_pickles()[name]) for wanted in part.imports(TENSOR_NAMES)]
    assert any(runs_code(wanted) for wanted in found), found


@PLANTS
def test_every_plant_is_a_well_formed_program(name):
    for part in find_pickles(planted_pickles()[name]):
        if part.complete:
            pickletools.dis(part.data, out=io.StringIO())  # follows the stack, raises where it does not fit


def test_nothing_of_a_plant_runs_while_everything_reads_it(tmp_path):
    """In a process of its own, with an audit hook that ends it at the first thing that a plant would do."""
    for number, data in enumerate(planted_pickles().values()):
        (tmp_path / f"{number}.bin").write_bytes(data)
    script = f"""
import sys
from pathlib import Path
from course_lib.artefacts import planted_pickles, scan_folder
from course_lib.widgets.pickle_walker import walk

def watch(event, arguments):
    if event in ("os.system", "subprocess.Popen", "pickle.find_class", "os.exec", "os.posix_spawn"):
        raise SystemExit(f"it ran: {{event}}")

sys.addaudithook(watch)
scan = scan_folder(Path({str(tmp_path)!r}))
for data in planted_pickles().values():
    walk(data)
print(len(scan.alarms))
"""
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=root, timeout=300)
    assert (done.returncode, done.stdout.strip()) == (0, str(len(planted_pickles()))), done.stderr[-500:]
    assert "planted" not in done.stderr


@given(st.binary(max_size=60))
def test_no_bytes_stop_it(data):
    assert unexpected_imports(data, ()) == sorted(unexpected_imports(data, ()))
    assert walk(data)[-1:] or not data
    list(find_pickles(data))


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5) | st.binary(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=8,
    ),
    st.integers(3, 5),
)
def test_plain_values_import_nothing(value, protocol):
    assert unexpected_imports(pickle.dumps(value, protocol), ()) == []


def test_the_reference_and_the_walker_agree():
    for data in planted_pickles().values():
        for part in find_pickles(data):
            fetched = {
                step.says.removeprefix("FETCHES ") for step in walk(part.data) if step.says.startswith("FETCHES")
            }
            known = {name for name in fetched if "bytearray" not in name and "what" not in name}
            assert known <= set(part.imports())
            assert len(fetched) == len(part.imports())


def test_where_a_pickle_lies_is_told():
    places = {name: [part.where for part in find_pickles(data)] for name, data in planted_pickles().items()}
    assert places["behind another pickle"] == ["pickle 1", "pickle 2"]
    assert places["inside another pickle"] == ["pickle 1", "pickle 1, inside, pickle 1"]
    assert places["in a zip archive"] == ["archive/data.pkl, pickle 1"]
