"""Attack trees: what has to be done to reach a goal, and which way is the cheapest.

The goal is the root. Below it stand ways to reach it: *any* one of them will do (OR), or *all* are needed (AND), and so on down
to single steps with a price. The tree does not say that anybody will attack. It says where a defence changes the price of the
cheapest way, and where money is spent on a way that nobody would have taken.

The price of OR is the smallest of its children's, that of AND their sum; that much stands in every introduction. The pitfall
is that steps are shared. Whoever has bought the publisher's password has it, and uses it for the weights *and* for the checksum
beside them. Then the sum counts one purchase twice, and taking the cheapest child at each OR is no longer right: a child
that is dearer alone can be cheaper together with another one that needs the same step. So what goes up the tree is not a number
but the sets of steps that would do, and the sum is taken at the root.

The number of sets can double at each OR; for trees that people draw by hand that is nothing.

Source: S. Mauw and M. Oostdijk, "Foundations of attack trees" (2005), doi:10.1007/11734727_17.
"""

from __future__ import annotations

from itertools import product

Tree = dict[str, tuple[str, list[str]]]
"""From the name of a goal to ("AND" or "OR", its children); names that are no key are steps."""


def cheapest_attack(tree: Tree, costs: dict[str, float], goal: str) -> tuple[float, list[str]]:
    """The cheapest set of steps that reaches a goal; a step is paid once, however often it is used.

    Args:
        tree: from each goal to `("AND" or "OR", children)`; a child that is no key of `tree` is a step.
        costs: the price of each step; `math.inf` where it cannot be done.
        goal: where to begin.

    Returns:
        The price, and the steps, sorted. Among equally cheap sets the one with the fewest steps, then the first by
        alphabet.

    Example:
        >>> tree = {"open": ("OR", ["pick", "with key"]), "with key": ("AND", ["find key", "walk in"])}
        >>> cheapest_attack(tree, {"pick": 9, "find key": 3, "walk in": 1}, "open")
        (4, ['find key', 'walk in'])
    """

    def ways(name: str) -> list[frozenset[str]]:
        if name not in tree:
            return [frozenset([name])]
        kind, children = tree[name]
        below = [ways(child) for child in children]
        if kind == "OR":
            return [way for options in below for way in options]
        return [frozenset().union(*choice) for choice in product(*below)]

    prices = [(sum(costs[step] for step in way), len(way), sorted(way)) for way in ways(goal)]
    price, _, steps = min(prices)
    return price, steps
