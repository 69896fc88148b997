"""Houses and orders of many kinds, each with its own end."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from cheget.order.documents import Absence, Receipt
from cheget.order.draft import enclose
from cheget.order.papers import open_envelope
from cheget.service.amending import answer_amendment
from docket import chain_of
from motions import amend, propose, revoke, titled
from simulator import ChainSimulator, scenario

pytestmark = pytest.mark.xdist_group("chromium")

VECTORS = Path(__file__).parents[1] / "vectors"
DB = "production-db"


def released(folder: Path, **how: Any) -> ChainSimulator:
    """A wipe that everybody agreed to."""
    sim = ChainSimulator(scenario("wipe-database"), folder, **how)
    sim.transmit("ann", "wipe", [DB], database="orders", reason="<b>ticket</b> & 1182")
    sim.ask("bob", "which backup?")
    sim.release()
    return sim


def receipt(sim: ChainSimulator, executor: str = DB, **changes: Any) -> bytes:
    """What an executor says that it did."""
    release = sim.desk.proceeding(sim.order).release
    heads = [sim.desk.head(log) for log in ("law", "orders")]
    facts = {
        "acted_at": sim.clock.now(), "crew": (), "deployment": sim.deployment,
        "executor": executor, "law": heads[0], "order": sim.order, "orders": heads[1],
        "outcome": "carried-out", "output": "0" * 64,
        "release": release.digest if release else "0" * 64, **changes,
    }  # fmt: skip
    return enclose(Receipt(**facts), sim.executor_signers[executor])


DEPUTIES = """
    chain: posted
    members:
      ann: Ann
      bob: {title: Bob, deputy: dep after 10m}
      cho: Cho
      dan: Dan
      dep: Deputy
    levels:
      - {level: head, members: [ann, dan], rule: any}
      - {level: middle, members: [bob, cho, dan], rule: 2 of members, veto: cho}
      - {level: last, members: [dep, ann], rule: any}
    executors: {thing: {title: Thing, count: 2}}
    actions:
      act: {executors: [thing], at-most: 2, decide-within: 2h, acknowledge: [It is irreversible.]}
      red: {executors: [thing], decide-within: 2h, conditions: [line],
            parameters: {sum: {number: 0 to 10.5}, what: {text: up to 20}, how: sha256,
                         plan: {file: up to 1KiB}}}
      quick: {executors: [thing], decide-within: 2h, review: cho or dan within 1h}
    conditions: {line: {title: Crossed, attested-by: any of (bob, cho)}}
    amend: ann
    """.replace("any of (bob, cho)", '"any of (bob, cho)"')


def leave(sim: ChainSimulator, who: str) -> str:
    now = sim.clock.now()
    document = Absence(sim.deployment, now, sim.fresh().hex(), who, now + 3600)
    stored = enclose(document, sim.signers[who])
    answer_amendment(sim.store, stored, sim.clock, sim.text(""))
    return open_envelope(stored).envelope.digest


def act(folder: Path) -> ChainSimulator:
    sim = ChainSimulator(chain_of(DEPUTIES), folder)
    sim.transmit("ann", "act", ["thing-0001", "thing-0002"])
    return sim


def deputy_in_time(sim: ChainSimulator) -> None:
    sim.clock.turn(600)
    sim.concur("dep", seat="bob")
    sim.concur("cho")


def deputy_within_an_absence(sim: ChainSimulator) -> None:
    away = leave(sim, "bob")
    sim.desk.concur(sim.concurrence("dep", "bob", absence=away))
    sim.concur("dan")
    sim.refuse("dep")


def vetoed(sim: ChainSimulator) -> None:
    sim.ask("bob")
    sim.concur("bob")
    sim.refuse("cho", "")


def refused_without_end(sim: ChainSimulator) -> None:
    sim.refuse("bob")
    sim.concur("cho", "dan")


def expired(sim: ChainSimulator) -> None:
    sim.concur("cho")
    sim.clock.turn(8000)
    sim.refuse("bob")


def amended_since(sim: ChainSimulator) -> None:
    sim.release()
    amend(sim, titled(sim, "another"), "ann")


def amendment_proposed(sim: ChainSimulator) -> None:
    """Proposed, and nobody agreed."""
    sim.release()
    propose(sim, titled(sim, "another"))


def key_given_up(sim: ChainSimulator) -> None:
    sim.concur("cho")
    revoke(sim, "cho")


def key_given_up_elsewhere(sim: ChainSimulator) -> None:
    revoke(sim, "dan")
    sim.concur("cho", "bob")
    sim.concur("dep")


def red(sim: ChainSimulator) -> None:
    line = sim.attest("bob", "line", "red", lasts=1800)
    plan = b"a plan"
    sim.transmit(
        "ann", "red", ["thing-0002"], attestations=[line], files=[plan], sum="10.50",
        what="", how="0" * 64, plan=hashlib.sha256(plan).hexdigest(),
    )  # fmt: skip


def no_answer(sim: ChainSimulator) -> None:
    """Transmitted, and nothing else."""


def reviewed(sim: ChainSimulator) -> None:
    sim.transmit("ann", "quick", ["thing-0001"])
    sim.release()
    sim.review("cho")


def attested(sim: ChainSimulator) -> None:
    red(sim)
    sim.release()


def attestation_lapsed(sim: ChainSimulator) -> None:
    red(sim)
    sim.clock.turn(1800)
    sim.ask("bob")


def attestation_taken_back(sim: ChainSimulator) -> None:
    red(sim)
    (line,) = sim.desk.proceeding(sim.order).order.attestations
    sim.countermand("bob", line)


def receipts(sim: ChainSimulator) -> None:
    sim.release()
    for number, outcome in ((1, "failed"), (1, "carried-out"), (2, "unknown")):
        sim.desk.receive(receipt(sim, f"thing-000{number}", outcome=outcome))


HOUSES = [
    deputy_in_time, deputy_within_an_absence, vetoed, refused_without_end, expired,
    amended_since, amendment_proposed, key_given_up, key_given_up_elsewhere, attested,
    attestation_lapsed, attestation_taken_back, receipts,
]  # fmt: skip
UNDECIDED = {amended_since}


def sim_receipts(sim: ChainSimulator) -> list[bytes]:
    from serving import counter_of

    return counter_of(sim).receipt_envelopes(sim.order)
