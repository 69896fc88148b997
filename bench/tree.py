"""The tree over the executors that an order names, against bare hashes and a signature each."""

from __future__ import annotations

import math
import tracemalloc
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.measure import Contender, Rounds, Row, Spread, at_least, at_most, compare
from cheget.order.allowed import executors_tree

SMALL, LARGE = 2_000, 1_000_000
SIGNED = 20_000  # as many as are signed in earnest; more are extrapolated


def rows() -> list[Row]:
    found = []
    for count, rounds in ((SMALL, 31), (LARGE, 9)):
        executors = [f"missile-{number}" for number in range(1, count + 1)]
        done = compare(
            {
                "tree": lambda given=executors: executors_tree(given),
                "floor": hashes(2 * count - 1),
                "signed": signed(executors[:SIGNED]),
            },
            rounds=rounds,
        )
        found += _times(executors, done)
        found += _sizes(executors)
    return found


def hashes(count: int) -> Contender:
    """Bare calls of hashlib over as many bytes as an inner node has, results kept as a tree's."""
    node = b"\1" + bytes(64)

    def run() -> None:
        [sha256(node).digest() for _ in range(count)]

    return run


def signed(executors: list[str]) -> Contender:
    """A signature for each executor, which is the other way to address a code."""
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    messages = [one.encode() for one in executors]

    def run() -> None:
        for message in messages:
            key.sign(message)

    return run


def _times(executors: list[str], done: Rounds) -> list[Row]:
    count = len(executors)
    times = count / min(count, SIGNED)
    ratio = [
        times * theirs / mine
        for mine, theirs in zip(done.seconds["tree"], done.seconds["signed"], strict=True)
    ]
    note = f"extrapolated from {SIGNED:,} signatures" if times > 1 else ""
    return [
        Row("tree", f"{count:,} executors", "2n-1 bare hashes",
            done.ratio("tree", "floor"), target=at_most(1.3), note=done.milliseconds("tree")),
        Row("tree", f"{count:,} executors, so much faster", "a signature each",
            Spread.of(ratio), target=at_least(15), note=note),
    ]  # fmt: skip


def _sizes(executors: list[str]) -> list[Row]:
    count = len(executors)
    tree = executors_tree(executors)
    places = range(0, count, max(1, count // 1000))
    longest = max(sum(map(len, tree.path(place))) for place in (*places, count - 1))
    most = 32 * math.ceil(math.log2(count)) + 16
    del tree
    found = [
        Row("tree", f"{count:,} executors, longest path", "32 log2 n + 16 bytes",
            Spread.exactly(longest), "bytes", at_most(most))
    ]  # fmt: skip
    if count == LARGE:
        tracemalloc.start()
        executors_tree(executors)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        found.append(
            Row("tree", f"{count:,} executors, memory at its peak", "the ids apart",
                Spread.exactly(peak / 2**20), "MiB", note="as Python's allocator counts it")
        )  # fmt: skip
    return found
