"""Two thousand formulas against enumeration: counts, minimal sets, dual, swings, probability."""

import random
from itertools import product

import pytest

from cheget.proof.formula import Formula
from cheget.proof.parts import Scale
from cheget.proof.tree import Tree

MOST = 12
COUNT = 2000


def drawn_at_random(rng: random.Random) -> tuple[Formula, int]:
    """Thresholds over people and earlier thresholds, often the same ones: overlapping groups."""
    formula = Formula()
    people = [formula.named(f"p{n}") for n in range(rng.randint(1, MOST))]
    made = list(people)
    for _ in range(rng.randint(1, 7)):
        operands = rng.choices(made, k=rng.randint(1, 5))
        pairs = [(one, rng.choice((1, 1, 1, 2, 3))) for one in operands]
        made.append(formula.at_least(rng.randint(1, sum(w for _, w in pairs)), pairs))
    return formula, made[-1]


def table(formula: Formula, root: int) -> dict[frozenset[str], bool]:
    met = {}
    for bits in product((False, True), repeat=len(formula.names)):
        here = [name for name, one in zip(formula.names, bits, strict=True) if one]
        met[frozenset(here)] = formula.is_met(root, [formula.names[name] for name in here])
    return met


def tree_of(formula: Formula, root: int) -> Tree:
    tree = Tree()
    leaves = {leaf: tree.leaf(name) for name, leaf in formula.names.items()}
    tree.root = tree.add(formula, root, leaves, lambda _: None)
    return tree


def least(met: dict[frozenset[str], bool]) -> set[frozenset[str]]:
    found = [one for one, is_met in met.items() if is_met]
    return {one for one in found if not any(met[one - {name}] for name in one)}


@pytest.mark.slow
def test_two_thousand_formulas_are_what_enumeration_says() -> None:
    rng = random.Random(1962)
    overlapping = 0
    for _ in range(COUNT):
        formula, root = drawn_at_random(rng)
        met = table(formula, root)
        minimal = least(met)
        dual = formula.dual(root)
        everybody = frozenset(formula.names)
        tree = tree_of(formula, root)
        sizes = tree.minimal()
        listed = [frozenset(one) for one in tree.listed(sizes)]
        assert set(listed) == minimal
        assert len(listed) == len(minimal) == sum(sizes)
        other = tree_of(formula, dual)
        blocking = {frozenset(one) for one in other.listed(other.minimal())}
        assert blocking == least({one: not met[everybody - one] for one in met})
        chances = {name: rng.random() for name in formula.names}
        expected = 0.0
        for one, is_met in met.items():
            weight = 1.0
            for name, chance in chances.items():
                weight *= chance if name in one else 1 - chance
            expected += weight * is_met
        assert abs(tree.probability(chances) - expected) < 1e-12
        scale = Scale(16)
        below = formula.below(root)
        idle = len(formula.names) - (tree.sizes[tree.root] if tree.root > 1 else 0)
        swings = tree.swings(scale)
        for name in formula.names:
            wanted = sum(met[one | {name}] and not met[one] for one in met if name not in one)
            assert sum(scale.sizes(swings.get(name, 0))) << idle == wanted
        overlapping += any(weight > 1 for node in below for _, weight in formula.items[node])
    assert overlapping > COUNT // 10
