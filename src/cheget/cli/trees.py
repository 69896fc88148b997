"""``cheget prove TREE.xml --open-psa``: a public fault tree on the engine that proves chains."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cheget.cli.check import parsed
from cheget.cli.plain import say
from cheget.errors import HouseError
from cheget.report.terminal import safe

if TYPE_CHECKING:
    from cheget.proof.openpsa import FaultTree
    from cheget.proof.tree import Tree

STEPS = 3_000_000  # more than the hardest public tree takes


def prove_tree(
    path: Path, listed: int, budget: int | None, *, probability: bool, as_json: bool
) -> None:
    """Prove the tree in a file, and say what was found.

    Raises:
        ChainFileError: the file has a fault.
        HouseError: it can't be read, or an event has no probability.
        TooEntangledError: it takes more than the budget.
    """
    found, tree = drawn(path, budget)
    if probability:
        lacking = sorted(set(found.events) - set(found.chances))
        if lacking:
            raise HouseError(
                f"{path}: {lacking[0]} has no probability", hint="define it with a float"
            )
    sizes = tree.minimal()
    chance = tree.probability(found.chances) if probability else None
    first = [list(one) for _, one in zip(range(listed), tree.listed(sizes), strict=False)]
    value: dict[str, Any] = {
        "tree": found.name,
        "basic_events": len(found.events),
        "gates": found.gates,
        "minimal_cut_sets": sum(sizes),
        "smallest": next((size for size, count in enumerate(sizes) if count), None),
        "sizes": {str(size): count for size, count in enumerate(sizes) if count},
        "listed": first,
    }
    if probability:
        value["probability"] = chance
    say(value, as_json, lambda: _print(value))


def drawn(path: Path, budget: int | None = None) -> tuple[FaultTree, Tree]:
    """A file's fault tree, and its parts."""
    from cheget.proof.diagram import Budget
    from cheget.proof.openpsa import parse_tree
    from cheget.proof.tree import Tree

    found = parsed(path, parse_tree)
    left, tree = Budget(budget or STEPS), Tree()
    leaves = {leaf: tree.leaf(name) for name, leaf in found.formula.names.items()}
    tree.root = tree.add(found.formula, found.root, leaves,
                         lambda steps: left.spend(steps, f"the tree {found.name}"))  # fmt: skip
    return found, tree


def _print(value: dict[str, Any]) -> None:
    count = value["minimal_cut_sets"]
    name = click.style(safe(value["tree"]), bold=True)
    click.echo(f"{name}: {value['basic_events']:,} basic events, "
               f"{value['gates']:,} gates.")  # fmt: skip
    if not count:
        click.echo("  It can never happen.")
        return
    click.echo(f"  {count:,} minimal cut sets; the smallest has {value['smallest']}.")
    if "probability" in value:
        click.echo(f"  Its probability is {value['probability']:.12g}, right but for rounding.")
    click.echo("")
    most = max(value["sizes"].values())
    for size, here in value["sizes"].items():
        click.echo(f"  {size:>4}  {'█' * max(1, round(30 * here / most)):<30}  {here:,}")
    if value["listed"]:
        click.echo("")
    for one in value["listed"]:
        click.echo(f"  {safe(', '.join(one)) or 'nothing is needed'}")
    if count > len(value["listed"]) > 0:
        click.echo(f"  and {count - len(value['listed']):,} more: --list …")
