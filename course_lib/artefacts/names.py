"""The names that weights need, and a few that are known to run code.

The list of good names decides: what is not on it is reported. The list of bad ones only decides how loudly, since it can
never be complete. Both hold full names. A module as a whole is never good: `builtins` has `bytearray`, which old pickles
need, and `eval`.
"""

from __future__ import annotations

_STORAGES = ("Float", "Double", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool")

TENSOR_NAMES = frozenset(
    {"collections.OrderedDict", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter"}
    | {f"torch.{kind}Storage" for kind in _STORAGES}
)
"""What `torch.save` writes for a state dict."""

ARRAY_NAMES = frozenset(
    {f"{module}.multiarray.{name}" for module in ("numpy._core", "numpy.core") for name in ("_reconstruct", "scalar")}
    | {"numpy.ndarray", "numpy.dtype"}
)
"""What NumPy arrays need, of version 1 and 2."""

MODULES_THAT_RUN_CODE = frozenset(
    {"os", "posix", "nt", "subprocess", "sys", "runpy", "code", "pty", "importlib", "ctypes", "pickle", "_pickle"}
)
BUILTINS_THAT_RUN_CODE = frozenset(
    {"eval", "exec", "compile", "getattr", "setattr", "__import__", "open", "breakpoint", "input", "apply"}
)


def runs_code(name: str) -> bool:
    """Whether this name is known to run code, or cannot be known before loading.

    Example:
        >>> runs_code("os.system"), runs_code("builtins.getattr"), runs_code("builtins.bytearray"), runs_code("os.?")
        (True, True, False, True)
    """
    module, _, last = name.rpartition(".")
    first = name.partition(".")[0]
    builtin = module in ("builtins", "__builtin__") and last in BUILTINS_THAT_RUN_CODE
    return "?" in name.split(".") or first in MODULES_THAT_RUN_CODE or builtin
