"""Honest oddities: what learners send without a bad thought. Every one deserves all its marks."""

from __future__ import annotations

import base64
import copy
import json
from typing import Any

from tests.hostile.kit import NOTEBOOK, Handed, Kit, case, own_cell
from tests.hostile.mini_course import answer_cell, test_cell

MEAN = "def weighted_mean(values, weights):\n"
RETURN = "    return sum(v * w for v, w in zip(values, weights)) / sum(weights)\n"


def with_mean(kit: Kit, source: str) -> dict[str, Any]:
    """All right, with this text as the answer to the first exercise."""
    notebook = kit.right()
    answer_cell(notebook, "17.1")["source"] = source
    return notebook


@case("honest")
def warns_on_stderr(kit: Kit) -> Any:
    """Warnings and a progress line on stderr, when a cell runs and when the function is called."""
    text = "import sys, warnings\nwarnings.warn('old', stacklevel=1)\nprint('loading', file=sys.stderr)\n"
    return with_mean(
        kit, text + MEAN + "    warnings.warn('old', DeprecationWarning)\n    print('10%', file=sys.stderr)\n" + RETURN
    )


@case("honest")
def copied_answer_cell(kit: Kit) -> Any:
    """An answer cell copied before trying something else, as a paste in JupyterLab leaves it."""
    notebook = kit.right()
    copied = copy.deepcopy(answer_cell(notebook, "17.1"))
    copied |= {"id": "pasted", "source": MEAN + "    return 0.0  # first try\n"}
    notebook["cells"].insert(notebook["cells"].index(answer_cell(notebook, "17.1")), copied)
    return notebook


@case("honest")
def extra_cells(kit: Kit) -> Any:
    """Notes and experiments between the given cells, one of which stops with an error."""
    notebook = kit.right()
    for place, cell in enumerate(
        (own_cell("My *notes*", "markdown"), own_cell("1 / 0"), own_cell("weighted_mean([1], [2])"), own_cell(""))
    ):
        notebook["cells"].insert(4 + place, cell)
    return notebook


@case("honest")
def renamed_notebook(kit: Kit) -> Any:
    """The browser saved it as "mini (1).ipynb"."""
    return Handed({"mini (1).ipynb": kit.right()})


@case("honest")
def checkpoints_beside(kit: Kit) -> Any:
    """A checkpoint folder with an older state lies beside the notebook, and a file of the operating system."""
    return Handed(
        {NOTEBOOK: kit.right(), ".ipynb_checkpoints/mini-checkpoint.ipynb": kit.wrong(), ".DS_Store": b"\0\0\0\1Bud1"}
    )


@case("honest")
def own_helpers_in_own_cells(kit: Kit) -> Any:
    """Helper functions and constants in cells of the learner's own, one used by both answers."""
    notebook = with_mean(kit, MEAN + "    return added(times(values, weights)) / added(weights)\n")
    helpers = "ZERO = 0.0\n\ndef added(values):\n    total = ZERO\n    for value in values:\n        total += value\n    return total\n"
    notebook["cells"].insert(1, own_cell(helpers))
    notebook["cells"].insert(2, own_cell("def times(left, right):\n    return [a * b for a, b in zip(left, right)]"))
    return notebook


@case("honest")
def own_imports(kit: Kit) -> Any:
    """Imports in a cell at the top and inside of the function, with a class and a decorator."""
    text = """import functools
from dataclasses import dataclass

@dataclass
class Weighed:
    value: float
    weight: float

def remembered(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)
    return wrapper

@remembered
def weighted_mean(values, weights):
    from fractions import Fraction
    parts = [Weighed(v, w) for v, w in zip(values, weights, strict=True)]
    return float(m.fsum(p.value * p.weight for p in parts) / Fraction(sum(p.weight for p in parts)))
"""
    notebook = with_mean(kit, text)
    notebook["cells"].insert(1, own_cell("import math as m, collections, itertools, statistics"))
    return notebook


@case("honest")
def answer_in_an_own_cell(kit: Kit) -> Any:
    """The stub is left alone and the answer stands in a cell of the learner's own below it."""
    notebook = kit.right()
    place = notebook["cells"].index(answer_cell(notebook, "17.1"))
    notebook["cells"].insert(place + 1, own_cell(answer_cell(notebook, "17.1")["source"]))
    answer_cell(notebook, "17.1")["source"] = answer_cell(kit.notebooks.release, "17.1")["source"]
    return notebook


@case("honest")
def plots(kit: Kit) -> Any:
    """Plots with matplotlib, with the magic that old tutorials begin with."""
    notebook = kit.right()
    source = "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2, 3])\nplt.title('peak')\nplt.show()"
    notebook["cells"].insert(1, own_cell(source))
    answer_cell(notebook, "17.2")["source"] += (
        "\n\nimport matplotlib.pyplot as plt\nplt.bar([1, 2], running_peak([1, 2]))"
    )
    return notebook


@case("honest")
def magics_and_shell(kit: Kit) -> Any:
    """Magics, a shell line, a question mark, and an await at the top of cells."""
    notebook = kit.right()
    for place, text in enumerate(
        ("%%time\nsum(range(10))", "!echo hello", "sum?", "import asyncio\nawait asyncio.sleep(0)", "%config")
    ):
        notebook["cells"].insert(1 + place, own_cell(text))
    answer_cell(notebook, "17.1")["source"] = "%pwd\n" + answer_cell(notebook, "17.1")["source"]
    return notebook


@case("honest")
def crlf_lines(kit: Kit) -> Any:
    """Saved on Windows: CRLF in the file and in the cells, and a byte order mark in front."""
    notebook = kit.right()
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"]).replace("\n", "\r\n")
    return Handed({NOTEBOOK: b"\xef\xbb\xbf" + json.dumps(notebook, indent=1).replace("\n", "\r\n").encode()})


@case("honest")
def crlf_without_mark(kit: Kit) -> Any:
    """Saved on Windows: CRLF in the file and in the cells."""
    notebook = kit.right()
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"]).replace("\n", "\r\n")
    return Handed({NOTEBOOK: json.dumps(notebook, indent=1).replace("\n", "\r\n").encode()})


@case("honest")
def other_kernel(kit: Kit) -> Any:
    """Worked in a conda environment with a kernel of its own name."""
    notebook = kit.right()
    notebook["metadata"] = {
        "kernelspec": {
            "display_name": "Python [conda env:safety]",
            "language": "python",
            "name": "conda-env-safety-py",
        },
        "language_info": {"name": "python", "version": "3.12.1", "codemirror_mode": {"name": "ipython", "version": 3}},
        "toc": {"base_numbering": 1},
    }
    return notebook


@case("honest")
def saved_by_vs_code(kit: Kit) -> Any:
    """Saved by Visual Studio Code: its own language ids, no kernel, format 4.2, no cell ids."""
    notebook = kit.right()
    for cell in notebook["cells"]:
        cell.pop("id", None)
        cell["metadata"] |= {"vscode": {"languageId": "python"}, "notebookRunGroups": {"groupValue": "1"}}
    notebook["metadata"] = {"language_info": {"name": "python"}, "orig_nbformat": 4}
    return {**notebook, "nbformat_minor": 2}


@case("honest")
def saved_by_colab(kit: Kit) -> Any:
    """Saved by Colab: ids in the metadata, form and output ids, format 4.0, and a cell of Colab's own."""
    notebook = kit.right()
    for number, cell in enumerate(notebook["cells"]):
        cell.pop("id", None)
        cell["metadata"] |= {
            "id": f"aB3dE{number:03d}",
            "colab": {"base_uri": "https://localhost:8080/"},
            "outputId": "1f2e",
        }
    first = own_cell("from google.colab import drive", metadata={"id": "mount", "colab": {}})
    first.pop("id")
    notebook["cells"].insert(0, first)
    notebook["metadata"] = {
        "colab": {"provenance": [], "toc_visible": True}, "accelerator": "GPU",
        "kernelspec": {"name": "python3", "display_name": "Python 3"}, "language_info": {"name": "python"},
    }  # fmt: skip
    return {**notebook, "nbformat_minor": 0}


@case("honest")
def saved_by_colab_without_grade_ids(kit: Kit) -> Any:
    """Passed through a tool that dropped nbgrader's metadata; the cells still have their ids."""
    notebook = kit.right()
    for cell in notebook["cells"]:
        cell["metadata"].pop("nbgrader", None)
    return notebook


@case("honest")
def other_kinds_of_numbers(kit: Kit) -> Any:
    """Returns a NumPy number in place of a float, and an array in place of a list."""
    notebook = with_mean(kit, "import numpy as np\n" + MEAN + "    return np.average(values, weights=weights)\n")
    answer_cell(notebook, "17.2")["source"] = (
        "import numpy as np\ndef running_peak(values):\n    return np.maximum.accumulate(np.array(values))\n"
    )
    return notebook


@case("honest")
def prints_much(kit: Kit) -> Any:
    """Prints a line for every step, and keeps stored outputs of a former run, a picture of 2 MB among them."""
    notebook = with_mean(kit, MEAN + "    for step in range(2000):\n        print('step', step, values[0])\n" + RETURN)
    picture = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * (2 * 2**20)).decode()
    outputs = [
        {"output_type": "display_data", "metadata": {}, "data": {"image/png": picture, "text/plain": ["<Figure>"]}}
    ]
    notebook["cells"].insert(1, own_cell("1 + 1", outputs=outputs, execution_count=7))
    return notebook


@case("honest")
def unusual_letters(kit: Kit) -> Any:
    """Names and comments with accents, Greek letters and pictures, and tabs for indentation."""
    return with_mean(
        kit,
        "# ø, 中, 🎯\ndef weighted_mean(values, weights):\n\tσ = sum(v * w for v, w in zip(values, weights))\n\treturn σ / sum(weights)\n",
    )


@case("honest")
def threads_and_files_used(kit: Kit) -> Any:
    """Uses a pool of threads, a temporary file and a subprocess, as tutorials do."""
    text = """import json, subprocess, tempfile
from concurrent.futures import ThreadPoolExecutor

def weighted_mean(values, weights):
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda pair: pair[0] * pair[1], zip(values, weights)))
    with tempfile.NamedTemporaryFile("w+", suffix=".json") as stream:
        json.dump(parts, stream)
        stream.flush()
        parts = json.load(open(stream.name))
    assert subprocess.run(["echo", "hello"], capture_output=True, text=True).stdout == "hello\\n"
    return sum(parts) / sum(weights)
"""
    return with_mean(kit, text)


@case("honest")
def edited_given_cells(kit: Kit) -> Any:
    """Notes written into test cells and given cells, a given cell deleted, outputs kept."""
    notebook = kit.right()
    test_cell(notebook, "17.1")["source"] = (
        "# my note\n" + "".join(test_cell(notebook, "17.1")["source"]) + "\nprint('done')"
    )
    notebook["cells"] = [cell for cell in notebook["cells"] if "sorted(numbers)" not in "".join(cell["source"])]
    return notebook


@case("honest")
def slow_but_right(kit: Kit) -> Any:
    """Takes a second in each case."""
    return with_mean(kit, "import time\n" + MEAN + "    time.sleep(1)\n" + RETURN)


def with_both(kit: Kit, mean: str, peak: str) -> dict[str, Any]:
    """All right, with these texts as the answers to both exercises."""
    notebook = with_mean(kit, mean)
    answer_cell(notebook, "17.2")["source"] = peak
    return notebook


@case("honest")
def helper_named_twice(kit: Kit) -> Any:
    """Both answers have a helper called `step`; the second is another function."""
    mean = "def step(value, weight):\n    return value * weight\n\n" + MEAN
    mean += "    return sum(step(v, w) for v, w in zip(values, weights)) / sum(weights)\n"
    peak = "def step(top, value):\n    return max(top, value)\n\ndef running_peak(values):\n    found = [values[0]]\n"
    peak += "    for value in values[1:]:\n        found.append(step(found[-1], value))\n    return found\n"
    return with_both(kit, mean, peak)


@case("honest")
def notes_shared_by_answers(kit: Kit) -> Any:
    """Both answers keep notes in one list, and the first is only right while the second has not been called."""
    mean = "notes = []\n" + MEAN + "    if notes:\n        return notes[0]\n" + RETURN
    peak = "def running_peak(values):\n    found = []\n    for value in values:\n        found.append(max([value, *found]))\n"
    peak += "    notes.append(found[-1])\n    return found\n"
    return with_both(kit, mean, peak)
