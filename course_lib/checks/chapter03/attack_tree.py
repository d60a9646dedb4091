"""Exercise 3.4: the cheapest way through an attack tree.

In the trees a step is shared between two branches, so that adding up children's prices counts it twice, and the cheapest
child of an OR alone is not the cheapest together; some steps cannot be done; and some ways cost the same.
"""

from __future__ import annotations

import math
import random
from itertools import chain, combinations, product
from typing import Any

from course_lib.checks.exercise import Case, Exercise, Mistake
from course_lib.threats.attack_tree import Tree, cheapest_attack

Answer = tuple[float, list[str]]
Costs = dict[str, float]


def _ways(tree: Tree, name: str, choose: str = "OR") -> list[list[str]]:
    """Every way as a list of steps, a step as often as it is used."""
    if name not in tree:
        return [[name]]
    kind, children = tree[name]
    below = [_ways(tree, child, choose) for child in children]
    if kind == choose:
        return [way for options in below for way in options]
    return [list(chain(*choice)) for choice in product(*below)]


def kinds_exchanged(tree: Tree, costs: Costs, goal: str) -> Answer:
    """AND and OR the other way round."""
    turned = {name: ("AND" if kind == "OR" else "OR", below) for name, (kind, below) in tree.items()}
    return cheapest_attack(turned, costs, goal)


def every_step(tree: Tree, costs: Costs, goal: str) -> Answer:
    """All steps below the goal."""
    steps = sorted({step for way in _ways(tree, goal) for step in way})
    return sum(costs[step] for step in steps), steps


def paid_twice(tree: Tree, costs: Costs, goal: str) -> Answer:
    """A step that is used twice is paid twice."""
    prices = [(sum(costs[step] for step in way), len(set(way)), sorted(set(way))) for way in _ways(tree, goal)]
    price, _, steps = min(prices)
    return price, steps


def cheapest_child(tree: Tree, costs: Costs, goal: str) -> Answer:
    """At each OR the child that is cheapest alone; a step is paid once in the end."""

    def best(name: str) -> tuple[float, int, list[str]]:
        if name not in tree:
            return costs[name], 1, [name]
        kind, children = tree[name]
        below = [best(child) for child in children]
        if kind == "OR":
            return min(below)
        steps = sorted({step for _, _, part in below for step in part})
        return sum(costs[step] for step in steps), len(steps), steps

    price, _, steps = best(goal)
    return price, steps


def fewest_steps(tree: Tree, costs: Costs, goal: str) -> Answer:
    """The shortest way."""
    ways = [sorted(set(way)) for way in _ways(tree, goal)]
    steps = min(ways, key=lambda way: (len(way), sum(costs[step] for step in way), way))
    return sum(costs[step] for step in steps), steps


def dearest(tree: Tree, costs: Costs, goal: str) -> Answer:
    """The dearest way that can be done."""
    ways = [sorted(set(way)) for way in _ways(tree, goal)]
    prices = [(sum(costs[step] for step in way), way) for way in ways]
    return max([price for price in prices if price[0] < math.inf], default=prices[0])


def first_way(tree: Tree, costs: Costs, goal: str) -> Answer:
    """The first child at each OR."""
    way = sorted(set(_ways(tree, goal)[0]))
    return sum(costs[step] for step in way), way


def ties_at_random(tree: Tree, costs: Costs, goal: str) -> Answer:
    """Among equals the one that stands last in the tree."""
    ways = [sorted(set(way)) for way in _ways(tree, goal)]
    price = min(sum(costs[step] for step in way) for way in ways)
    return price, [way for way in ways if sum(costs[step] for step in way) == price][-1]


def by_subsets(tree: Tree, costs: Costs, goal: str) -> list[Any]:
    """Every set of steps, whether it reaches the goal."""
    steps = sorted({step for way in _ways(tree, goal) for step in way})

    def reached(name: str, have: set[str]) -> bool:
        if name not in tree:
            return name in have
        kind, children = tree[name]
        return (any if kind == "OR" else all)(reached(child, have) for child in children)

    sets = chain(*(combinations(steps, size) for size in range(1, len(steps) + 1)))
    found = [(sum(costs[step] for step in have), len(have), list(have)) for have in sets if reached(goal, set(have))]
    price, _, chosen = min(found)
    return [price, chosen]


def without_recursion(tree: Tree, costs: Costs, goal: str) -> Answer:
    """Goals are replaced by their children until only steps are left."""
    open_ways, done = [frozenset([goal])], set()
    while open_ways:
        way = open_ways.pop()
        goals = sorted(name for name in way if name in tree)
        if not goals:
            done.add(way)
            continue
        kind, children = tree[goals[0]]
        rest = way - {goals[0]}
        open_ways += [rest | set(children)] if kind == "AND" else [rest | {child} for child in children]
    best = min(done, key=lambda way: (sum(costs[s] for s in way), len(way), sorted(way)))
    return float(sum(costs[step] for step in sorted(best))), sorted(best)


FOLDER: Tree = {
    "code runs on the machine": ("OR", ["a file is exchanged", "a library is exchanged"]),
    "a file is exchanged": ("AND", ["the file is replaced", "the checksum fits"]),
    "the file is replaced": ("OR", ["publisher's password", "break into the mirror"]),
    "the checksum fits": ("OR", ["publisher's password", "checksum on the mirror"]),
    "a library is exchanged": ("AND", ["similar package name", "wait for a slip"]),
}
PRICES: Costs = {
    "publisher's password": 50,
    "break into the mirror": 40,
    "checksum on the mirror": 20,
    "similar package name": 15,
    "wait for a slip": 60,
}
SMALL: Tree = {"open": ("OR", ["pick", "with key"]), "with key": ("AND", ["find key", "walk in"])}
DEEP: Tree = {
    "root": ("AND", ["left", "right", "alibi"]),
    "left": ("OR", ["a", "b"]),
    "right": ("OR", ["middle", "c"]),
    "middle": ("AND", ["b", "d"]),
}

DOORS: Tree = {
    "inside": ("OR", ["both doors", "climb"]),
    "both doors": ("AND", ["first door", "second door"]),
    "first door": ("AND", ["badge", "walk in"]),
    "second door": ("AND", ["badge", "wait"]),
}


def _case(name: str, tree: Tree, costs: Costs, goal: str) -> Case:
    return Case(name, (tree, costs, goal))


VISIBLE = (
    _case("a key and a lock", SMALL, {"pick": 9, "find key": 3, "walk in": 1}, "open"),
    _case("a password that serves twice", FOLDER, PRICES, "code runs on the machine"),
    _case("one step less to pay for", DEEP, {"a": 2, "b": 4, "c": 9, "d": 3, "alibi": 1}, "root"),
    _case("one badge for two doors", DOORS, {"badge": 7, "wait": 2, "walk in": 1, "climb": 18}, "inside"),
    _case(
        "a way that cannot be gone", FOLDER, {**PRICES, "publisher's password": math.inf}, "code runs on the machine"
    ),
    _case("three ways at the same price", SMALL, {"pick": 4, "find key": 3, "walk in": 1}, "open"),
    _case("the same price again", {"go": ("OR", ["x", "y", "z"])}, {"x": 5, "y": 2, "z": 2}, "go"),
    _case("a goal that is a step", SMALL, {"pick": 9, "find key": 3, "walk in": 1}, "pick"),
)


def _hidden(seed: int) -> tuple[Case, ...]:
    pick = random.Random(seed)
    base = pick.randint(5, 9)
    # two ORs over {a, b} and {b, c}: b serves both and is dearer than each of the others alone
    shared = {"a": base, "b": base + 2, "c": base + 1, "d": pick.randint(1, 3), "alibi": pick.randint(1, 4)}
    wide: Tree = {
        "root": ("AND", ["left", "right", "alibi"]),
        "left": ("OR", ["a", "b"]),
        "right": ("OR", ["c", "middle"]),
        "middle": ("AND", ["b", "free"]),
    }
    tied = pick.randint(3, 8)
    return (
        _case("shared", wide, {**shared, "free": 1}, "root"),
        _case(
            "alone", {"root": ("OR", ["y", "both"]), "both": ("AND", ["u", "v"])}, {"y": 20, "u": base, "v": 1}, "root"
        ),
        _case("impossible", {"root": ("OR", ["y", "v"])}, {"y": math.inf, "v": base}, "root"),
        _case(
            "tied",
            {"root": ("OR", ["both", "m", "n"]), "both": ("AND", ["a", "b"])},
            {"m": tied, "n": tied, "a": 1, "b": tied - 1},
            "root",
        ),
    )


CHEAPEST_ATTACK = Exercise(
    id="3.4",
    title="The cheapest way in",
    points=3,
    difficulty=3,
    minutes=25,
    reference="course_lib.threats:cheapest_attack",
    returns=(
        "two things, `(price, steps)`: the price of the cheapest set of steps that reaches the goal, each step "
        "paid once, and the steps, sorted; "
        "among equal prices the fewest steps, then the first by alphabet"
    ),
    example=(
        "*open* is *pick* OR *with key*; *with key* is *find key* AND *walk in*. With prices 9, 3 and 1 the result is "
        '`(4, ["find key", "walk in"])`.'
    ),
    hints=(
        "If you know the price of each child, do you know the price of an AND? What if both children need the "
        "same password?",
        "Let each node give the *sets* of steps that would do. A step gives one set with itself. OR gives all "
        "sets of all children. AND "
        "gives every combination of one set from each child, united. Prices come last.",
        "```python\ndef sets_of(node):\n    if ...:                      # a step\n        return [frozenset([...])]\n"
        "    of_children = [sets_of(child) for child in ...]\n"
        "    if ...:                      # OR\n        return ...\n"
        "    return [... for chosen in product(*of_children)]\n\n"
        "best = min((..., len(steps), sorted(steps)) for steps in sets_of(goal))\nreturn ...\n```",
    ),
    why=(
        "A defence is worth what it adds to the cheapest way. A lock on a door that nobody would have taken "
        "adds nothing, "
        "and one password that opens two doors makes both of them cheap."
    ),
    visible=VISIBLE,
    hidden=_hidden,
    mistakes=(
        Mistake(
            "AND for OR",
            kinds_exchanged,
            "AND and OR have changed places: all children are needed for an AND, any one for an OR.",
        ),
        Mistake(
            "every step",
            every_step,
            "You pay for all steps of the tree. At an OR somebody takes one way, and leaves the others.",
        ),
        Mistake(
            "paid twice",
            paid_twice,
            "A step that two branches need is paid twice in your sum. Who has the password has it.",
        ),
        Mistake(
            "cheapest child",
            cheapest_child,
            "At each OR you take what is cheapest *there*. A dearer child can be cheaper for the whole, if "
            "another branch needs the same step.",
        ),
        Mistake(
            "fewest steps",
            fewest_steps,
            "You take the shortest way. The number of steps decides only between ways of the same price.",
        ),
        Mistake("dearest", dearest, "You take the dearest way. Whoever attacks pays as little as will do."),
        Mistake("first way", first_way, "You take the first child at each OR, whatever it costs."),
        Mistake(
            "ties",
            ties_at_random,
            "The price is right, and among ways of that price you take another one: fewest steps first, then "
            "the alphabet.",
        ),
    ),
    alternatives=(by_subsets, without_recursion),
    tolerance_reason="sums of a few prices",
)
