"""Attacks on the law: who may change it, and who is held to the one that holds."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from cheget.chain.changes import change_form
from cheget.chain.rule import Of
from cheget.errors import CharterError, LawError, LogError, NotAcceptedError, StoppedError
from cheget.keyring.signer import Signer
from cheget.order.charter import Charter, Person
from cheget.order.documents import Absence, Revocation
from cheget.order.draft import (
    draft_agreement,
    draft_countermand,
    draft_enrolment,
    draft_founding,
    draft_refusal,
    enclose,
)
from cheget.order.fields import Head
from cheget.order.follow import LawState
from cheget.order.papers import decode_papers, open_envelope
from cheget.order.verify import Pinned, explain_papers
from cheget.service.amending import answer_amendment, law_state, propose_amendment
from cheget.service.desk import Desk
from cheget.service.founding import append_law
from cheget.service.shown import slice_of
from cheget.service.sqlite import SqliteStore
from executor.guarded import CHAIN, Guarded
from simulator import ChainSimulator, scenario, signer

DB = "production-db"


class Amender:
    """A house whose charter is being amended."""

    def __init__(self, sim: ChainSimulator) -> None:
        self.sim = sim

    @property
    def charter(self) -> Charter:
        return self.state.charter

    @property
    def state(self) -> LawState:
        return self.sim.store.read(law_state)

    def next(self, **changes: object) -> Charter:
        now = self.charter
        return replace(now, version=now.version + 1, before=now.digest, **changes)  # type: ignore[arg-type]

    def titled(self, title: str) -> Charter:
        """The charter with another title for its chain: a change of the chain, and no more."""
        (chain,) = self.charter.chains
        return self.next(chains=(replace(chain, title=title),))

    def propose(
        self, new: Charter, by: str = "ann", enrolled: Sequence[tuple[str, Signer]] = (),
        key: Signer | None = None,
    ) -> str:  # fmt: skip
        sim = self.sim
        text = sim.text("why")
        document = draft_founding(
            new, signer=by, reason=text, now=sim.clock.now(), decide_within=3600
        )
        stored = enclose(document, key or sim.signers[by])
        enrolments = [
            enclose(draft_enrolment(new.deployment, who, s.public, sim.fresh()), s)
            for who, s in enrolled
        ]
        propose_amendment(sim.store, new, enrolments, stored, sim.clock, text)
        return open_envelope(stored).envelope.digest

    def agree(self, amendment: str, *people: str, key: Signer | None = None) -> LawState:
        sim = self.sim
        for who in people:
            size = sim.store.read(lambda tx: tx.size("law"))
            root = sim.store.read(lambda tx, n=size: tx.peaks("law", n).root().hex())
            text = sim.text("agreed")
            document = draft_agreement(
                amendment, signer=who, seen=Head(size, root), reason=text, now=sim.clock.now()
            )
            stored = enclose(document, key or sim.signers[who])
            state = answer_amendment(sim.store, stored, sim.clock, text)
        return state

    def refuse(self, amendment: str, who: str) -> LawState:
        text = self.sim.text("no")
        document = draft_refusal(amendment, signer=who, reason=text, now=self.sim.clock.now())
        return answer_amendment(
            self.sim.store, enclose(document, self.sim.signers[who]), self.sim.clock, text
        )

    def countermand(self, amendment: str, who: str) -> LawState:
        text = self.sim.text("no")
        document = draft_countermand(amendment, signer=who, reason=text, now=self.sim.clock.now())
        return answer_amendment(
            self.sim.store, enclose(document, self.sim.signers[who]), self.sim.clock, text
        )

    def revoke(self, who: str, key: Signer, by: Signer | None = None) -> LawState:
        text = self.sim.text("lost")
        document = Revocation(
            self.charter.deployment, key.public.key.hex(), text.digest, self.sim.clock.now(), who
        )
        return answer_amendment(self.sim.store, enclose(document, by or key), self.sim.clock, text)

    def amended(self, new: Charter) -> None:
        """The chain's own amend, met: by whoever has to agree, one after the other."""
        digest = self.propose(new)
        for who in sorted(self.sim.signers):
            proposal = self.state.proposals[digest]
            if proposal.ended:
                return
            if any(need.names(who) for need in proposal.missing()):
                self.agree(digest, who)


@pytest.fixture
def law(sim: ChainSimulator) -> Amender:
    return Amender(sim)


def test_an_amendment_holds_once_the_old_and_the_new_amend_have_agreed(law: Amender) -> None:
    new = law.titled("another")
    digest = law.propose(new)
    assert {need.is_new for need in law.state.proposals[digest].needs} == {True, False}
    law.agree(digest, "bob", "cho", "dan")
    assert law.charter.version == 1
    law.agree(digest, "dee")
    assert law.charter == new
    assert law.sim.desk.store.read(law_state).proposals[digest].ended == "it holds"


def test_chain_edited_mid_order(law: Amender) -> None:
    """The order names the law it was given under: desk, signers and executors close it."""
    sim = law.sim
    code = sim.code(DB)
    sim.verify(code, DB)
    law.amended(law.titled("another"))
    assert sim.desk.proceeding(sim.order).state == "closed"
    with pytest.raises(LawError, match="another law than any chain has now"):
        sim.verify(sim.code(DB, sim.pinned), DB, sim.pinned)
    # A client that pinned the first charter follows, and says why there is nothing to sign.
    papers = sim.desk.papers(sim.order)
    found = explain_papers(papers, pinned=sim.pinned, now=sim.clock.now())
    assert isinstance(found.error, StoppedError)
    assert "the law of its chain has changed" in found.error.hint
    # What the executor held before the change is no way back.
    held = Pinned(sim.charter, law=sim.desk.head("law"))
    with pytest.raises(LawError, match=r"were seen|no root"):
        sim.verify(code, DB, held)


def test_reverting_the_law_reopens_nothing(law: Amender) -> None:
    """The chain is as it was, to the byte, and the order stays closed."""
    sim, first = law.sim, law.charter.chains
    sim.clock.turn(1)
    law.amended(law.titled("another"))
    law.amended(law.next(chains=first))
    assert law.charter.version == 3
    assert law.charter.laws == law.sim.charter.laws
    assert sim.desk.proceeding(sim.order).state == "closed"
    with pytest.raises(StoppedError, match="closed"):
        sim.verify(sim.code(DB, sim.pinned), DB, sim.pinned)


def test_an_executor_with_an_old_law_verifies_forward(law: Amender) -> None:
    """From the charter that it pinned, over two that came since, to an order under the third."""
    sim = law.sim
    law.amended(law.titled("second"))
    law.amended(law.titled("third"))
    sim.clock.turn(1)
    sim.law = law.charter.laws[sim.chain.id]
    sim.chain = law.charter.chains[0]
    sim.transmit("ann", "wipe", [DB], database="orders")
    sim.release()
    sim.clock.turn(900)
    verified = sim.verify(sim.code(DB, sim.pinned), DB, sim.pinned)
    assert verified.charter == law.charter
    # So does one that was installed under the second or the third.
    for payload in sim.store.read(lambda tx: tx.charters()):
        pinned = Pinned(next(c for c in [sim.charter, *law.state.known.values()]
                             if c.payload == payload))  # fmt: skip
        assert sim.verify(sim.code(DB, pinned), DB, pinned).charter == law.charter


def test_whoever_refused_an_amendment_cannot_agree_to_it_afterwards(law: Amender) -> None:
    digest = law.propose(law.titled("another"))
    law.refuse(digest, "dan")
    assert not law.state.proposals[digest].ended
    with pytest.raises(NotAcceptedError, match="dan has refused"):
        law.agree(digest, "dan")


def agreement(law: Amender, amendment: str, who: str, seen: Head) -> bytes:
    sim = law.sim
    document = draft_agreement(
        amendment, signer=who, seen=seen, reason=sim.text("agreed"), now=sim.clock.now()
    )
    return enclose(document, sim.signers[who])


def test_head_seen_before_there_was_a_proposal(law: Amender) -> None:
    """An agreement kept in a drawer: its signer can't have seen what they agree to."""
    before = law.sim.desk.head("law")
    digest = law.propose(law.titled("another"))
    stored = agreement(law, digest, "bob", before)
    with pytest.raises(NotAcceptedError, match="without the proposal"):
        answer_amendment(law.sim.store, stored, law.sim.clock, law.sim.text("agreed"))


def test_head_of_the_law_seen_that_never_was(law: Amender) -> None:
    """The desk refuses it; one that logs it all the same is found out by every executor."""
    sim = law.sim
    digest = law.propose(law.titled("another"))
    size = sim.desk.head("law").size
    stored = agreement(law, digest, "bob", Head(size, "ab" * 32))
    with pytest.raises(NotAcceptedError, match="never was"):
        answer_amendment(sim.store, stored, sim.clock, sim.text("agreed"))
    sim.store.write(lambda tx: append_law(tx, open_envelope(stored), sim.clock))
    with pytest.raises(LawError, match="bob saw a law log that never was"):
        sim.verify(sim.desk.code(sim.order, DB), DB, sim.pinned)


def test_withheld_countermand_of_somebody_who_joined_later(tmp_path: Path) -> None:
    """The desk withholds it; shown by hand it stops an executor that pins the charter before."""
    chain = CHAIN.replace(b"dee: Dee}", b"dee: Dee, fay: Fay}").replace(
        b"team,     members: [ann, bob]", b"team,     members: [ann, bob, fay]"
    )
    guarded = Guarded(tmp_path, chain=chain)
    sim, law, joe = guarded.sim, Amender(guarded.sim), signer("joe")
    now = law.charter
    new = law.next(
        people={**now.people, "joe": Person((joe.public,))}, posts={**now.posts, "fay": "joe"}
    )
    digest = law.propose(new, enrolled=[("joe", joe)])
    for who in ("ann", "dee"):
        law.agree(digest, who)
    assert law.charter.posts["fay"] == "joe"
    sim.clock.turn(1)
    sim.law = law.charter.laws[sim.chain.id]
    order = guarded.released("held")
    stop = draft_countermand(order, signer="joe", reason=sim.text("no"), now=sim.clock.now())
    stranger = enclose(replace(stop, signer="kai"), signer("kai"))
    guarded.shown += [stranger, enclose(stop, joe)]
    agent = guarded.agent()
    agent.run_once()
    assert [one.facts["digest"] for one in agent.journal.of_kind("stop")] == [
        hashlib.sha256(guarded.shown[1]).hexdigest()
    ]
    sim.clock.turn(901)
    (taken,) = agent.run_once()
    assert (taken.outcome, guarded.lines) == ("refused", [])
    assert "joe" in taken.says


def test_who_joined_is_remembered_after_a_restart(tmp_path: Path) -> None:
    """Their stop is kept before any code has been read again."""
    guarded = Guarded(tmp_path)
    law, joe = Amender(guarded.sim), signer("joe")
    now = law.charter
    new = law.next(people={**now.people, "ann": Person((*now.people["ann"].keys, joe.public))})
    digest = law.propose(new, enrolled=[("ann", joe)])
    for who in ("ann", "dee"):
        law.agree(digest, who)
    guarded.sim.clock.turn(1)
    guarded.sim.law = law.charter.laws[guarded.sim.chain.id]
    order = guarded.released("held")
    stop = enclose(
        draft_countermand(
            order, signer="ann", reason=guarded.sim.text("no"), now=guarded.sim.clock.now()
        ),
        joe,
    )
    agent = guarded.agent()
    assert not agent.show_stop(stop)
    agent.run_once()
    agent.journal.close()
    again = guarded.agent()
    assert again.show_stop(stop)
    guarded.sim.clock.turn(901)
    (taken,) = again.run_once()
    assert (taken.outcome, guarded.lines) == ("refused", [])


def test_a_flood_of_charters_leaves_room_in_a_code(
    law: Amender, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolled = sum(map(len, law.sim.store.read(lambda tx: tx.enrolments())))
    carried = enrolled + 2 * len(law.charter.payload) + 100
    monkeypatch.setattr("cheget.service.amending.MAX_CHARTERS", carried)
    law.propose(law.titled("one"))
    with pytest.raises(NotAcceptedError, match="bytes of charters"):
        law.propose(law.titled("another"))


def test_a_flood_of_enrolments_beside_a_charter_leaves_room_in_a_code(
    law: Amender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every code would carry them: those that it does not need are refused, others weighed."""
    before = law.sim.store.read(lambda tx: tx.enrolments())
    with pytest.raises(NotAcceptedError, match="does not name"):
        law.propose(law.titled("one"), enrolled=[("bob", signer("another"))])
    carried = sum(map(len, before)) + 2 * len(law.charter.payload) + 200
    monkeypatch.setattr("cheget.service.amending.MAX_CHARTERS", carried)
    new = signer("a second")
    people = {**law.charter.people}
    people["bob"] = replace(people["bob"], keys=(*people["bob"].keys, new.public))
    with pytest.raises(NotAcceptedError, match="and enrolments"):
        law.propose(law.next(people=people), enrolled=[("bob", new)])
    assert law.sim.store.read(lambda tx: tx.enrolments()) == before


def test_the_same_enrolment_a_thousand_times_is_kept_once(law: Amender) -> None:
    new = signer("a second")
    people = {**law.charter.people}
    people["bob"] = replace(people["bob"], keys=(*people["bob"].keys, new.public))
    before = law.sim.store.read(lambda tx: tx.enrolments())
    law.propose(law.next(people=people), enrolled=[("bob", new)] * 1000)
    assert len(law.sim.store.read(lambda tx: tx.enrolments())) == len(before) + 1
    law.refuse(law.state.open[0].digest, "ann")
    law.propose(law.next(people=people), enrolled=[("bob", new)])  # proved once is proved
    assert len(law.sim.store.read(lambda tx: tx.enrolments())) == len(before) + 1


@pytest.mark.parametrize(
    "rule",
    [
        Of(2, ("ann", "ann")),
        Of(2, ("ann", Of(1, ("ann", "bob")), "dee")),
        Of(2, ("ann", Of(1, ("others",)), "dee")),
        Of(0, ("ann",)),
        Of(1, ()),
        Of(3, ("ann", "bob")),
        Of(1, ("ann", "others")),
        Of(1, ("ann", Of(0, ("bob",)))),
    ],
)
def test_a_rule_for_people_that_counts_somebody_twice_is_no_law(law: Amender, rule: Of) -> None:
    with pytest.raises(CharterError):
        law.propose(law.next(changes={"remove": rule}))


def test_withheld_amendment(law: Amender) -> None:
    """The server shows the law log without the end of it, or without the charter it brought."""
    sim = law.sim
    old = sim.desk.code(sim.order, DB)
    law.amended(law.titled("another"))
    new = decode_papers(sim.desk.code(sim.order, DB))
    # The orders log mentions a law log larger than the one that is shown.
    shown = replace(new, law=decode_papers(old).law)
    with pytest.raises(LogError, match="mentions a law log larger"):
        sim.verify(shown.encode(), DB, sim.pinned)
    bare = replace(new, law=replace(new.law, charters=(), enrolments=()))
    with pytest.raises(LawError, match="is not shown"):
        sim.verify(bare.encode(), DB, sim.pinned)
    spoiled = replace(new, law=replace(new.law, envelopes=new.law.envelopes[:-1]))
    with pytest.raises(LawError, match="envelopes"):
        sim.verify(spoiled.encode(), DB, sim.pinned)
    # A log that begins past the amendment, to one that holds the head of the whole.
    size = new.law.slice.size
    piece = sim.store.read(lambda tx: slice_of(tx, "law", size, size))
    late = replace(new.law, slice=piece, envelopes=())
    for held in (sim.pinned, Pinned(sim.charter, law=sim.desk.head("law"))):
        with pytest.raises(LawError, match="needed from"):
            sim.verify(replace(new, law=late).encode(), DB, held)


def test_two_amendments_of_one_version(law: Amender) -> None:
    """The first that is complete counts; the other is void, whatever it still gathers."""
    one, other = law.titled("one"), law.titled("other")
    first, second = law.propose(one), law.propose(other, by="bob")
    law.agree(second, "bob", "cho")
    law.agree(first, "bob", "cho", "dan", "dee")
    assert law.charter == one
    assert law.state.proposals[second].ended.startswith("void")
    with pytest.raises(NotAcceptedError, match="void"):
        law.agree(second, "dan")
    with pytest.raises(NotAcceptedError, match="does not hold now"):
        law.propose(other, by="cho")


def test_law_that_nobody_can_change(law: Amender) -> None:
    (chain,) = law.charter.chains
    with pytest.raises(NotAcceptedError, match="a law that nobody can change"):
        law.propose(law.next(chains=(replace(chain, amend=None),)))
    posts = {post: who for post, who in law.charter.posts.items() if post not in {"dee", "eve"}}
    with pytest.raises(CharterError, match="can be met by nobody"):
        law.propose(law.next(posts=posts))


def test_a_chain_that_nobody_may_amend_stays_as_it_is(tmp_path: Path) -> None:
    chain = replace(scenario("wipe-database"), amend=None)
    law = Amender(ChainSimulator(chain, tmp_path / "fixed"))
    with pytest.raises(NotAcceptedError, match="can be changed by nobody"):
        law.propose(law.titled("another"))


def test_roster_administrator_adds_himself(law: Amender) -> None:
    """Whoever keeps the roster names mallory, and finds that the chain's amend is asked."""
    mallory = signer("mallory")
    people = {**law.charter.people, "mallory": Person((mallory.public,))}
    new = law.next(people=people)
    with pytest.raises(NotAcceptedError, match="no enrolment proves"):
        law.propose(new)
    with pytest.raises(NotAcceptedError, match="no rule that has to agree names mallory"):
        law.propose(new, by="mallory", key=mallory, enrolled=[("mallory", mallory)])
    digest = law.propose(new, enrolled=[("mallory", mallory)])
    with pytest.raises(NotAcceptedError, match="names mallory"):
        law.agree(digest, "mallory", key=mallory)
    law.agree(digest, "bob", "cho")
    assert law.charter.version == 1


def test_key_learned_from_the_server(law: Amender) -> None:
    """A second key for bob, which the server made up: nobody signs for it but by the old keys."""
    evil = signer("evil bob")
    people = {
        **law.charter.people,
        "bob": Person((*law.charter.people["bob"].keys, evil.public)),
    }
    digest = law.propose(law.next(people=people), enrolled=[("bob", evil)])
    law.agree(digest, "cho", "dan")
    # The key that is to come counts for the charter to come, and never for the one that holds.
    state = law.agree(digest, "bob", key=evil)
    assert "bob" not in state.proposals[digest].agreed_old
    law.agree(digest, "dee")
    assert law.charter.version == 1


def test_member_removed_mid_order(law: Amender) -> None:
    """Cho goes: the order in which cho might have counted, or did, is closed."""
    sim = law.sim
    posts = {post: who for post, who in law.charter.posts.items() if who != "cho"}
    people = {name: one for name, one in law.charter.people.items() if name != "cho"}
    law.amended(law.next(posts=posts, people=people))
    assert law.charter.version == 2
    assert sim.desk.proceeding(sim.order).state == "closed"
    with pytest.raises(LawError):
        sim.verify(sim.code(DB, sim.pinned), DB, sim.pinned)


def test_revoked_key(law: Amender) -> None:
    """It counted, so the order is closed; and it signs nothing more, as a leaver would."""
    sim = law.sim
    held = sim.installed
    code = sim.code(DB)
    law.revoke("bob", sim.signers["bob"])
    assert sim.desk.proceeding(sim.order).state == "closed"
    with pytest.raises(StoppedError, match="closed"):
        sim.verify(sim.code(DB, held), DB, held)
    with pytest.raises(LawError):
        sim.verify(code, DB)  # shown again, without the revocation, to one that has seen it
    sim.transmit("ann", "wipe", [DB], database="orders")
    with pytest.raises(NotAcceptedError, match="has revoked the key"):
        sim.concur("bob")
    with pytest.raises(NotAcceptedError, match="revoked already"):
        law.revoke("bob", sim.signers["bob"])
    with pytest.raises(NotAcceptedError, match="gives bob a key that is revoked"):
        law.propose(law.titled("another"))
    digest = law.propose(law.next(people={**law.charter.people, "bob": Person()}))
    with pytest.raises(NotAcceptedError, match="bob"):
        law.agree(digest, "bob")


def test_only_a_key_of_ones_own_is_revoked(law: Amender) -> None:
    with pytest.raises(NotAcceptedError, match="holds no such key"):
        law.revoke("bob", law.sim.signers["cho"])
    with pytest.raises(NotAcceptedError, match="not signed by bob"):
        law.revoke("bob", law.sim.signers["bob"], by=law.sim.signers["cho"])


def test_old_roster(law: Amender) -> None:
    """An executor that has followed the law is not shown the roster of before."""
    sim = law.sim
    old = sim.desk.code(sim.order, DB)
    held = Pinned(sim.charter, law=sim.desk.head("law"))
    sim.verify(old, DB, held)
    people = {name: one for name, one in law.charter.people.items() if name != "cho"}
    posts = {post: who for post, who in law.charter.posts.items() if who != "cho"}
    law.amended(law.next(people=people, posts=posts))
    held = Pinned(sim.charter, law=sim.desk.head("law"))
    with pytest.raises(LawError):
        sim.verify(old, DB, held)


def test_a_forked_law_is_refused(law: Amender) -> None:
    sim = law.sim
    held = Pinned(sim.charter, law=Head(sim.desk.head("law").size, "1" * 64))
    law.amended(law.titled("another"))
    with pytest.raises(LawError, match="forked"):
        sim.verify(sim.code(DB, held), DB, held)


def test_a_law_log_without_the_revocation_that_the_log_of_orders_mentions(
    law: Amender, tmp_path: Path
) -> None:
    """The desk forks the law alone, to the same length; the honest log of orders tells on it."""
    sim = law.sim
    held = sim.installed
    with sqlite3.connect(sim.at) as here:
        here.execute("VACUUM INTO ?", (str(tmp_path / "fork.sqlite"),))
    here.close()
    fork = SqliteStore(tmp_path / "fork.sqlite")
    now = sim.clock.now()
    harmless = Absence(sim.deployment, now, "0" * 32, "ann", now + 60)
    answer_amendment(fork, enclose(harmless, sim.signers["ann"]), sim.clock, sim.text(""))
    forked = Desk(fork, sim.charter, sim.clock, sim.log_signers).law()
    law.revoke("bob", sim.signers["bob"])
    assert forked.slice.size == sim.desk.head("law").size
    code = decode_papers(sim.code(DB, held))
    with pytest.raises(StoppedError, match="closed"):
        sim.verify(code.encode(), DB, held)
    with pytest.raises(LogError, match="mentions another law log"):
        sim.verify(replace(code, law=forked).encode(), DB, held)
    fork.close()


def test_an_amendment_is_refused_countermanded_and_expires(law: Amender) -> None:
    sim = law.sim
    stopped = law.propose(law.titled("one"))
    law.agree(stopped, "bob")
    assert law.countermand(stopped, "bob").proposals[stopped].ended == "countermanded by bob"
    late = law.propose(law.titled("two"))
    sim.clock.turn(3600)
    with pytest.raises(NotAcceptedError, match="expired"):
        law.agree(late, "bob")
    no = law.propose(law.titled("three"))
    for who in ("bob", "cho"):
        ended = law.refuse(no, who).proposals[no].ended
    assert ended == "refused by bob, cho"
    with pytest.raises(NotAcceptedError, match="ended"):
        law.agree(no, "dan")


def _changes(law: Amender, **rules: str) -> dict[str, object]:
    people = [name for name, one in law.charter.people.items() if not one.machine]
    return {name.replace("_", "-"): change_form(text, people) for name, text in rules.items()}


RULES = {"add_key": "self and 1 other", "replace": "2 of (ann, dee, eve)",
         "remove": "any of (dee, eve)"}  # fmt: skip


@pytest.fixture
def ruled(law: Amender) -> Amender:
    law.amended(law.next(changes=_changes(law, **RULES)))
    assert law.charter.version == 2
    return law


def test_a_second_device_takes_oneself_and_one_other(ruled: Amender) -> None:
    again = signer("bob again")
    people = {
        **ruled.charter.people,
        "bob": Person((*ruled.charter.people["bob"].keys, again.public)),
    }
    digest = ruled.propose(ruled.next(people=people), by="bob", enrolled=[("bob", again)])
    ruled.agree(digest, "bob")
    assert ruled.charter.version == 2
    ruled.agree(digest, "cho")
    assert ruled.charter.version == 3


def test_two_others_without_oneself_add_no_key(ruled: Amender) -> None:
    again = signer("bob again")
    people = {
        **ruled.charter.people,
        "bob": Person((*ruled.charter.people["bob"].keys, again.public)),
    }
    digest = ruled.propose(ruled.next(people=people), by="cho", enrolled=[("bob", again)])
    ruled.agree(digest, "cho", "dan")
    # Not even by the key that is to come.
    with pytest.raises(NotAcceptedError, match="no rule that has to agree names bob"):
        ruled.agree(digest, "bob", key=again)
    assert ruled.charter.version == 2


@pytest.mark.parametrize("who", ["dee", "eve"])
def test_taking_power_away_is_cheap(ruled: Amender, who: str) -> None:
    posts = {post: one for post, one in ruled.charter.posts.items() if one != "bob"}
    people = {name: one for name, one in ruled.charter.people.items() if name != "bob"}
    digest = ruled.propose(ruled.next(posts=posts, people=people), by=who)
    with pytest.raises(NotAcceptedError, match="no rule that has to agree names bob"):
        ruled.agree(digest, "bob")
    assert ruled.agree(digest, who).charter.version == 3


def test_a_replaced_key_takes_two_of_those_named(ruled: Amender) -> None:
    new = signer("bob anew")
    people = {**ruled.charter.people, "bob": Person((new.public,))}
    digest = ruled.propose(ruled.next(people=people), by="dee", enrolled=[("bob", new)])
    assert ruled.agree(digest, "dee").charter.version == 2
    assert ruled.agree(digest, "ann").charter.version == 3


@pytest.mark.parametrize(
    "spoil",
    [
        lambda new: replace(new, version=9),
        lambda new: replace(new, before="1" * 64),
        lambda new: replace(new, deployment="f" * 32),
        lambda new: replace(new, house="elsewhere"),
    ],
)
def test_a_charter_that_does_not_follow_is_no_amendment(
    law: Amender, spoil: Callable[[Charter], Charter]
) -> None:
    with pytest.raises(NotAcceptedError):
        law.propose(spoil(law.titled("another")))
    with pytest.raises(NotAcceptedError, match="changes nothing"):
        law.propose(law.next())
