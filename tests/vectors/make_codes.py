"""Writes tests/vectors/codes: a code a file, with what an executor knows, and what it must say.

    PYTHONPATH=src:tests python tests/vectors/make_codes.py

Every key, nonce and instant is fixed, so that the files come out the same.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cheget.audit.instant import to_text
from cheget.order.draft import draft_concurrence, draft_order, enclose
from cheget.order.handover import shares_tree
from cheget.order.papers import Address, LogPart, decode_papers
from cheget.service.amending import law_state
from cheget.service.shown import slice_of
from cheget.service.store import Reading
from evil import EvilDesk
from motions import agree, amend, following, propose, revoke, titled
from simulator import ChainSimulator, scenario

HERE = Path(__file__).parent / "codes"
DB = "production-db"
Case = tuple[str, str, str, bytes, dict[str, object]]  # name, expect, why, code, circumstances


def ordered(folder: Path, name: str) -> ChainSimulator:
    """A wipe of a house of its own, asked of the team."""
    simulator = ChainSimulator(scenario("wipe-database"), folder / name)
    simulator.transmit("ann", "wipe", [DB], database="orders")
    return simulator


def cases(folder: Path) -> Iterator[Case]:
    simulator = ordered(folder, "released")
    simulator.release()
    released = simulator.clock.now()
    code = simulator.desk.code(simulator.order, DB)
    held = released + 900
    ready: dict[str, object] = {"now": held, "first-stored": released, "asked-again": held}
    yield "released", "accept", "every level concurred, and the hold is over", code, ready
    yield "cut-short", "reject 0", "the last byte is missing", code[:-1], ready
    yield "padded", "reject 0", "a line end after the last byte", code + b"\n", ready
    yield "readdressed", "reject 2", "another executor's code", code, {
        **ready, "executor": "staging-db",
    }  # fmt: skip
    yield "not-configured", "reject 3", "an act that this executor's own file lacks", code, {
        **ready, "configured": "emergency-wipe",
    }  # fmt: skip
    yield "hold-not-over", "reject 8", "a second before the hold ends", code, {
        **ready, "now": held - 1, "asked-again": held - 1,
    }  # fmt: skip
    yield "not-asked-again", "reject 8", "no source was asked after the hold", code, {
        **ready, "asked-again": held - 1,
    }  # fmt: skip
    yield "expired", "reject 8", "valid until this very second", code, {
        **ready, "now": held + 3600, "asked-again": held + 3600,
    }  # fmt: skip
    yield "clock-set-back", "reject 8", "the clock was an hour further before", code, {
        **ready, "clock-mark": held + 3600,
    }  # fmt: skip
    yield "acted-before", "reject 9", "the journal has the order", code, {
        **ready, "outcomes": "carried-out",
    }  # fmt: skip
    yield "before-tenure", "reject 9", "released before the journal's tenure", code, {
        **ready, "tenure": simulator.desk.head("orders").size,
    }  # fmt: skip
    simulator.countermand("dee")
    stopped = simulator.desk.code(simulator.order, DB)
    yield "countermanded", "reject 7", "taken back in the hold", stopped, ready
    yield from reviewed(folder)
    yield from forged(folder, ready)
    yield from amended(folder, ready)
    yield from sealed(folder, ready)


def sealed(folder: Path, ready: dict[str, object]) -> Iterator[Case]:
    """A code under serial 3. What its shares are is looked at after the steps, and not here."""
    simulator = ChainSimulator(scenario("wipe-database"), folder / "sealed")
    listed, text = [f"{DB}/3"], simulator.text("because")
    draft = draft_order(
        simulator.law, originator="ann", action="wipe", executors=listed,
        parameters={"database": "orders"}, reason=text, now=simulator.clock.now(),
        nonce=simulator.fresh(),
    )  # fmt: skip
    shares = [b"\x01" * 64]
    order = replace(draft, shares=shares_tree(shares).root.hex())
    stored = enclose(order, simulator.signers["ann"])
    simulator.order = simulator.desk.transmit(stored, listed, [text], (), shares).digest
    for number, who in enumerate(("bob", "cho", "dee"), 2):
        shares = [bytes([number]) * 64]
        answer = draft_concurrence(
            simulator.verified(), signer=who, seat=who, reason=simulator.text("agreed"),
            now=simulator.clock.now(),
        )  # fmt: skip
        answer = replace(answer, shares=shares_tree(shares).root.hex())
        simulator.desk.concur(enclose(answer, simulator.signers[who]), (), shares)
    code = simulator.desk.code(simulator.order, DB)
    papers = decode_papers(code)
    assert isinstance(papers.address, Address)
    yield "sealed", "accept", "the executor is sealed, and the order takes serial 3", code, ready
    yield "sealed-same-order", "accept", "its own order has claimed the serial", code, {
        **ready, "serials": f"wipe 3 {simulator.order}",
    }  # fmt: skip
    yield "sealed-serial-seen", "reject 9", "another order was seen under the serial", code, {
        **ready, "serials": f"wipe 3 {'ab' * 32}",
    }  # fmt: skip
    for name, why, serial in (
        ("other-serial", "the order lists another serial", 4), ("no-serial", "it lists one", None),
    ):  # fmt: skip
        address = replace(papers.address, serial=serial)
        lie = replace(papers, address=address).encode()
        yield f"sealed-{name}", "reject 2", why, lie, ready
    null = code.replace(b'"serial":3', b'"serial":null')
    yield "sealed-null-serial", "reject 0", "null for a serial", null, ready


def reviewed(folder: Path) -> Iterator[Case]:
    """A review stands in the order's thread, and takes no seat."""
    sim = ChainSimulator(scenario("wipe-database"), folder / "reviewed")
    sim.transmit("ann", "emergency-wipe", [DB], database="orders")
    sim.concur("dee")
    released = sim.clock.now()
    sim.review("eve")
    held = released + 1800
    code = sim.desk.code(sim.order, DB)
    ready: dict[str, object] = {"now": held, "first-stored": released, "asked-again": held}
    yield "reviewed", "accept", "an emergency, reviewed while it was held", code, ready


def amended(folder: Path, ready: dict[str, object]) -> Iterator[Case]:
    """What an executor that pins the first charter is shown of a law that has changed since."""
    everybody = ("ann", "bob", "cho", "dee")
    sim = ChainSimulator(scenario("wipe-database"), folder / "amended")
    amend(sim, titled(sim, "another"), *everybody)
    code = _released(sim)
    yield "amended", "accept", "an order by the second charter's law, agreed by both", code, ready
    papers = decode_papers(code)
    bare = replace(papers.law, charters=(), enrolments=())
    yield (
        "amended-charter-missing",
        "reject 1",
        "the second charter is not shown",
        replace(papers, law=bare).encode(),
        ready,
    )
    size = len(papers.law.envelopes)
    cut = sim.store.read(lambda tx: _cut(sim, papers.law, tx, size - 1))
    short = replace(papers, law=cut).encode()
    yield "amended-short", "reject 1", "the last agreement is not shown", short, ready
    head = sim.desk.head("law")
    yield "amended-behind", "reject 1", "a law log shorter than one seen before", short, {
        **ready, "law-held": f"{head.size} {head.root}",
    }  # fmt: skip
    yield "amended-forked", "reject 1", "another law log than one seen before", code, {
        **ready, "law-held": f"{head.size} {'0' * 64}",
    }  # fmt: skip
    sim = ChainSimulator(scenario("wipe-database"), folder / "rival")
    first, second = (propose(sim, titled(sim, title)) for title in ("one", "two"))
    agree(sim, second, "ann", "bob")
    agree(sim, first, *everybody)
    sim.law = sim.store.read(law_state).charter.laws[sim.chain.id]
    code = _released(sim)
    yield "amended-rival", "accept", "of two second charters the first agreed", code, ready
    yield from overtaken(folder, ready, everybody)


def overtaken(folder: Path, ready: dict[str, object], everybody: tuple[str, ...]) -> Iterator[Case]:
    """The law changes under an order, or a key that counted in it is given up."""
    sim = ordered(folder, "overtaken")
    sim.release()
    amend(sim, titled(sim, "another"), *everybody)
    code = sim.desk.code(sim.order, DB)
    yield "amended-since", "reject 1", "released, and then its chain's law changed", code, ready
    amend(sim, following(sim, chains=sim.charter.chains), *everybody)
    code = sim.desk.code(sim.order, DB)
    yield "amended-back", "reject 7", "the law of before again: closed stays closed", code, ready
    sim = ordered(folder, "revoked")
    sim.release()
    revoke(sim, "dee")
    code = sim.desk.code(sim.order, DB)
    yield "revoked-counted", "reject 7", "dee's key counted, and was revoked since", code, ready
    sim = ordered(folder, "revoked-other")
    sim.release()
    revoke(sim, "eve")
    code = sim.desk.code(sim.order, DB)
    yield "revoked-other", "accept", "eve's key was revoked, and counted in nothing", code, ready
    papers = decode_papers(code)
    size = len(papers.law.envelopes)
    cut = sim.store.read(lambda tx: _cut(sim, papers.law, tx, size - 1))
    withheld = replace(papers, law=cut).encode()
    yield (
        "law-withheld",
        "reject 4",
        "the log of orders mentions more law than is shown",
        withheld,
        ready,
    )


def _released(sim: ChainSimulator) -> bytes:
    sim.transmit("ann", "wipe", [DB], database="orders")
    sim.release()
    return sim.desk.code(sim.order, DB)


def _cut(sim: ChainSimulator, law: LogPart, tx: Reading, size: int) -> LogPart:
    """The law log as it was at an earlier size, by its own key."""
    note = sim.desk._checkpoint(tx, "law", size)
    return replace(
        law, slice=slice_of(tx, "law", 0, size), envelopes=law.envelopes[:size], latest=note
    )


def forged(folder: Path, ready: dict[str, object]) -> Iterator[Case]:
    """What a server makes that owns the log key and the store."""
    simulator = ordered(folder, "forged")
    evil = EvilDesk(simulator)
    evil.concur("bob")
    evil.concur("cho")
    yield "a-level-short", "reject 6", "security was never asked", evil.code(DB), ready
    evil.concur("dee", by="eve")
    yield "forged-concurrence", "reject 5", "dee's answer, signed by eve", evil.code(DB), ready
    evil = EvilDesk(simulator)
    evil.concur("ann")
    yield (
        "counted-twice",
        "reject 6",
        "the originator answers for the team too",
        evil.code(DB),
        ready,
    )
    evil = EvilDesk(simulator)
    evil.concur("bob", root="0" * 64)
    evil.concur("cho")
    evil.concur("dee")
    yield "head-that-never-was", "reject 6", "bob saw another log", evil.code(DB), ready


def main(target: Path = HERE) -> None:
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        simulator = ChainSimulator(scenario("wipe-database"), folder / "charter")
        (target / "charter.json").write_bytes(simulator.charter.payload)
        law = simulator.desk.head("law")  # the same in every house of these vectors
        held = f"{law.size} {law.root}"
        for name, expect, why, code, facts in cases(folder):
            known = {"executor": DB, "tenure": 0, "law-held": held, **facts}
            for one in ("now", "first-stored", "asked-again", "clock-mark"):
                if one in known:
                    known[one] = to_text(int(str(known[one])))
            head = [f"expect: {expect}", f"# {why}", *(f"{k}: {v}" for k, v in known.items())]
            (target / f"{name}.txt").write_bytes("\n".join([*head, "", ""]).encode() + code)


if __name__ == "__main__":
    main()
