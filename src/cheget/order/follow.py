"""The law log, folded: which charter holds, what is proposed, which keys are revoked.

One pure function from entries to a state; desks, clients, executors and auditors all use it. An
entry has an effect, is kept without one, or fits no state: then a desk logs nothing, and a log
that holds it is at fault.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cheget.chain.saying import said
from cheget.errors import BadSignatureError, CharterError, UnfitEntryError
from cheget.order.absent import Absent, check_absence, revoke
from cheget.order.amending import Need, needs, new_keys
from cheget.order.charter import Charter, Person
from cheget.order.documents import (
    Absence,
    Amendment,
    AnyDocument,
    Concurrence,
    Countermand,
    Refusal,
    Revocation,
)
from cheget.order.keys import PublicKey
from cheget.order.papers import Filed
from cheget.order.signatures import verify_signer

AMEND = "amend"


@dataclass(frozen=True)
class LawEntry:
    """An envelope where it stands in the law log. ``at`` in seconds."""

    position: int
    at: int
    filed: Filed


@dataclass(frozen=True)
class Proposal:
    """An amendment as it stands. ``ended`` says why, once it can no longer take effect."""

    digest: str
    document: Amendment
    position: int
    old: Charter
    new: Charter
    needs: tuple[Need, ...]
    agreed_old: frozenset[str] = frozenset()
    agreed_new: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    keys: frozenset[bytes] = frozenset()  # by which it was proposed and agreed to
    answered: frozenset[tuple[str, str, bool]] = frozenset()  # signer, kind, after its end
    ended: str = ""

    @property
    def agreed(self) -> frozenset[str]:
        """Who has agreed."""
        return self.agreed_old | self.agreed_new

    def has_say(self, person: str) -> bool:
        """Whether some rule that has to agree names the person."""
        return any(need.names(person) for need in self.needs)

    def waits_for(self, person: str, now: int) -> bool:
        """Whether the person has a say at that instant, and has said nothing yet."""
        over = bool(self.ended) or now >= self.document.decide_by
        said = person in self.agreed or person in self.refused
        return not over and not said and self.has_say(person)

    def missing(self) -> tuple[Need, ...]:
        """The rules that have not agreed yet."""
        return tuple(
            need
            for need in self.needs
            if not need.is_met(self.agreed_new if need.is_new else self.agreed_old)
        )


@dataclass(frozen=True)
class LawEvent:
    """An entry that changed what orders stand on: another charter, or a key that is revoked."""

    size: int  # of the law log with it
    at: int
    charter: Charter | None = None
    key: bytes = b""


@dataclass(frozen=True)
class LawState:
    """The law as of an entry of its log.

    ``is_pinned``: the charter was taken by its digest, and what led to it was not judged.
    ``first``: the charter that the founding is of. ``known``: charters by digest that were
    shown beside the log; ``proved``: the keys whose possession was, by whom.
    """

    charter: Charter
    founding: frozenset[str] | None = None  # who has still to agree to the first charter
    is_pinned: bool = False
    known: Mapping[str, Charter] = field(default_factory=dict)
    proved: Container[tuple[str, PublicKey]] = field(default=frozenset(), compare=False)
    proposals: Mapping[str, Proposal] = field(default_factory=dict)
    revoked: frozenset[bytes] = frozenset()
    events: tuple[LawEvent, ...] = ()
    absences: Mapping[str, Absent] = field(default_factory=dict)
    begun: bool = False  # the amendment that brought ``charter`` has been read
    refused: bool = False

    @property
    def is_founded(self) -> bool:
        """Whether the charter holds."""
        return not self.founding and not self.refused

    @property
    def usable(self) -> Charter:
        """The charter without the keys that are revoked: who may sign anything new."""
        if not self.revoked:
            return self.charter
        people = {
            name: Person(
                tuple(key for key in one.keys if key.point not in self.revoked), one.machine
            )
            for name, one in self.charter.people.items()
        }
        return replace(self.charter, people=people)

    @property
    def open(self) -> tuple[Proposal, ...]:
        """The amendments that may still take effect, in log order."""
        return tuple(one for one in self.proposals.values() if not one.ended)


def founding_of(charter: Charter, people: Collection[str]) -> LawState:
    """The law before its first entry; ``people`` have to agree to the first charter."""
    return LawState(charter, founding=frozenset(people))


def follow(state: LawState, entry: LawEntry) -> LawState:
    """The law with one entry more.

    Raises:
        UnfitEntryError: the entry fits no state.
        BadSignatureError: it does not verify.
        CharterError: a charter is proposed that cannot take the place of the one that holds.
    """
    document = entry.filed.unverified
    if not state.begun:
        return _begin(state, entry, document)
    if state.founding:
        return _found(state, entry, document)
    if state.refused:
        raise UnfitEntryError("the first charter was refused, and nothing follows it")
    handler = _HANDLERS.get(type(document))
    if handler is None:
        raise UnfitEntryError(f"a {document.kind} in the law log, which this version cannot follow")
    return handler(state, entry, document)


def _begin(state: LawState, entry: LawEntry, document: AnyDocument) -> LawState:
    """Up to the amendment that brought the charter from which we follow."""
    charter = state.charter
    if isinstance(document, Amendment) and document.new == charter.digest:
        if (document.version, document.old, document.deployment) != (
            charter.version, charter.before, charter.deployment,
        ):  # fmt: skip
            raise UnfitEntryError("the amendment is not the one of its charter")
        # Who proposed a later charter may hold no key by it: they did by the one before.
        if state.founding is not None:
            verify_signer(charter.people, document.signer, entry.filed.envelope)
        proposal = Proposal(
            entry.filed.envelope.digest, document, entry.position, charter, charter, (),
            ended=said("it holds"),
        )  # fmt: skip
        return replace(state, begun=True, proposals={proposal.digest: proposal})
    if state.founding is not None:
        raise UnfitEntryError("the law log begins with another charter, not the one that is pinned")
    # Somebody may still be away who left before the pinned charter came.
    if isinstance(document, Absence):
        try:
            return _leave(state, entry, document)
        except UnfitEntryError:
            return state  # it held by an older charter's terms; by these it quickens nobody
    if isinstance(document, Countermand) and document.subject in state.absences:
        try:
            return _return(state, entry, document)
        except (UnfitEntryError, BadSignatureError):
            # Taken under an older charter, by a key that may be gone: ending an absence only
            # slows its deputies.
            one = state.absences[document.subject]
            ended = replace(one, ended=one.ended or entry.position + 1)
            return replace(state, absences={**state.absences, one.digest: ended})
    return state


def _found(state: LawState, entry: LawEntry, document: AnyDocument) -> LawState:
    """Answers to the first charter: everybody has to agree, one refusal ends it."""
    (proposal,) = state.proposals.values()
    if not isinstance(document, Concurrence | Refusal) or document.order != proposal.digest:
        raise UnfitEntryError("something else than an answer to the first charter")
    verify_signer(state.charter.people, document.signer, entry.filed.envelope)
    if isinstance(document, Refusal):
        return replace(state, refused=True)
    if document.signer not in (state.founding or ()):
        raise UnfitEntryError(f"{document.signer} is not asked, or has agreed already")
    _check_terms(proposal, entry, document)
    left = (state.founding or frozenset()) - {document.signer}
    return replace(state, founding=left)


def _propose(state: LawState, entry: LawEntry, document: Amendment) -> LawState:
    old = state.charter
    if document.old != old.digest:
        if state.is_pinned and document.old != old.digest and document.version <= old.version:
            return state  # a rival of the pinned charter, or of one before it
        raise UnfitEntryError("it amends a charter that does not hold now")
    if document.deployment != old.deployment or document.version != old.version + 1:
        raise UnfitEntryError("it names another deployment, or not the next version")
    new = state.known.get(document.new)
    if new is None:
        raise UnfitEntryError(f"the charter {document.new[:16]} that it proposes is not shown")
    wanted = needs(old, new)
    check_keys(state, new)
    _not_ahead(state, entry, document.proposed_at)
    if not document.proposed_at < document.decide_by or entry.at >= document.decide_by:
        raise UnfitEntryError("the proposal has expired")
    proposal = Proposal(entry.filed.envelope.digest, document, entry.position, old, new, wanted)
    if proposal.digest in state.proposals:
        raise UnfitEntryError("that amendment, again")
    key, _ = _keys_of(state, proposal, document.signer, entry.filed)
    if not proposal.has_say(document.signer):
        raise UnfitEntryError(f"no rule that has to agree names {document.signer}")
    proposal = _judged(replace(proposal, keys=key), state.revoked)
    return replace(state, proposals={**state.proposals, proposal.digest: proposal})


def check_keys(state: LawState, new: Charter) -> None:
    """Return only if each new key has proved its possession, and none is revoked.

    Raises:
        CharterError: naming whose.
    """
    for who, key in new_keys(state.charter, new):
        if (who, key) not in state.proved:
            raise CharterError(f"no enrolment proves the new key of {who}")
    for who, person in new.people.items():
        if any(key.point in state.revoked for key in person.keys):
            raise CharterError(f"the new charter gives {who} a key that is revoked")


def _keys_of(
    state: LawState, proposal: Proposal, signer: str, filed: Filed
) -> tuple[frozenset[bytes], tuple[bool, bool]]:
    """The key that signed, and whether it is the signer's by the old and by the new charter."""
    found, sides, fault = frozenset[bytes](), [], None
    for charter in (proposal.old, proposal.new):
        person = charter.people.get(signer, Person())
        usable = tuple(key for key in person.keys if key.point not in state.revoked)
        try:
            key = verify_signer({signer: Person(usable)}, signer, filed.envelope)
        except BadSignatureError as error:
            fault = fault or error
            sides.append(False)
        else:
            found |= {key.point}
            sides.append(not person.machine)
    if not found:
        raise fault or BadSignatureError(f"nobody named {signer} holds a key")
    return found, (sides[0], sides[1])


def _concur(state: LawState, entry: LawEntry, document: Concurrence) -> LawState:
    proposal = state.proposals.get(document.order)
    if proposal is None or proposal.new == proposal.old:
        # What led to the pinned charter is judged by whoever pinned it.
        if state.is_pinned:
            return state
        raise UnfitEntryError("an answer to another amendment")
    if proposal.ended:
        raise UnfitEntryError(f"the amendment has ended: {proposal.ended}")
    if entry.at >= proposal.document.decide_by:
        raise UnfitEntryError("the proposal has expired")
    _check_terms(proposal, entry, document)
    _not_ahead(state, entry, document.answered_at)
    who = document.signer
    if who in proposal.refused:
        raise UnfitEntryError(f"{who} has refused, and cannot agree afterwards")
    if who in proposal.agreed:
        raise UnfitEntryError(f"{who} has agreed already")
    keys, (by_old, by_new) = _keys_of(state, proposal, who, entry.filed)
    counts_old = by_old and any(n.names(who) for n in proposal.needs if not n.is_new)
    counts_new = by_new and any(n.names(who) for n in proposal.needs if n.is_new)
    if not counts_old and not counts_new:
        raise UnfitEntryError(f"no rule that has to agree names {who}")
    one = frozenset({who})
    proposal = replace(
        proposal,
        agreed_old=proposal.agreed_old | (one if counts_old else frozenset()),
        agreed_new=proposal.agreed_new | (one if counts_new else frozenset()),
        keys=proposal.keys | keys,
    )
    if proposal.missing():
        return _with(state, proposal)
    return _takes_effect(state, proposal, entry)


def _check_terms(proposal: Proposal, entry: LawEntry, document: Concurrence) -> None:
    """An agreement names level, person and amendment, and a head with the proposal in it."""
    if (document.level, document.seat, document.prior) != (
        AMEND, document.signer, proposal.digest,
    ):  # fmt: skip
        raise UnfitEntryError("an agreement names level, person and amendment")
    if document.absence is not None or document.acknowledged:
        raise UnfitEntryError("an agreement acknowledges nothing, and has no deputies")
    if not proposal.position < document.size <= entry.position:
        raise UnfitEntryError("its signer saw a law log without the proposal")


def _takes_effect(state: LawState, proposal: Proposal, entry: LawEntry) -> LawState:
    ended = {
        digest: one
        if one.ended
        else replace(one, ended=said("void: another charter took its place"))
        for digest, one in state.proposals.items()
    }
    ended[proposal.digest] = replace(proposal, ended=said("it holds"))
    event = LawEvent(entry.position + 1, entry.at, proposal.new)
    kept = {key.point for one in proposal.new.people.values() for key in one.keys}
    gone = {one.key for one in state.absences.values()} - kept
    return replace(
        state, charter=proposal.new, is_pinned=False, proposals=ended,
        absences=revoke(state.absences, gone, event.size), events=(*state.events, event),
    )  # fmt: skip


def _stop(state: LawState, entry: LawEntry, document: Refusal | Countermand) -> LawState:
    """A refusal or a countermand of an amendment, or of an absence: it never starts anything."""
    if isinstance(document, Countermand) and document.subject in state.absences:
        return _return(state, entry, document)
    subject = document.order if isinstance(document, Refusal) else document.subject
    proposal = state.proposals.get(subject)
    if proposal is None or proposal.new == proposal.old:
        if state.is_pinned:
            return state
        raise UnfitEntryError("an answer to another amendment")
    _not_ahead(state, entry, document.answered_at)
    if isinstance(document, Refusal) and document.seat is not None:
        raise UnfitEntryError("a refusal of an amendment has no seat")
    who = document.signer
    _keys_of(state, proposal, who, entry.filed)
    if not proposal.has_say(who) and who != proposal.document.signer:
        raise UnfitEntryError(f"no rule that has to agree names {who}")
    mark = (who, document.kind, bool(proposal.ended))
    if mark in proposal.answered:
        raise UnfitEntryError(f"a {document.kind} by {who} is in the log already")
    proposal = replace(proposal, answered=proposal.answered | {mark})
    if proposal.ended or entry.at >= proposal.document.decide_by:
        return _with(state, proposal)
    if who in proposal.agreed or who == proposal.document.signer:
        return _with(state, replace(proposal, ended=said("countermanded by %(who)s", who=who)))
    if isinstance(document, Refusal):
        proposal = _judged(replace(proposal, refused=proposal.refused | {who}), state.revoked)
    return _with(state, proposal)


def _judged(proposal: Proposal, revoked: frozenset[bytes]) -> Proposal:
    """The amendment, ended once some rule can no longer be met by those who may still agree."""
    for need in proposal.needs:
        charter = proposal.new if need.is_new else proposal.old
        able = {
            name
            for name, person in charter.people.items()
            if name not in proposal.refused
            and not person.machine
            and any(key.point not in revoked for key in person.keys)
        }
        if not need.is_met(able):
            ended = said("the %(what)s can be met by nobody", what=need.what)
            if proposal.refused:
                ended = said("refused by %(who)s", who=", ".join(sorted(proposal.refused)))
            return replace(proposal, ended=ended)
    return proposal


def _leave(state: LawState, entry: LawEntry, document: Absence) -> LawState:
    """An absence: its signer's, in every chain of the house."""
    check_absence(document, state.charter.deployment, entry.at, state.charter.terms.skew)
    digest = entry.filed.envelope.digest
    if digest in state.absences:
        raise UnfitEntryError("that absence, again")
    try:
        key = verify_signer(state.usable.people, document.signer, entry.filed.envelope)
    except BadSignatureError:
        if state.is_pinned:
            return state  # by a key that went when the pinned charter came: it quickens nobody
        raise
    if state.charter.people[document.signer].machine:
        raise UnfitEntryError(f"{document.signer} is a machine, and has no deputies")
    one = Absent(digest, document, entry.position + 1, entry.at, key.point)
    return replace(state, absences={**state.absences, digest: one})


def _return(state: LawState, entry: LawEntry, document: Countermand) -> LawState:
    """An absence, taken back by its own signer."""
    one = state.absences[document.subject]
    _not_ahead(state, entry, document.answered_at)
    verify_signer(state.usable.people, document.signer, entry.filed.envelope)
    if document.signer != one.document.signer:
        raise UnfitEntryError("an absence is taken back by its own signer")
    if one.ended is not None:
        raise UnfitEntryError("that absence has been taken back")
    ended = replace(one, ended=entry.position + 1)
    return replace(state, absences={**state.absences, one.digest: ended})


def _revoke(state: LawState, entry: LawEntry, document: Revocation) -> LawState:
    if document.deployment != state.charter.deployment:
        raise UnfitEntryError("the revocation is for another deployment")
    _not_ahead(state, entry, document.revoked_at)
    person = state.charter.people.get(document.signer, Person())
    key = next((one for one in person.keys if one.key.hex() == document.key), None)
    if key is None:
        if state.is_pinned:
            return state  # a key that the pinned charter does not give that person
        raise UnfitEntryError(f"{document.signer} holds no such key")
    try:
        verify_signer(state.charter.people, document.signer, entry.filed.envelope)
    except BadSignatureError:
        # Signed, it may be, by a key that went when the pinned charter came: the key is given
        # up either way, which can only stop something.
        if not state.is_pinned:
            raise
    if key.point in state.revoked:
        raise UnfitEntryError("that key is revoked already")
    revoked = state.revoked | {key.point}
    proposals = {
        digest: one if one.ended else _without(one, key.point, revoked)
        for digest, one in state.proposals.items()
    }
    event = LawEvent(entry.position + 1, entry.at, key=key.point)
    absences = revoke(state.absences, {key.point}, entry.position + 1)
    return replace(
        state, revoked=revoked, proposals=proposals, absences=absences,
        events=(*state.events, event),
    )  # fmt: skip


def _without(proposal: Proposal, key: bytes, revoked: frozenset[bytes]) -> Proposal:
    if key in proposal.keys:
        return replace(proposal, ended=said("a key that counted in it was revoked"))
    if any(key == one.point for person in proposal.new.people.values() for one in person.keys):
        return replace(proposal, ended=said("it keeps a key that was revoked"))
    return _judged(proposal, revoked)


def _with(state: LawState, proposal: Proposal) -> LawState:
    return replace(state, proposals={**state.proposals, proposal.digest: proposal})


def _not_ahead(state: LawState, entry: LawEntry, claimed: int) -> None:
    if claimed > entry.at + state.charter.terms.skew:
        raise UnfitEntryError("it claims to be signed later than it was logged")


_HANDLERS: Mapping[type, Callable[[LawState, LawEntry, Any], LawState]] = {
    Amendment: _propose,
    Concurrence: _concur,
    Refusal: _stop,
    Countermand: _stop,
    Revocation: _revoke,
    Absence: _leave,
}
