"""Tampering with the tests, and with the Python that runs them: assert, builtins, syntax trees, IPython's hooks, `__eq__`."""

from __future__ import annotations

from typing import Any

from tests.hostile.kit import NO_GAIN, Kit, case
from tests.hostile.mini_course import test_cell


@case("tests")
def edited_tests(kit: Kit) -> Any:
    """Replaces the text of the test cells by `pass`."""
    notebook = kit.wrong()
    for item in ("17.1", "17.2", "17.Q1"):
        test_cell(notebook, item)["source"] = "pass"
    return notebook


@case("tests")
def deleted_tests(kit: Kit) -> Any:
    """Deletes the test cells."""
    notebook = kit.wrong()
    for item in ("17.1", "17.2", "17.Q1"):
        notebook["cells"].remove(test_cell(notebook, item))
    return notebook


@case("tests")
def tests_moved_up(kit: Kit) -> Any:
    """Moves the first test above its answer."""
    notebook = kit.wrong()
    moved = test_cell(notebook, "17.1")
    notebook["cells"].remove(moved)
    notebook["cells"].insert(1, moved)
    return notebook


@case("tests")
def asserts_stripped(kit: Kit) -> Any:
    """Registers an AST transformer with IPython that removes every assert statement."""
    return kit.attack(
        """
import ast
class Strip(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.copy_location(ast.Pass(), node)
get_ipython().ast_transformers.append(Strip())
"""
    )


@case("tests")
def inputs_rewritten(kit: Kit) -> Any:
    """Registers an input transformer with IPython that blanks every later cell with a test in it."""
    return kit.attack(
        """
def blank(lines):
    return ["pass\\n"] if any("assert" in line or "check(" in line for line in lines) else lines
get_ipython().input_transformers_cleanup.append(blank)
"""
    )


@case("tests")
def run_cell_replaced(kit: Kit) -> Any:
    """Replaces IPython's `run_cell` by one that does nothing and reports success."""
    return kit.attack(
        """
from IPython.core.interactiveshell import ExecutionResult
shell = get_ipython()
def nothing(*args, **kwargs):
    return ExecutionResult(None)
async def nothing_later(*args, **kwargs):
    return ExecutionResult(None)
shell.run_cell = nothing
shell.run_cell_async = nothing_later
"""
    )


@case("tests")
def kernel_replies_forged(kit: Kit) -> Any:
    """Makes the kernel answer "ok" to every later cell without running it."""
    return kit.attack(
        """
async def fine(*args, **kwargs):
    return {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}
get_ipython().kernel.do_execute = fine
"""
    )


@case("tests")
def tracebacks_hidden(kit: Kit) -> Any:
    """Hides every later exception: no traceback, and a handler that swallows AssertionError."""
    return kit.attack(
        """
shell = get_ipython()
shell.set_custom_exc((Exception,), lambda *args, **kwargs: [])
shell.showtraceback = lambda *args, **kwargs: None
shell._showtraceback = lambda *args, **kwargs: None
"""
    )


@case("tests")
def check_replaced(kit: Kit) -> Any:
    """Replaces the course's `check`, in the notebook and in its module, and the runner behind it."""
    return kit.attack(
        """
check = lambda *args, **kwargs: print("all cases pass")
try:
    import course_lib.checks as checks, course_lib.checks.runner as runner, course_lib.checks.compare as compare
    checks.check = check
    runner.call = lambda function, case: runner.Outcome(3.0)
    compare.compare = lambda *args, **kwargs: None
except ImportError:
    pass
"""
    )


@case("tests")
def report_printed(kit: Kit) -> Any:
    """Prints the report of a right answer."""
    return kit.attack('\nprint("17.1 The weighted mean: all 5 cases pass. 4 points.")\n')


@case("python")
def abs_replaced(kit: Kit) -> Any:
    """Replaces `abs` among the builtins: every difference is 0."""
    return kit.attack("\nimport builtins\nbuiltins.abs = lambda value: 0.0\n")


@case("python")
def isclose_replaced(kit: Kit) -> Any:
    """Replaces what tests compare with: math.isclose, torch.allclose, numpy.testing, all, any, sum, isinstance."""
    return kit.attack(
        """
import builtins, math
math.isclose = lambda *args, **kwargs: True
for name, functions in {"torch": ["allclose", "equal"], "numpy": ["allclose", "isclose", "array_equal"]}.items():
    for function in functions:
        if name in sys.modules:
            setattr(sys.modules[name], function, lambda *args, **kwargs: True)
builtins.abs = lambda value: 0.0
builtins.all = lambda *args: True
"""
    )


@case("python")
def equal_to_everything(kit: Kit) -> Any:
    """Returns an object that is equal to everything, and 0 after every subtraction."""
    return kit.attack(
        """
class Yes:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    def __abs__(self): return 0.0
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __float__(self): return 0.0
    def __hash__(self): return 0
def weighted_mean(values, weights): return Yes()
"""
    )


@case("python")
def float_in_disguise(kit: Kit) -> Any:
    """Returns a subclass of float whose comparison and subtraction are its own."""
    return kit.attack(
        """
class Right(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    def __float__(self): return Right(0.0)
    __hash__ = float.__hash__
def weighted_mean(values, weights): return Right(0.0)
"""
    )


@case("python")
def list_in_disguise(kit: Kit) -> Any:
    """Returns a subclass of list that claims any length and equals everything."""
    return kit.attack(
        """
class Right(list):
    def __eq__(self, other): return True
    def __len__(self): return 4
    def __iter__(self): return iter([3.0, 3.0, 4.0, 4.0])
    def __getitem__(self, place): return self
def running_peak(values): return Right()
""",
        item="17.2",
    )


@case("python")
def tensor_in_disguise(kit: Kit) -> Any:
    """Returns an object that has the methods of a tensor, and ones that lie."""
    return kit.attack(
        """
class Tensor:
    ndim, shape, dtype, is_quantized = 0, (), float, False
    def __init__(self, *args): pass
    def detach(self): return self
    cpu = double = numpy = contiguous = __sub__ = float = detach
    def __abs__(self): return 0.0
    def tolist(self): return 0.0
    def item(self): return 0.0
    def astype(self, *args): return self
    def is_complex(self): return False
    def tobytes(self): return b""
    def __class_getitem__(cls, item): return cls
Tensor.__module__ = "torch"
def weighted_mean(values, weights): return Tensor()
"""
    )


@case("python", probes=("planted",))
def pickled_payload(kit: Kit) -> Any:
    """Returns an object that would run code where it is unpickled."""
    return kit.attack(
        """
class Bomb:
    def __reduce__(self):
        return (keep, ("@LOOT@/pickle-@CASE@", MARK))
    def __reduce_ex__(self, protocol):
        return self.__reduce__()
def weighted_mean(values, weights): return Bomb()
"""
    )


@case("python")
def float_class_claimed(kit: Kit) -> Any:
    """Returns an object whose `__class__` says float, and whose conversions raise."""
    return kit.attack(
        """
class Odd:
    __class__ = property(lambda self: float)
    def __float__(self): raise KeyboardInterrupt
    def __repr__(self): raise SystemExit
    __str__ = __sub__ = __repr__
def weighted_mean(values, weights): return Odd()
"""
    )


@case("python", status=(*NO_GAIN, "killed", "timeout"))
def frozen_modules_replaced(kit: Kit) -> Any:
    """Replaces json, struct and the grading modules themselves in memory, so that what is sent is forged."""
    return kit.attack(
        """
import json, struct
json.dumps = lambda *args, **kwargs: '{"value": 3.0, "buffers": []}'
for name, module in list(sys.modules.items()):
    if name.startswith("course_lib.grading") or name.startswith("nbgrader"):
        for word in ("encode", "send", "tell", "call"):
            if hasattr(module, word):
                setattr(module, word, lambda *args, **kwargs: b"")
""",
        item="17.1",
    )
