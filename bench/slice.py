"""A slice of a log: reading its headers and giving its roots, against hashing the leaves."""

from __future__ import annotations

from hashlib import sha256

from bench.houses import START
from bench.measure import Row, compare
from cheget.audit.header import Header
from cheget.audit.slice import Slice

COUNT = 2_000
SIZES = 20  # heads that the answers in a code were signed over


def rows() -> list[Row]:
    leaves = _leaves()
    piece = Slice(0, (), leaves)
    sizes = set(range(COUNT // SIZES, COUNT + 1, COUNT // SIZES))

    def floor() -> None:
        [sha256(b"\0" + leaf).digest() for leaf in leaves]

    def decode() -> None:
        for _ in piece.entries():
            pass

    def roots() -> None:
        piece.roots(sizes)

    def both() -> None:
        decode()
        roots()

    done = compare({"both": both, "decode": decode, "roots": roots, "floor": floor})
    words = {
        "both": "headers decoded, roots given",
        "decode": "headers decoded alone",
        "roots": f"roots at {SIZES} sizes alone",
    }
    each = 1e6 / COUNT
    return [
        Row("slice", f"{COUNT:,} {what}", "one SHA-256 a leaf", done.ratio(name, "floor"),
            note=f"{done.spread(name).median * each:.2f} us a header; "
                 f"floor {done.spread('floor').median * each:.2f}")
        for name, what in words.items()
    ]  # fmt: skip


def _leaves() -> tuple[bytes, ...]:
    """Headers of orders that get one answer each, as a busy house's log has them."""
    found = []
    for number in range(COUNT // 2):
        subject = sha256(b"order %d" % number).hexdigest()
        for seq, kind in enumerate(("order", "concurrence")):
            envelope = sha256(b"%d of %d" % (seq, number)).hexdigest()
            found.append(Header(START + number, envelope, kind, seq, subject).encode())
    return tuple(found)
