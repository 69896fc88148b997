"""The page that judges evidence against Python: whole orders, good ones and forged ones."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cheget.errors import (
    MalformedDocumentError,
)
from cheget.order.charter import Charter, Law, Person, read_charter
from cheget.order.papers import Address, decode_papers, open_envelope
from cheget.order.passkey import EDDSA
from cheget.order.verify import Pinned
from cheget.report.evidence import gathered
from cheget.service.amending import law_state
from docket import chain_of
from motions import amend, titled
from passkeys import PARTY, Authenticator
from simulator import ChainSimulator, scenario
from web.chance import LADDERS, WEIGHED, played
from web.forging import forgeries
from web.offline import Verifier, by_python, case_of
from web.stories import (
    DB,
    DEPUTIES,
    HOUSES,
    UNDECIDED,
    VECTORS,
    act,
    attestation_taken_back,
    attested,
    deputy_in_time,
    deputy_within_an_absence,
    expired,
    key_given_up,
    no_answer,
    red,
    reviewed,
    sim_receipts,
    vetoed,
)

pytestmark = pytest.mark.xdist_group("chromium")
pytestmark = pytest.mark.xdist_group("chromium")


def codes() -> Iterator[tuple[str, bytes]]:
    """The codes of the vectors, as the papers that a reader would be shown."""
    for file in sorted((VECTORS / "codes").glob("*.txt")):
        code = file.read_bytes().partition(b"\n\n")[2]
        try:
            papers = decode_papers(code)
        except MalformedDocumentError:
            yield file.stem, code
            continue
        assert isinstance(papers.address, Address)
        serial = papers.address.serial
        listed = DB if serial is None or file.stem == "sealed-no-serial" else f"{DB}/{serial}"
        yield file.stem, replace(papers, address=(listed,)).encode()


def under(papers: bytes, first: Charter) -> Charter:
    """The charter that has the law which the order names; the first where none has."""
    try:
        shown = decode_papers(papers)
    except MalformedDocumentError:
        return first
    filed = next(
        one for one in map(open_envelope, shown.log.envelopes) if one.envelope.digest == shown.order
    )
    law = getattr(filed.unverified, "law", "")
    all_ = (first, *map(read_charter, shown.law.charters))
    return next((one for one in all_ if law in one.law_digests), first)


def test_the_vectors_of_codes_are_judged_alike(verifier: Verifier) -> None:
    """A law that changed on the way is for Python; of the rest nothing is left undecided."""
    charter = read_charter((VECTORS / "codes" / "charter.json").read_bytes())
    found = dict(codes())
    cases = [case_of(one, under(one, charter)) for one in found.values()]
    told = dict(zip(found, verifier.judge(*cases), strict=True))
    for name, papers in found.items():
        said = told[name]
        amended = json.loads(papers)["law"].get("charters") if said["verdict"] != "not" else None
        python = by_python(papers, charter)
        ours = (said["verdict"], said["state"], said["counted"])
        assert ours == python or (amended and said["verdict"] == "undecided"), (name, said, python)
    assert sum(one["verdict"] == "holds" for one in told.values()) > 5
    code = (VECTORS / "codes" / "released.txt").read_bytes().partition(b"\n\n")[2]
    assert "a code for an executor" in verifier.one(case_of(code, charter))["says"]


@pytest.mark.parametrize("story", HOUSES, ids=lambda one: one.__name__)
def test_an_order_of_any_kind_is_judged_alike(
    verifier: Verifier, story: Callable[[ChainSimulator], None], tmp_path: Path
) -> None:
    sim = act(tmp_path)
    story(sim)
    papers = sim.desk.papers(sim.order)
    verdict, state, people = by_python(papers, sim.charter)
    assert verdict == "holds"
    said = verifier.one(case_of(papers, sim.charter, sim_receipts(sim)))
    if story in UNDECIDED:
        assert (said["verdict"], state) == ("undecided", "closed")
        assert "cheget verify" in said["says"]
        return
    assert (said["verdict"], said["state"], said["counted"]) == ("holds", state, people), said


def test_an_order_under_a_later_charter_is_judged_by_that_one(
    verifier: Verifier, tmp_path: Path
) -> None:
    """With passkeys, by both curves; what came before is for whoever told the digest."""
    from attacks.test_law import Amender
    from serving import counter_of

    law = Amender(ChainSimulator(chain_of(DEPUTIES), tmp_path / "house"))
    phones = {"cho": Authenticator(), "dan": Authenticator(EDDSA, seed=9)}
    now = law.charter
    people = {
        **now.people, **{who: Person((*now.people[who].keys, one.public))
                         for who, one in phones.items()},
    }  # fmt: skip
    terms = replace(now.terms, rp_id=PARTY.rp_id, origins=PARTY.origins)
    changed = law.next(people=people, terms=terms)
    law.agree(law.propose(changed, enrolled=list(phones.items())), "ann")
    sim = law.sim
    sim.clock.turn(1)
    sim.law = law.charter.laws[sim.chain.id]
    sim.transmit("ann", "act", ["thing-0001"])
    sim.signers.update(phones)
    sim.release()
    first = Pinned(sim.charter)
    text = gathered(counter_of(sim), sim.order, first, sim.clock.now())
    papers, held = sim.desk.papers(sim.order), law.charter
    assert verifier.one(case_of(papers, sim.charter))["line"] == "law"
    said = verifier.one(case_of(papers, held))
    assert (said["verdict"], said["state"]) == ("holds", "released")
    block = text.partition('id="evidence">')[2].partition("</script>")[0]
    assert json.loads(block)["charter"].encode() == held.payload
    spoilt = papers.replace(b'"salt":"', b'"salt":"0', 1)
    assert verifier.one(case_of(spoilt, held))["verdict"] == "not"


def test_a_sealed_executors_order_is_judged_alike(verifier: Verifier, tmp_path: Path) -> None:
    sim = ChainSimulator(scenario("wipe-database"), tmp_path, sealing=True)
    sim.seal(DB, "wipe", password=b"secret")
    sim.transmit("ann", "wipe", [f"{DB}/1"], database="orders")
    sim.release()
    papers = sim.desk.papers(sim.order)
    said = verifier.one(case_of(papers, sim.charter))
    assert (said["verdict"], said["state"], said["counted"]) == by_python(papers, sim.charter)


STORIES = [
    no_answer, red, deputy_in_time, deputy_within_an_absence, vetoed, expired, attested,
    attestation_taken_back, key_given_up, reviewed,
]  # fmt: skip


@pytest.mark.parametrize("story", STORIES, ids=lambda one: one.__name__)
def test_what_everybodys_keys_would_sign_is_judged_alike(
    verifier: Verifier, story: Callable[[ChainSimulator], None], tmp_path: Path
) -> None:
    """A field or header changed, signed and logged anew: only the rules refuse it."""
    sim = act(tmp_path)
    story(sim)
    check_forgeries(verifier, sim, sim.charter, tmp_path, every=4)


@pytest.mark.slow
@pytest.mark.parametrize("later", [False, True], ids=["first", "later"])
@pytest.mark.parametrize("story", STORIES, ids=lambda one: one.__name__)
def test_all_that_everybodys_keys_would_sign_is_judged_alike(
    verifier: Verifier, story: Callable[[ChainSimulator], None], tmp_path: Path, *, later: bool
) -> None:
    """Under a first charter, and by the digest of one that came later."""
    sim = ChainSimulator(chain_of(DEPUTIES), tmp_path / "house")
    if later:
        amend(sim, titled(sim, "another"), "ann")
        sim.clock.turn(60)
    sim.transmit("ann", "act", ["thing-0001", "thing-0002"])
    story(sim)
    check_forgeries(verifier, sim, sim.store.read(law_state).charter, tmp_path, every=1)


def check_forgeries(
    verifier: Verifier, sim: ChainSimulator, charter: Charter, folder: Path, every: int
) -> None:
    forged = list(forgeries(sim))[::every]
    told = verifier.judge_many([case_of(one, charter) for _, one in forged], folder)
    differ = []
    for (what, papers), said in zip(forged, told, strict=True):
        python = by_python(papers, charter)
        if (said["verdict"], said["state"], said["counted"]) != python:
            differ.append((what, said["verdict"], said["line"], said["says"], python))
    assert differ == []
    assert {one["verdict"] for one in told} == {"holds", "not"}


@pytest.mark.parametrize("law", [LADDERS, WEIGHED], ids=["ladders", "weighed"])
def test_whoever_counts_by_chance_counts_alike(verifier: Verifier, law: Law) -> None:
    """The count of the page against the fold, entry by entry, with those that fit no state."""
    dice = random.Random(law.chain.id)
    drawn = [one for _ in range(150) for one in played(law, dice)]
    cases, expected = zip(*drawn, strict=True)
    told = verifier.page.evaluate(
        """async ([law, cases]) => {
          const told = [];
          for (const { at, entries } of cases) {
            try {
              const p = await fold(law, entries, [], new Map());
              lapse(p, at);
              const people = counted(p).map((one) => one.person).join();
              told.push(`${stateOf(p)} ${people} ${p.release?.digest ?? ""}`);
            } catch (error) {
              told.push(error instanceof Refused ? "unfit" : String(error));
            }
          }
          return told;
        }""",
        [{**law.to_json(), "digest": law.digest}, list(cases)],
    )
    assert [pair for pair in zip(expected, told, strict=True) if pair[0] != pair[1]] == []
    states = {one.partition(" ")[0] for one in expected}
    assert states >= {"unfit", "open", "stopped", "expired", "countermanded"}, states
    assert sum(len(one.rpartition(" ")[2]) == 64 for one in expected) > 5  # were released
