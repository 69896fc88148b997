"""The exact engine: chains in closed form, public fault trees beside SCRAM.

The trees lie in the folder that ``CHEGET_ARALIA`` names; SCRAM is Debian's ``scram``. SCRAM's core
timer is what its report says of products and probability; its wall runs until its figures are out,
so that the list of products which follows costs it nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench.measure import Row, Spread, at_least, at_most, progress
from cheget.chain.parse import parse_chain
from cheget.cli.trees import drawn
from cheget.proof.account import accounts

HARD = ("baobab1", "edfpa15b", "edfpa15p", "edfpa15q", "das9207")
SMALL = 100  # basic events, under which our whole process is timed against theirs
ROUNDS = 3
LONG = 5.0  # seconds, from which once is enough
QUORUM = Path(__file__).parent.parent / "tests" / "proof" / "quorum.xml"
# The electors of each state and the District of Columbia for 2024, and how many have so many.
ELECTORS = (54, 40, 30, 28, 19, 19, 17, 16, 16, 15, 14, 13, 12, 11, 11, 11, 11, 10, 10, 10, 10, 10,
            9, 9, 8, 8, 8, 7, 7, 6, 6, 6, 6, 6, 6, 5, 5, 4, 4, 4, 4, 4, 4, 4, 3, 3, 3, 3, 3, 3, 3)  # fmt: skip  # noqa: E501


def rows() -> list[Row]:
    """Chains first, then trees."""
    return [*_chains(), _quorum(), *_trees()]


def least(work: Callable[[], Any], times: int = ROUNDS) -> tuple[float, Any]:
    """The least of a few times, in seconds, and what came of it."""
    best, result = float("inf"), None
    for _ in range(times):
        began = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - began)
    return best, result


def level(name: str, people: int, need: int) -> tuple[str, str]:
    names = [f"{name}-{number}" for number in range(people)]
    members = ", ".join(f"{one}: Somebody" for one in names)
    return members, f"  - {{level: {name}, members: [{', '.join(names)}], rule: {need} of members}}"


def chain(levels: list[tuple[str, str]]) -> bytes:
    members = ", ".join(one for one, _ in levels)
    return "\n".join(
        ["chain: bench", f"members: {{{members}}}", "levels:", *(one for _, one in levels)]
    ).encode()


def electoral() -> bytes:
    members = ", ".join(
        f"s{at}: {{title: State, weights: {{votes: {w}}}}}" for at, w in enumerate(ELECTORS)
    )
    names = ", ".join(f"s{at}" for at in range(len(ELECTORS)))
    return (f"chain: college\nmembers: {{{members}}}\nlevels:\n"
            f"  - {{level: college, members: [{names}], rule: majority of votes}}\n").encode()  # fmt: skip  # noqa: E501


def _chains() -> list[Row]:
    def counted(text: bytes) -> Callable[[], Any]:
        found = parse_chain(text)
        return lambda: [(sum(one.releasing.minimal()), sum(one.blocking.minimal()),
                         sum(one.releasing.winning())) for one in accounts(found)]  # fmt: skip

    five, _ = least(counted(chain([level(f"l{n}", 20, 10) for n in range(5)])))
    large, _ = least(counted(chain([level("crowd", 2000, 1000)])))
    college = parse_chain(electoral())
    power, _ = least(lambda: dict(accounts(college)[0].powers))
    found = [
        Row(
            "prove",
            "five levels of 10 of 20: counts",
            "—",
            Spread.exactly(1000 * five),
            "ms",
            at_most(20),
        ),
        Row("prove", "1000 of 2000: counts", "—", Spread.exactly(large), "s", at_most(0.5)),
        Row(
            "prove",
            "51 states: Shapley, Banzhaf, swings, exact",
            "—",
            Spread.exactly(1000 * power),
            "ms",
        ),
    ]
    if find_spec("powerindex") is None:
        return [
            *found,
            Row("prove", "51 states: Shapley", "powerindex", None, note="not installed"),
        ]
    import powerindex

    def peer() -> None:
        game = powerindex.Game(270, list(ELECTORS))
        game.calc_shapley_shubik()

    took, _ = least(peer, 1)
    note = "ours is exact, with Banzhaf and swings"
    return [
        *found,
        Row(
            "prove",
            "51 states: Shapley",
            "powerindex",
            Spread.exactly(took / power),
            "x faster",
            at_least(100),
            note,
        ),
    ]


def _scram(path: Path, *options: str) -> tuple[float, float, int, float] | None:
    """Core seconds, wall seconds, products and probability; None without SCRAM."""
    program = shutil.which("scram")
    if program is None:
        return None
    words = [program, *options, "--limit-order", "1000", str(path)]
    began = time.perf_counter()
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as run:
        assert run.stdout is not None
        head = ""
        while "<sum-of-products" not in head and (line := run.stdout.readline()):
            head += line
        wall = time.perf_counter() - began
        run.kill()  # a list of millions of products follows, which nobody asked for
    core = sum(float(one) for one in re.findall(r"<(?:products|probability)>([0-9.e+-]+)<", head))
    found = re.search(r"<sum-of-products[^>]*>", head)
    assert found is not None
    said = dict(re.findall(r'([a-z-]+)="([^"]*)"', found[0]))
    return core, wall, int(said.get("products", 0)), float(said.get("probability", "nan"))


def _quorum() -> Row:
    what = "at least 2 of (a and b, b and a, c) at one half each"
    theirs = _scram(QUORUM, "--probability", "1")
    found, tree = drawn(QUORUM)
    ours = tree.probability(found.chances)
    said = "SCRAM isn't installed" if theirs is None else f"SCRAM says {theirs[3]:g}; it is a and b"
    return Row("prove", what, "—", Spread.exactly(ours), "", note=said)


def _trees() -> list[Row]:
    folder = os.environ.get("CHEGET_ARALIA", "")
    if not folder or shutil.which("scram") is None:
        lacks = "CHEGET_ARALIA names no folder" if not folder else "SCRAM isn't installed"
        return [Row("prove", "public fault trees", "SCRAM", None, note=lacks)]
    cores, walls, sums = [], [], [0.0, 0.0]
    for path in sorted(Path(folder).glob("*.xml")):
        progress(f"prove {path.stem} …")
        theirs = _scram(path)
        assert theirs is not None
        rounds = 1 if theirs[1] > LONG else ROUNDS
        theirs = min([theirs, *(again for _ in range(rounds - 1) if (again := _scram(path)))])
        ours, (found, tree, count) = least(lambda path=path: _ours(path), rounds)
        assert count == theirs[2], path.stem
        cores.append((ours / max(theirs[0], 1e-9), path.stem))
        if path.stem in HARD:
            sums = [sums[0] + ours, sums[1] + theirs[0]]
        if len(found.events) < SMALL:
            walls.append((_wall(path) / theirs[1], path.stem))
        del tree
    cores.sort()
    walls.sort()
    middle = cores[len(cores) // 2][0]
    return [
        Row("prove", f"minimal sets of {', '.join(HARD)}, summed", "SCRAM's core", Spread.exactly(sums[0] / sums[1]),  # noqa: E501
            "x", at_most(0.5), f"{sums[0]:.2f} s, reading the file included"),
        Row("prove", f"minimal sets of each of {len(cores)} trees", "SCRAM's core", Spread(middle, cores[0][0], cores[-1][0]),  # noqa: E501
            "x", None, f"least {cores[0][1]}, most {cores[-1][1]}"),
        Row("prove", f"whole process, {len(walls)} trees under {SMALL} events", "SCRAM's process",
            Spread(walls[len(walls) // 2][0], walls[0][0], walls[-1][0]), "x", at_most(1), f"most {walls[-1][1]}"),  # noqa: E501
    ]  # fmt: skip


def _ours(path: Path) -> tuple[Any, Any, int]:
    found, tree = drawn(path)
    return found, tree, sum(tree.minimal())


def _wall(path: Path) -> float:
    """The least of our whole process."""
    words = [sys.executable, "-m", "cheget", "prove", str(path), "--open-psa", "--list", "0"]
    took, _ = least(lambda: subprocess.run(words, check=True, capture_output=True))
    return took
