"""The library in the sandbox: everything but the answers."""

import ast
import subprocess
import sys

import pytest

from course_lib.checks.registry import chapters, exercises
from course_lib.grading.seal import PACKAGE, sealed_copy, where, withhold


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    everything = [exercise for number in chapters() for exercise in exercises(number)]
    return sealed_copy(tmp_path_factory.mktemp("sealed"), everything)


def test_checks_and_sources_are_not_there(sealed):
    files = {path.relative_to(sealed).as_posix() for path in sealed.rglob("*") if path.is_file()}
    assert not [name for name in files if "chapter0" in name or "chapter1" in name]
    assert not [name for name in files if name.startswith(("course_lib/authoring", "course_lib/cli"))]
    assert "course_lib/checks/runner.py" in files
    assert "course_lib/data/prompts/prompts.jsonl" in files


@pytest.mark.parametrize("number", chapters())
def test_every_reference_is_withheld(sealed, number):
    for exercise in [exercise for exercise in exercises(number) if not exercise.not_withheld]:
        file, name = where(exercise.reference)
        tree = ast.parse((sealed / "course_lib" / file.relative_to(PACKAGE)).read_text())
        (node,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
        assert isinstance(node.body[0], ast.Raise), f"{exercise.id} is not withheld"
        assert len(node.body) == 1


def test_the_copy_imports_and_says_that_it_is_withheld(sealed):
    code = (
        "from course_lib.checks import check, hint, reveal, CheckFailed\n"
        "from course_lib import attribution, attention, patching, probing, load_model\n"
        "check('8.1', None), hint('8.1'), reveal('8.1')\n"
        "try: attribution.token_attribution(1, 2, 3)\n"
        "except NotImplementedError as error: print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=sealed, capture_output=True, text=True)
    assert run.stdout.strip() == "token_attribution is withheld while answers to it are graded", run.stderr


def test_withholding_leaves_the_rest_as_it_is():
    source = 'A = 1\n\n\ndef f(x):\n    """Doc."""\n    return x\n\n\ndef g():\n    return f(2)\n'
    kept = withhold(source, "f")
    assert "return x" not in kept
    assert "def g():\n    return f(2)" in kept
    with pytest.raises(LookupError):
        withhold(source, "h")


def test_a_class_is_withheld_too():
    names = {}
    exec(withhold("class Box:\n    def __init__(self, x):\n        self.x = x\n", "Box"), names)
    with pytest.raises(NotImplementedError, match="withheld"):
        names["Box"](1)
