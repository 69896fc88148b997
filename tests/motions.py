"""Amendments in a simulated house: proposed, agreed to, and a key given up."""

from __future__ import annotations

from dataclasses import replace

from cheget.order.charter import Charter
from cheget.order.documents import Revocation
from cheget.order.draft import draft_agreement, draft_founding, enclose
from cheget.order.fields import Head
from cheget.order.papers import open_envelope
from cheget.service.amending import answer_amendment, law_state, propose_amendment
from simulator import ChainSimulator, signer


def following(sim: ChainSimulator, **changes: object) -> Charter:
    """The next charter, with some of it changed."""
    old = sim.store.read(law_state).charter
    return replace(old, version=old.version + 1, before=old.digest, **changes)  # type: ignore[arg-type]


def titled(sim: ChainSimulator, title: str) -> Charter:
    """The next charter, with another title for its chain and nothing else."""
    (chain,) = sim.store.read(law_state).charter.chains
    return following(sim, chains=(replace(chain, title=title),))


def propose(sim: ChainSimulator, new: Charter, by: str = "ann", *, within: int = 86_400) -> str:
    """The amendment's digest."""
    text = sim.text("why")
    document = draft_founding(
        new, signer=by, reason=text, now=sim.clock.now(), decide_within=within
    )
    stored = enclose(document, sim.signers[by])
    propose_amendment(sim.store, new, [], stored, sim.clock, text)
    return open_envelope(stored).envelope.digest


def agree(sim: ChainSimulator, amendment: str, *people: str) -> None:
    """One after the other, up to whoever's agreement is the last that it needs."""
    for who in people:
        if sim.store.read(law_state).proposals[amendment].ended:
            return
        size, root = sim.store.read(lambda tx: (n := tx.size("law"), tx.peaks("law", n).root()))
        text = sim.text("agreed")
        document = draft_agreement(
            amendment, signer=who, seen=Head(size, root.hex()), reason=text, now=sim.clock.now()
        )
        answer_amendment(sim.store, enclose(document, sim.signers[who]), sim.clock, text)


def amend(sim: ChainSimulator, new: Charter, *people: str) -> None:
    """A new charter, agreed by these; the simulator goes on under its law."""
    agree(sim, propose(sim, new), *people)
    sim.law = sim.store.read(law_state).charter.laws[sim.chain.id]


def revoke(sim: ChainSimulator, who: str) -> None:
    """The person's first key, given up with itself."""
    key, text = signer(who), sim.text("lost")
    document = Revocation(sim.deployment, key.public.key.hex(), text.digest, sim.clock.now(), who)
    answer_amendment(sim.store, enclose(document, key), sim.clock, text)
