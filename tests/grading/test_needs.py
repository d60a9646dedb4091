"""What is run of a notebook: all that an answer depends on, and none of the chapter's demonstrations."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from handed_in import add, cell, filled, release

from course_lib.grading.cell_code import parse_code, same_code
from course_lib.grading.needs import needed
from course_lib.grading.normalise import normalise
from course_lib.grading.program import Cell, Take
from course_lib.grading.sources import names_of


def kept(*cells: str, variable: str = "f", given: bool = True, answer: str = "") -> list[int]:
    """Which of the cells behind the first are kept, by number; the last one is the answer."""
    kind = "given" if given else "own"
    steps = [Cell("first", "import torch", "given")]
    steps += [Cell(str(n), source, kind) for n, source in enumerate(cells)]
    steps += [Cell("answer", answer or "def f(x):\n    return k", "answer", "1.1"), Take("1.1", variable)]
    found = needed(steps)
    assert found[0] == steps[0]
    assert found[-2:] == tuple(steps[-2:])
    return [int(step.name) for step in found[1:-2] if isinstance(step, Cell)]


@pytest.mark.parametrize("number", [8, 9, 10, 11])
def test_of_the_real_chapters_only_the_first_cell_is_needed(number):
    """The reference answers need no more than the imports; the demonstrations are what takes the minutes."""
    program = normalise(release(number), filled(number))
    given = [s for s in program.steps if isinstance(s, Cell) and s.kind == "given"]
    first = next(s for s in program.complete if isinstance(s, Cell))
    assert given == [first]
    assert "load_model" in first.source
    assert sum(isinstance(s, Cell) and s.kind == "given" for s in program.complete) > 15


def test_a_real_demonstration_is_kept_when_an_answer_uses_its_names():
    notebook = filled()
    cell(notebook, "answer-8-2")["source"] = "def mean_attention(a):\n    return len(pairs) + probe_on(asked)"
    names = [s.name for s in normalise(release(), notebook).steps if isinstance(s, Cell) and s.kind == "given"]
    assert names == ["two-requests-one-answer-1", "first-count-1", "first-count-2"]


# Definitions


@pytest.mark.parametrize(
    "definition",
    [
        "k = 1", "k: int = 1", "a, (k, *b) = 1, (2, 3)", "import k", "from m import x as k", "def k(): pass", "class k: pass",
        "async def k(): pass", "for k in range(3): pass", "with open('x') as k: pass", "if True:\n    k = 1", "print(k := 3)",
        "try:\n    import k\nexcept ImportError:\n    k = None", "match 1:\n    case k: pass", "match [1]:\n    case [*k]: pass",
        "k = !ls", "k = %time 5", "%%time\nk = 1", "%matplotlib inline\nk = 1", "def g():\n    global k\n    k = 1\ng()",
        "while True:\n    k = 1\n    break", "[k := x for x in range(3)]", "import k.part", "lambda: 0\nk = 1", "k = await x()",
    ],
)  # fmt: skip
@pytest.mark.parametrize("given", [True, False])
def test_every_way_to_bind_a_name(definition, given):
    assert kept("other = 1", definition, "more = 2", given=given) == [1]


@pytest.mark.parametrize(
    "use",
    [
        "def f(x):\n    return k", "f = lambda x: k", "f = k", "def f(x=k):\n    pass", "@k\ndef f(x): pass",
        "def f(x: k): pass", "class f(k): pass", "class f:\n    def m(self):\n        return k", "f = [k for i in range(3)]",
        "f = [i for i in k]", "def f(x):\n    def g():\n        return k\n    return g", "def f(x):\n    return [k for i in x]",
        "def f(x):\n    global k\n    k = 2", "def f(x):\n    return lambda: k", "def f(x):\n    k[0] = 1", "f = f'{k}'",
        "def f(x):\n    def g():\n        k = 1\n    return k", "try:\n    f = k\nexcept k: pass",
        "%%time\ndef f(x):\n    return k", "def f(x):\n    class C:\n        a = k\n    return C", "k.f = 1\nf = 2",
        "del k\nf = 1",
    ],
)  # fmt: skip
def test_every_way_to_use_a_name(use):
    assert kept("other = 1", "k = 1", "more = 2", answer=use) == [1]


@pytest.mark.parametrize(
    "use",
    ["def f(k):\n    return k", "def f(x):\n    k = 1\n    return k", "def f(x):\n    import k\n    return k",
     "def f(x):\n    for k in x: pass\n    return k", "f = [k for k in range(3)]", "def f(x):\n    'k'\n    return x.k",
     "def f(x):\n    def k(): pass\n    return k", "def f(x: Float[Tensor, 'k']): pass", "k = 1\nf = k",
     "f = {k: 1 for k in 'ab'}",
     "def f(x):\n    with x as k:\n        return k", "def f(x):\n    return x(k=1)"],
)  # fmt: skip
def test_names_that_are_not_the_cells_of_others(use):
    assert kept("k = 1", answer=use) == []


def test_chains_are_followed_to_their_beginning():
    assert kept("a = 1", "def b(): return a", "c = [b() for _ in range(3)]", "d = 4", "k = c") == [0, 1, 2, 4]


def test_of_given_definitions_only_the_last_one_before_counts():
    assert kept("k = 1", "k = 2", "k = 3") == [2]
    assert kept("k = 1", "if x:\n    k = 2") == [0, 1]
    assert kept("k = 1", "k += 1") == [0, 1]
    assert kept("k = 1", "a = k", "k = a + 1", "k2 = k") == [0, 1, 2]


def test_a_learners_definition_may_fail_so_the_one_before_stays_too():
    assert kept("k = 1", "k = 2", given=False) == [0, 1]


def test_what_stands_below_the_test_is_not_needed():
    steps = [
        Cell("a", "import torch", "given"),
        Cell("b", "f = 1", "answer", "1.1"),
        Take("1.1", "f"),
        Cell("c", "f = 2", "own"),
    ]
    assert [getattr(step, "name", "") for step in needed(steps)] == ["a", "b", ""]


# Changes


@pytest.mark.parametrize(
    "change",
    ["k.part = 1", "k[0] = 1", "k[0].part[1] = 2", "k.part += 1", "k += 1", "k.update(a=1)", "k.a.b.clear()", "k().add(1)",
     "del k[0]", "del k.part", "for i in range(3):\n    k.append(i)", "with open('x'):\n    k.append(1)", "await k.fill()",
     "k[0], z = 1, 2", "for k.part in range(3): pass", "if x:\n    k.eval()"],
)  # fmt: skip
@pytest.mark.parametrize("given", [True, False])
def test_cells_that_change_a_needed_value(change, given):
    assert kept("k = {}", "z = 0", change, "other.part = 1", given=given) == [0, 2]


def test_seeds():
    steps = [
        Cell("first", "import torch", "given"),
        Cell("seed", "torch.manual_seed(0)", "given"),
        Cell("demo", "print(torch.rand(3))", "given"),
        Cell("answer", "def f(x):\n    return torch.rand(3)", "answer", "1.1"),
        Take("1.1", "f"),
    ]
    assert [step.name for step in needed(steps) if isinstance(step, Cell)] == ["first", "seed", "answer"]


def test_showing_a_value_is_no_change():
    shows = ("print(k)", "k", "len(k)", "x = k.mean()", "display(k)", "draw(k)", "k + 1")
    assert kept("k = 1", *shows) == [0]
    assert kept("k = 1", "print(k)", "check('1.1', f, k)", given=False) == [0]


def test_a_learners_function_may_change_what_it_is_given():
    assert kept("k = []", "def fill(x): x.append(1)", "fill(k)", given=False) == [0, 1, 2]


def test_settings_of_a_learner_count_whether_or_not_an_answer_names_them():
    settings = (
        "import sys",
        "sys.setrecursionlimit(5000)",
        "import os\nos.environ['A'] = '1'",
        "torch.set_num_threads(1)",
        "z = 1",
    )
    assert kept(*settings, given=False) == [0, 1, 2, 3]
    assert kept(*settings, given=True) == []


@pytest.mark.parametrize(
    "source",
    ["exec('k = 1')", "from helpers import *", "globals()['k'] = 1", "%run helpers.py",
     "%%writefile helpers.py\nx = 1", "def broken(:",
     "get_ipython().run_line_magic('run', 'x')", "$ what", "(" * 70 + ")" * 70, "x = '" + "y" * 100_001 + "'"],
)  # fmt: skip
def test_a_learners_cell_that_hides_what_it_does_is_kept(source):
    assert kept("a = 1", source, given=False) == [1]


def test_global_names_that_a_called_function_binds():
    setup = "def setup():\n    global k\n    k = base"
    assert kept("base = 1", setup, "setup()", "z = 1") == [0, 1, 2]


# Sources


@pytest.mark.parametrize(
    "source",
    ["%matplotlib inline\nx = 1", "!pip install y\nx = 1", "x = !ls\nx = 2", "x?\nx = 1", "?x\nx = 1", "%%capture out\nx = 1",
     "  %time f()\nx = 1" if False else "if True:\n    %time f()\nx = 1", "files = %who\nx = 1", "x = 5 % 3", "x = (5\n% 3)"],
)  # fmt: skip
def test_ipythons_own_lines_do_not_hide_the_rest(source):
    assert "x" in names_of(source).defines


@pytest.mark.parametrize(
    "source",
    ["def f(", "x = \x00", "(" * 500, "-" * 90_000 + "1", "not " * 20_000 + "x", "x = " + "1 + " * 20_000 + "1",
     "a" + ".a" * 20_000,
     "lambda: " * 3000 + "0",
     "x = " + "[" * 59 + "]" * 59, "if x: pass\n" + "elif x: pass\n" * 5000, "9" * 50_000, "x = " * 20_000 + "1",
     "f'" + "{x}" * 5000 + "'", "\n".join("    " * n + "if x:" for n in range(99)), "a[" * 50 + "1" + "]" * 50, "'\\N{x}'",
     "x if y else " * 5000 + "0", "with " + "a as b, " * 5000 + "c: pass",
     "async " * 10_000, "print " * 10_000, "{" * 59 + "}" * 59,
     "@" * 1000, "x: " * 5000, "a = b" + "\n" * 90_000, "match x:\n" + "    case 1: pass\n" * 3000, "\\\n" * 40_000],
)  # fmt: skip
def test_sources_made_to_break_the_parser(source):
    import time

    start = time.thread_time()
    names_of(source)
    parse_code(source)
    assert same_code(source, source + " ")
    same_code(source, source + " # a comment")
    # A collection of garbage in a long test run counts as well; what hangs takes minutes.
    assert time.thread_time() - start < 10


def test_a_notebook_made_to_break_the_search_keeps_everything():
    """Two hundred cells that all change two hundred names: not worth a search."""
    names = [f"n{n}" for n in range(200)]
    source = "\n".join(f"{name} += 1" for name in names)
    steps = [Cell(str(n), source, "own") for n in range(200)]
    steps += [Cell("answer", f"f = {' + '.join(names)}", "answer", "1.1"), Take("1.1", "f")]
    assert needed(steps) == tuple(steps)


def test_own_experiments_stay_out():
    notebook = filled()
    add(notebook, "answers = [model.generate('x') for _ in range(100)]", after="cold-open")
    add(notebook, "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()", after="cold-open")
    program = normalise(release(), notebook)
    assert not any(s.kind == "own" for s in program.steps if isinstance(s, Cell))
    assert sum(s.kind == "own" for s in program.complete if isinstance(s, Cell)) == 2
