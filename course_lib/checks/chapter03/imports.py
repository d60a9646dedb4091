"""Exercise 3.1: the imports of a pickle, without loading it.

The first published scanners read the argument of GLOBAL, and for STACK_GLOBAL the two instructions in front of it. The repair
follows the stack. In the cases names come by
GLOBAL, INST and STACK_GLOBAL, from the memo, with something between, doubled, computed, and in a pickle that breaks off; one
name begins like an allowed one, one stands in a module of which another name is allowed.
"""

from __future__ import annotations

import pickletools
import random
from collections.abc import Collection, Iterator
from typing import Any

from course_lib.artefacts import plants
from course_lib.artefacts.imports import unexpected_imports
from course_lib.checks.exercise import Case, Exercise, Mistake

ALLOWED = ("builtins.bytearray", "collections.OrderedDict", "torch.FloatStorage", "torch._utils._rebuild_tensor_v2")
STRINGS = ("STRING", "UNICODE")


def _instructions(pickle: bytes) -> Iterator[tuple[str, Any]]:
    """Names and arguments, up to where the pickle breaks off."""
    try:
        for opcode, argument, _ in pickletools.genops(pickle):
            yield opcode.name, argument
    except ValueError:
        return


def _report(found: Collection[str], allowed: Collection[str]) -> list[str]:
    return sorted(set(found) - set(allowed))


def only_arguments(pickle: bytes, allowed: Collection[str]) -> list[str]:
    """GLOBAL and INST, nothing from the stack."""
    found = [argument.replace(" ", ".") for name, argument in _instructions(pickle) if name in ("GLOBAL", "INST")]
    return _report(found, allowed)


def only_the_stack(pickle: bytes, allowed: Collection[str]) -> list[str]:
    """STACK_GLOBAL only."""
    direct = set(only_arguments(pickle, ()))
    return [name for name in unexpected_imports(pickle, allowed) if name not in direct]


def last_two_strings(pickle: bytes, allowed: Collection[str]) -> list[str]:
    """The two strings written last, and no memo."""
    found, strings = [], ["?", "?"]
    for name, argument in _instructions(pickle):
        if name in ("GLOBAL", "INST"):
            found.append(argument.replace(" ", "."))
        elif any(kind in name for kind in STRINGS):
            strings.append(argument)
        elif name == "STACK_GLOBAL":
            found.append(".".join(strings[-2:]))
    return _report(found, allowed)


def two_in_front(pickle: bytes, allowed: Collection[str]) -> list[str]:
    """GLOBAL, and the two instructions directly in front of STACK_GLOBAL, as it was published."""
    found, before = [], [("", None), ("", None)]
    for name, argument in _instructions(pickle):
        if name == "GLOBAL":
            found.append(argument.replace(" ", "."))
        elif name == "STACK_GLOBAL" and all(any(kind in one for kind in STRINGS) for one, _ in before[-2:]):
            found.append(".".join(str(value) for _, value in before[-2:]))
        before.append((name, argument))
    return _report(found, allowed)


def last_two_with_memo(pickle: bytes, allowed: Collection[str]) -> list[str]:
    """The two strings that were pushed last, the memo included; what was taken away again still counts."""
    found: list[str] = []
    strings, top = ["?", "?"], "?"
    memo: dict[int, str] = {}
    for name, argument in _instructions(pickle):
        if name in ("GLOBAL", "INST"):
            found.append(argument.replace(" ", "."))
        elif name == "STACK_GLOBAL":
            found.append(".".join(strings[-2:]))
        elif name == "MEMOIZE" or "PUT" in name:
            memo[len(memo) if name == "MEMOIZE" else int(argument)] = top
        elif any(kind in name for kind in STRINGS) or "GET" in name:
            top = memo.get(int(argument), "?") if "GET" in name else argument
            strings.append(top)
        else:
            top = "?"
    return _report(found, allowed)


def by_module(pickle: bytes, allowed: Collection[str]) -> list[str]:
    """Every name of a module of which one name is allowed."""
    modules = {name.rpartition(".")[0] for name in allowed}
    return [name for name in unexpected_imports(pickle, ()) if name.rpartition(".")[0] not in modules]


def by_beginning(pickle: bytes, allowed: Collection[str]) -> list[str]:
    """Whatever begins like the first part of an allowed name."""
    packages = tuple(name.partition(".")[0] for name in allowed)
    return [name for name in unexpected_imports(pickle, ()) if not name.startswith(packages)]


def nothing_when_broken(pickle: bytes, allowed: Collection[str]) -> list[str]:
    """A pickle that breaks off is no pickle, so there is nothing to report."""
    try:
        list(pickletools.genops(pickle))
    except ValueError:
        return []
    return unexpected_imports(pickle, allowed)


def unknown_left_out(pickle: bytes, allowed: Collection[str]) -> list[str]:
    """Names that cannot be known are passed over."""
    return [name for name in unexpected_imports(pickle, allowed) if "?" not in name.split(".")]


def nothing_allowed(pickle: bytes, allowed: Collection[str]) -> list[str]:
    """Every import."""
    return unexpected_imports(pickle, ())


def reversed_names(pickle: bytes, allowed: Collection[str]) -> list[str]:
    """Name before module, for what comes from the stack."""
    direct = set(only_arguments(pickle, ()))
    turned = [
        name if name in direct else ".".join(reversed(name.rpartition(".")[::2]))
        for name in unexpected_imports(pickle, ())
    ]
    return _report(turned, allowed)


def by_hand(pickle: bytes, allowed: Collection[str]) -> tuple[str, ...]:
    """The effect on the stack by the length of what pickletools declares, marks kept apart."""
    found: list[tuple[str, ...]] = []
    unknown, marks = [], []
    stack: list[Any] = []
    kept: dict[int, Any] = {}
    steps = iter(_steps(pickle))
    for opcode, argument in steps:
        name, after = opcode.name, [None] * len(opcode.stack_after)
        before = [kind.name for kind in opcode.stack_before]
        if name == "MARK":
            marks.append(len(stack))
            continue
        if name == "MEMOIZE" or name.endswith("PUT"):
            kept[len(kept) if name == "MEMOIZE" else int(argument)] = stack[-1]
            continue
        if name in ("GLOBAL", "INST"):
            module, _, last = argument.partition(" ")
            found.append((module, last))
        if name in ("EXT1", "EXT2", "EXT4"):
            unknown.append("?")
        if name == "STACK_GLOBAL":
            found.append(tuple(part if isinstance(part, str) else "?" for part in stack[-2:]))
        if "UNICODE" in name or "STRING" in name:
            after = [argument]
        if name == "DUP":
            after = [stack[-1], stack[-1]]
        if name.endswith("GET"):
            after = [kept.get(int(argument))]
        size = before.index("mark") if "mark" in before else len(before)
        if "mark" in before and marks:
            del stack[marks.pop() :]
        stack = stack[: max(0, len(stack) - size)] + after
    names = {*unknown, *(".".join(pair) for pair in found)}
    return tuple(sorted(name for name in names if name not in allowed))


def _steps(pickle: bytes) -> Iterator[tuple[pickletools.OpcodeInfo, Any]]:
    try:
        for opcode, argument, _ in pickletools.genops(pickle):
            yield opcode, argument
    except ValueError:
        return


def by_name(pickle: bytes, allowed: Collection[str]) -> list[str]:
    """All imports first, and then each held against the list."""
    return list(dict.fromkeys(name for name in unexpected_imports(bytes(pickle), []) if name not in list(allowed)))


def _weights(*extra: bytes, protocol: int = 4) -> bytes:
    """A small state dict as torch would describe it, with more in it."""
    ordered = (
        b"ccollections\nOrderedDict\n)R"
        if protocol < 4
        else plants.text("collections") + plants.text("OrderedDict") + b"\x93)R"
    )
    return plants.framed(b"ctorch\nFloatStorage\n0" + b"".join(extra) + ordered, protocol)


def _global(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n0".encode()


def _stacked(module: str, name: str) -> bytes:
    return plants.text(module) + plants.text(name) + b"\x93" + b"0"


def _memoed(module: str, name: str) -> bytes:
    """Both strings memoised, taken away, and fetched again, with a third one memoised between them."""
    strings = plants.text(module) + b"\x94" + plants.text("weight") + b"\x94" + plants.text(name) + b"\x94"
    return strings + b"000" + b"h\x00h\x02\x93" + b"0"


def _between(module: str, name: str) -> bytes:
    return plants.text(module) + plants.text(name) + plants.text("bias") + b"0" + b"\x93" + b"0"


def _marked(module: str, name: str) -> bytes:
    """A tuple is built and taken away between the two strings."""
    return plants.text(module) + b"(" + plants.text("x") + b"K\x01t0" + plants.text(name) + b"\x93" + b"0"


def _computed(module: str, name: str) -> bytes:
    made = b"cbuiltins\nbytearray\n" + plants.text(name) + b"\x85R"
    return plants.text(module) + made + b"\x93" + b"0"


def _case(name: str, pickle: bytes) -> Case:
    return Case(name, (pickle, list(ALLOWED)))


VISIBLE = (
    _case("protocol 2, names as arguments", _weights(_global("os", "system"), _global("shutil", "rmtree"), protocol=2)),
    _case("protocol 4, names on the stack", _weights(_stacked("os", "system"))),
    _case("names out of the memo", _weights(_memoed("os", "system"))),
    _case("something between, and taken away again", _weights(_between("os", "system"), _marked("nt", "system"))),
    _case(
        "an allowed module, another name", _weights(_stacked("builtins", "eval"), _global("torchx", "load"), protocol=4)
    ),
    _case("a name that is computed", _weights(_computed("os", "system"))),
    _case("it breaks off behind the import", _weights(_stacked("os", "system"))[:-8] + b"\xff\x00"),
    _case("only what weights need", _weights(_stacked("builtins", "bytearray"))),
)


def _hidden(seed: int) -> tuple[Case, ...]:
    pick = random.Random(seed)
    modules = ("os", "posix", "subprocess", "runpy", "builtins", "torch", "collections", "socket")
    names = ("system", "run", "run_path", "getattr", "hub", "namedtuple", "exec")

    def some(*forms: Any) -> list[bytes]:
        return [form(pick.choice(modules), pick.choice(names)) for form in forms]

    return (
        _case("arguments and stack", _weights(*some(_global, _stacked))),
        _case("memo", _weights(*some(_memoed, _global))),
        _case("something between", _weights(*some(_between, _marked))),
        _case("neighbours of good names", _weights(_stacked("builtins", pick.choice(names)), _global("torchy", "x"))),
        _case("computed", _weights(*some(_computed))),
        _case("breaks off", _weights(*some(_stacked, _stacked))[:-8] + b"\xff\x00"),
    )


UNEXPECTED_IMPORTS = Exercise(
    id="3.1",
    title="What does this pickle import?",
    points=3,
    difficulty=4,
    minutes=30,
    reference="course_lib.artefacts:unexpected_imports",
    returns=(
        'a sorted list of full names, `"module.name"`, each once: what the pickle imports and `allowed` does not hold; '
        'a part that is known only while loading is `"?"`'
    ),
    example=(
        "A pickle pushes the strings `os` and `system`, fetches (`STACK_GLOBAL`), and later says `GLOBAL "
        "collections OrderedDict`. "
        'Only the latter is allowed. The result is `["os.system"]`.'
    ),
    hints=(
        "Which instructions fetch a name? Two carry it as their argument. One has no argument: it takes module "
        "and name from the "
        "top of the stack. What was on top of the stack then?",
        "Keep a list as the stack and a dictionary as the memo, and let each instruction act on them. You need "
        "not know all of them: "
        "`opcode.stack_before` says what it takes and `opcode.stack_after` what it leaves, and where "
        "`stack_before` holds "
        "`pickletools.markobject`, everything down to the last mark goes. Strings, `GET`, `PUT`, `MEMOIZE` and `DUP` "
        "deserve a line each. Where the pickle breaks off, keep what you have.",
        "```python\nfound, stack, memo = set(), [], {}\ntry:\n    for step in pickletools.genops(pickle):\n"
        "        takes, leaves = list(step[0].stack_before), list(step[0].stack_after)\n"
        "        if ...:        # GLOBAL, INST: the name is the argument\n"
        '        elif ...:      # STACK_GLOBAL: the two on top; "?" for what is no string\n'
        "        elif ...:      # a string leaves itself\n"
        "        elif ...:      # into the memo, out of the memo, DUP\n"
        "        ...            # take away (down to the mark, if there is one), then put on top\n"
        "except ...:\n    pass\nreturn sorted(...)\n```",
    ),
    why=(
        "This is the part of a scanner that decides. Whoever writes the file knows how scanners read, so a way "
        "of reading "
        "that is right for honest files only is no scanner."
    ),
    visible=VISIBLE,
    hidden=_hidden,
    mistakes=(
        Mistake(
            "arguments only",
            only_arguments,
            "You read names that stand as arguments. From protocol 4 on they come from the stack, and your list "
            "is empty there.",
        ),
        Mistake(
            "stack only",
            only_the_stack,
            "You see what comes from the stack and miss the older instructions, which have the name as their "
            "argument. A "
            "pickle of protocol 4 may use them all.",
        ),
        Mistake(
            "two in front",
            two_in_front,
            "You read the two instructions directly in front of the fetch, as the published version does. What "
            "it fetches lies on "
            "the stack; how it came to lie there is up to whoever wrote the file.",
        ),
        Mistake(
            "last two strings",
            last_two_strings,
            "You take the two strings that were written last. A string can also come out of the memo, and not "
            "every string "
            "that was written is still on the stack.",
        ),
        Mistake(
            "strings that are gone",
            last_two_with_memo,
            "The memo is followed. But a string that was pushed and taken away again still counts for you: let "
            "instructions "
            "take things from the stack.",
        ),
        Mistake(
            "whole modules",
            by_module,
            "You let a whole module pass because one of its names is allowed. `builtins` holds harmless names "
            "and `eval`: "
            "compare full names.",
        ),
        Mistake(
            "beginnings",
            by_beginning,
            "You let pass what begins like something allowed. `torchx` begins like `torch`; compare full names.",
        ),
        Mistake(
            "broken is nothing",
            nothing_when_broken,
            "A pickle that breaks off gives an empty list. Loading would have run everything in front of the "
            "break; keep "
            "what you had found by then.",
        ),
        Mistake(
            "unknown left out",
            unknown_left_out,
            "A name that is computed while loading is missing from your list. What cannot be known is no reason "
            "to let it pass: "
            'put "?" for that part.',
        ),
        Mistake(
            "list not used",
            nothing_allowed,
            "You report allowed names too. A scanner that fires on every file is switched off.",
        ),
        Mistake(
            "name before module",
            reversed_names,
            "Module and name have changed places for what comes from the stack: the module was pushed first.",
        ),
    ),
    alternatives=(by_hand, by_name),
    tolerance_reason="names, no numbers",
)
