"""Codes: how large they are, and how long 2,000 executors take to accept or refuse them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bench.houses import guards, released, take
from bench.measure import Row, Spread, compare
from bench.verify import memory, raw, refusal, signatures
from cheget.order.allowed import executors_tree
from cheget.order.papers import Address, decode_papers
from simulator import ChainSimulator, scenario

EXECUTORS = 2_000
BATCH = 200  # so many in each sample, and as many samples as take in everybody


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory(dir=memory()) as name:
        return _article(Path(name) / "article") + _all(Path(name) / "all")


def _article(folder: Path) -> list[Row]:
    """The chain of the article: 20 named of its 2,000."""
    chain = scenario("cheget")
    named = [one for kind in chain.executors for one in list(kind.ids())[:7]][:20]
    simulator = ChainSimulator(chain, folder, executors=named)
    attested = simulator.attest("minister", "state-in-peril", "tactical")
    simulator.transmit("president", "tactical", named, attestations=[attested])
    simulator.release()
    held = simulator.installed.law
    data = simulator.desk.code(simulator.order, named[0], law=held)
    first = simulator.desk.code(simulator.order, named[0])
    answers = len(decode_papers(data).log.envelopes)
    return [
        Row("codes", "one of 20 named of 2,000", "the chain of the article",
            Spread.exactly(len(data)), "bytes",
            note=f"{answers} envelopes; {len(first):,} bytes to who holds no law yet"),
    ]  # fmt: skip


def _all(folder: Path) -> list[Row]:
    """5 levels of 3, and every one of 2,000 executors named."""
    simulator = released(folder, EXECUTORS)
    executors = sorted(guards(simulator, EXECUTORS))
    pinned, seen = simulator.installed, simulator.ready()
    codes = derived(simulator, executors)
    floor = raw(signatures(simulator, take(codes[executors[0]], executors[0], pinned, seen)))
    done = compare(
        {
            "take": _each(executors, lambda one: take(codes[one], one, pinned, seen)),
            "refuse": _each(executors, _refusing(executors, codes, simulator)),
            "floor": lambda: [floor() for _ in range(BATCH)],
        },
        rounds=EXECUTORS // BATCH,
        calls=1,
    )
    times = EXECUTORS / BATCH
    size = len(codes[executors[0]])
    return [
        Row("codes", "a code, 5 x 3, one of 2,000", "—", Spread.exactly(size), "bytes"),
        *(
            Row("codes", f"{EXECUTORS:,} executors {what}", "their signatures alone",
                done.ratio(name, "floor"),
                note=f"{done.spread(name).times(times).median:.3g} s of one process")
            for name, what in (("take", "take their own"), ("refuse", "refuse another's"))
        ),
    ]  # fmt: skip


def derived(simulator: ChainSimulator, executors: list[str]) -> dict[str, bytes]:
    """Each executor's code: the papers of the first, each under its own address."""
    held = simulator.installed.law
    papers = decode_papers(simulator.desk.code(simulator.order, executors[0], law=held))
    tree = executors_tree(executors)
    return {
        one: replace(papers, address=Address(one, place, tree.path(place))).encode()
        for place, one in enumerate(executors)
    }


def _refusing(
    executors: list[str], codes: dict[str, bytes], simulator: ChainSimulator
) -> Callable[[str], object]:
    pinned, seen = simulator.installed, simulator.ready()
    other = dict(zip(executors, [*executors[1:], executors[0]], strict=True))

    def refuse(one: str) -> object:
        return refusal(lambda: take(codes[other[one]], one, pinned, seen))()

    return refuse


def _each(executors: list[str], call: Callable[[str], object]) -> Callable[[], None]:
    """The next batch of executors, each time it is called."""
    begun = 0

    def batch() -> None:
        nonlocal begun
        for one in executors[begun : begun + BATCH]:
            call(one)
        begun = (begun + BATCH) % len(executors)

    return batch
