"""In which order a diagram asks of its places: tried in turn, since none is best for all.

Depth first, with children by how many use them or by weight; and the same pulled together by
FORCE (Aloul, Markov and Sakallah 2003): each place moves to the middle of the gates above it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from cheget.proof.formula import Formula

PULLS = 10


def orders(
    formula: Formula, top: int, leaves: AbstractSet[int], first: Mapping[int, int]
) -> Iterator[list[int]]:
    """Orders of the leaves below ``top``, the most promising first.

    Args:
        formula: Where ``top`` stands.
        top: The node.
        leaves: Nodes that count as leaves.
        first: Where each of them stands in the formula as it was written.
    """
    inner = _inner(formula, top, leaves)
    users: dict[int, int] = {}
    weight = dict.fromkeys(leaves, 1)
    for node in inner:
        weight[node] = sum(weight[child] for child, _ in formula.items[node])
        for child, _ in formula.items[node]:
            users[child] = users.get(child, 0) + 1
    shared = _walk(formula, top, leaves, lambda child: (-users[child], weight[child]))
    yield _pulled(formula, inner, shared)
    yield sorted(shared, key=first.__getitem__)
    yield shared
    yield _walk(formula, top, leaves, lambda child: (child, 0))
    yield _walk(formula, top, leaves, lambda child: (weight[child] == 1, weight[child]))


def _inner(formula: Formula, top: int, leaves: AbstractSet[int]) -> list[int]:
    """The nodes between ``top`` and the leaves, children before parents."""
    found: list[int] = []
    seen: set[int] = set()
    stack = [(top, False)]
    while stack:
        node, left = stack.pop()
        if left:
            found.append(node)
        elif node not in seen and node not in leaves:
            seen.add(node)
            stack.append((node, True))
            stack += [(child, False) for child, _ in formula.items[node]]
    return found


def _walk(
    formula: Formula, top: int, leaves: AbstractSet[int], key: Callable[[int], tuple[int, int]]
) -> list[int]:
    """The leaves, depth first, children by ``key``, of like ones those that carry more first."""
    found: dict[int, None] = {}
    seen: set[int] = set()
    stack = [top]
    while stack:
        node = stack.pop()
        if node in leaves:
            found[node] = None
        elif node not in seen:
            seen.add(node)
            children = sorted(formula.items[node], key=lambda item: (*key(item[0]), -item[1]))
            stack += [child for child, _ in reversed(children)]
    return list(found)


def _pulled(formula: Formula, inner: list[int], order: list[int]) -> list[int]:
    """Each leaf has moved a few times to the middle of the nodes above it; the last come first."""
    scopes: dict[int, frozenset[int]] = {leaf: frozenset([leaf]) for leaf in order}
    above: dict[int, list[int]] = {leaf: [] for leaf in order}
    for number, node in enumerate(inner):
        scopes[node] = frozenset().union(*(scopes[child] for child, _ in formula.items[node]))
        for leaf in scopes[node]:
            above[leaf].append(number)
    place = {leaf: float(number) for number, leaf in enumerate(order)}
    for pull in range(PULLS):
        middle = [sum(map(place.__getitem__, scopes[n])) / len(scopes[n]) for n in inner]
        pulled = {
            leaf: sum(map(middle.__getitem__, nodes)) / len(nodes) for leaf, nodes in above.items()
        }
        order = sorted(order, key=pulled.__getitem__, reverse=pull == PULLS - 1)
        place = {leaf: float(number) for number, leaf in enumerate(order)}
    return order
