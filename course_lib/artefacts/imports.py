"""Which Python names does a pickle import, and are they the ones that weights need?

A pickle is no table of values. It is a program for a small machine with a stack and a memo, and two of its instructions
reach outside: one fetches any importable name (`os.system` is one), another calls what was fetched. `pickle.load` runs the
program; nothing in the file has to be called by you afterwards. What a pickle *can* do is therefore bounded by the names
that it fetches, and those can be read without running anything: `pickletools.genops` takes the instructions apart.

Two things go wrong in scanners. Protocols 0 to 3 fetch by `GLOBAL`, whose argument is the name. From protocol 4 on
`STACK_GLOBAL` takes module and name from the *stack*, so whoever reads arguments only sees nothing. The two strings need not
stand directly in front of it either: they come out of the memo, or something lies between. So the stack has to be followed.
And a list of bad names is always too short, which is why the names are compared with a list of good ones, in full:
`builtins` is where `bytearray` lives, and `eval` too.

Source: the instructions and what each takes from and puts on the stack are documented in Python's own `pickletools.py`;
"Restricting globals" in the documentation of `pickle` recommends the list of good names.
"""

from __future__ import annotations

import pickletools
from collections.abc import Collection

UNKNOWN = "?"


def unexpected_imports(pickle: bytes, allowed: Collection[str]) -> list[str]:
    """The names that one pickle imports and that are not allowed, found without loading it.

    Args:
        pickle: one pickle, from its first byte to the end. If it breaks off, what stands before that counts: loading
            would have run it.
        allowed: full names, such as `"collections.OrderedDict"`.

    Returns:
        `"module.name"`, each once, sorted. A part that is known only while loading (it is computed there) is `"?"`.

    Example:
        >>> import pickle
        >>> from collections import Counter
        >>> unexpected_imports(pickle.dumps(Counter("a")), allowed=["collections.OrderedDict"])
        ['collections.Counter']
    """
    found: set[str] = set()
    stack: list[object] = []  # a string, or what pickletools says it is
    memo: dict[int, object] = {}
    try:
        for opcode, argument, _ in pickletools.genops(pickle):
            name, taken = opcode.name, list(opcode.stack_before)
            pushed: list[object] = list(opcode.stack_after)
            if name in ("GLOBAL", "INST"):
                found.add(str(argument).replace(" ", "."))
            elif name == "STACK_GLOBAL":
                found.add(".".join(part if isinstance(part, str) else "?" for part in stack[-2:]))
            elif name.startswith("EXT"):  # a number that stands for a name, looked up while loading
                found.add("?")
            elif "STRING" in name or "UNICODE" in name:
                pushed = [argument]
            elif name == "DUP":
                pushed = stack[-1:] * 2
            elif "GET" in name:
                pushed = [memo.get(int(str(argument)))]
            elif name == "MEMOIZE" or "PUT" in name:
                memo[len(memo) if name == "MEMOIZE" else int(str(argument))] = stack[-1]
                continue
            if pickletools.markobject in taken and pickletools.markobject in stack:  # all down to the last mark
                mark = len(stack) - 1 - stack[::-1].index(pickletools.markobject)
                del stack[mark:]
                taken = taken[: taken.index(pickletools.markobject)]
            del stack[max(0, len(stack) - len(taken)) :]
            stack += pushed
    except (ValueError, IndexError):
        pass  # it breaks off here
    return sorted(found - set(allowed))
