"""A staffed chain with real keys, a hand-turned clock and a real store."""

from __future__ import annotations

import hashlib
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cheget.audit.instant import from_text
from cheget.chain.chain import Chain
from cheget.chain.parse import parse_chain
from cheget.chain.rule import names
from cheget.executor.unsealing import file_name
from cheget.keyring.dealt import Deals, Dealt, write_durably
from cheget.keyring.handing import Given, Hands
from cheget.keyring.sealing import deal, with_sealing
from cheget.keyring.signer import Ed25519Signer
from cheget.order.allowed import in_order
from cheget.order.charter import Charter, LogKey, Person, Terms
from cheget.order.circumstances import Circumstances
from cheget.order.consequence import turns
from cheget.order.draft import (
    draft_agreement,
    draft_attestation,
    draft_concurrence,
    draft_countermand,
    draft_crew_concurrence,
    draft_enrolment,
    draft_founding,
    draft_order,
    draft_question,
    draft_refusal,
    draft_review,
    enclose,
    salted,
)
from cheget.order.fields import Head, Text
from cheget.order.keys import PublicKey
from cheget.order.papers import open_envelope
from cheget.order.verify import Pinned, Verified, verify_code, verify_papers
from cheget.service.desk import Acknowledgement, Desk
from cheget.service.founding import agree, propose
from stores import opened

START = from_text("2026-11-22T10:00:00Z")
SCENARIOS = Path(__file__).parent.parent / "src" / "cheget" / "scenarios"


def scenario(name: str) -> Chain:
    return parse_chain((SCENARIOS / f"{name}.yaml").read_bytes())


@dataclass
class HandClock:
    """A clock that only a test turns."""

    at: int = START

    def now(self) -> int:
        return self.at

    def turn(self, seconds: int) -> None:
        self.at += seconds


def entropy(label: str, size: int = 32) -> bytes:
    return hashlib.shake_256(label.encode()).digest(size)


def signer(label: str) -> Ed25519Signer:
    return Ed25519Signer(Ed25519PrivateKey.from_private_bytes(entropy(f"key of {label}")))


@dataclass
class ChainSimulator:
    """A house with one chain, everybody enrolled and the first charter founded."""

    chain: Chain
    folder: Path
    machines: frozenset[str] = frozenset()
    posts: Mapping[str, str] | None = None
    executors: Sequence[str] | None = None
    second_keys: frozenset[str] = frozenset()
    sealing: bool = False  # whether keys are enrolled with sealing keys
    deployment: str = "00112233445566778899aabbccddeeff"
    clock: HandClock = field(default_factory=HandClock)
    number: int = 0
    shares: Sequence[bytes] = ()
    at: str = ""  # of the store; a file in the folder when empty

    def __post_init__(self) -> None:
        members = {member.id: member.id for member in self.chain.members}
        self.staff = {**members, **(self.posts or {})}
        listed = self.executors
        if listed is None:
            listed = [one for kind in self.chain.executors for one in list(kind.ids())[:3]]
        self.listed = sorted(listed)
        for executor in self.listed:
            crew = self.chain.kind_of(executor).crew
            for post in sorted(set(names(crew))) if crew else ():
                self.staff.setdefault(f"{executor}/{post}", f"{post}-of-{executor}")
        self.signers = {person: signer(person) for person in sorted(set(self.staff.values()))}
        self.executor_signers = {one: signer(f"executor {one}") for one in self.listed}
        self.log_signers = {"orders": signer("orders log"), "law": signer("law log")}
        self.charter = Charter(
            self.deployment, "example", 1, (self.chain,),
            {p: Person(self._keys(p), p in self.machines) for p in self.signers},
            self.staff,
            {one: self._public(s) for one, s in self.executor_signers.items()},
            Terms(
                LogKey("cheget.example/orders", self.log_signers["orders"].public.key),
                LogKey("cheget.example/law", self.log_signers["law"].public.key),
            ),
        )  # fmt: skip
        self.folder.mkdir(parents=True, exist_ok=True)
        self.at = self.at or str(self.folder / "desk.sqlite")
        self.store = opened(self.at)
        weakref.finalize(self, self.store.close)  # or a suite runs out of files
        if self.store.read(lambda tx: tx.charter()) is None:  # else: another replica of the house
            self._found()
        self.desk = Desk(self.store, self.charter, self.clock, self.log_signers)
        self.law = self.charter.laws[self.chain.id]
        self.order = ""

    def _keys(self, person: str) -> tuple[PublicKey, ...]:
        again = (self._public(signer(f"{person} again")),) if person in self.second_keys else ()
        return (self._public(self.signers[person]), *again)

    def _public(self, one: Ed25519Signer) -> PublicKey:
        return with_sealing(one) if self.sealing else one.public

    def _found(self) -> None:
        holders = [*self.signers.items(), *self.executor_signers.items()]
        holders += [(person, signer(f"{person} again")) for person in self.second_keys]
        enrolments = [
            enclose(draft_enrolment(self.deployment, who, self._public(s), self.fresh()), s)
            for who, s in holders
        ]
        text = self.text("the first charter")
        people = [
            p for m in self.chain.members
            if (p := self.staff[m.id]) not in self.machines
        ]  # fmt: skip
        people = list(dict.fromkeys(people))
        founding = draft_founding(
            self.charter, signer=people[0], reason=text, now=self.clock.now(), decide_within=86400
        )
        stored = enclose(founding, self.signers[people[0]])
        propose(self.store, self.charter, enrolments, stored, self.clock, text)
        digest = open_envelope(stored).envelope.digest
        for person in people:
            size = self.store.read(lambda tx: tx.size("law"))
            root = self.store.read(lambda tx, n=size: tx.peaks("law", n).root().hex())
            text = self.text("agreed")
            answer = draft_agreement(
                digest, signer=person, seen=Head(size, root), reason=text, now=self.clock.now()
            )
            agree(self.store, enclose(answer, self.signers[person]), self.clock, text)

    def fresh(self, size: int = 16) -> bytes:
        self.number += 1
        return entropy(f"fresh {self.number}", size)

    def text(self, text: str) -> Text:
        return salted(text, self.fresh())

    @property
    def pinned(self) -> Pinned:
        """What a newcomer holds who installed the charter by its digest."""
        return Pinned(self.charter)

    @property
    def installed(self) -> Pinned:
        """What an executor holds that has read the law log."""
        return Pinned(self.charter, law=self.desk.head("law"))

    def transmit(
        self, who: str, action: str, executors: Sequence[str], *, reason: str = "because",
        attestations: Sequence[str] = (), files: Sequence[bytes] = (), **parameters: str,
    ) -> Acknowledgement:  # fmt: skip
        text, listed = self.text(reason), in_order(executors)
        order = draft_order(
            self.law, originator=who, action=action, executors=listed, parameters=parameters,
            reason=text, now=self.clock.now(), nonce=self.fresh(), attestations=attestations,
        )  # fmt: skip
        order, shares = self.hands(who).sign_over(order, listed)
        done = self.desk.transmit(enclose(order, self.signers[who]), listed, [text], files, shares)
        self.order = done.digest
        return done

    def verify_shown(self, data: bytes) -> Verified:
        """What a signer says of papers that somebody shows them."""
        return verify_papers(data, pinned=self.pinned, now=self.clock.now())

    def verified(self) -> Verified:
        """The order as a signer verifies it."""
        data = self.desk.papers(self.order)
        return verify_papers(data, pinned=self.pinned, now=self.clock.now())

    @property
    def deals(self) -> Deals:
        return Deals(self.folder / "seals")

    @property
    def sealed(self) -> Path:
        """Where the executors' sealed secrets lie."""
        return self.folder / "sealed"

    def hands(self, who: str) -> Hands:
        """A member's own program, which hands shares over."""
        given = Given(self.folder / "given" / who)
        return Hands(self.charter, who, self.signers[who], self.deals, given)

    def seal(self, executor: str, action: str, *, serials: int = 1, first: int = 1,
             **secrets: bytes) -> list[Dealt]:  # fmt: skip
        """A ceremony: serials dealt to members, and the secrets sealed beside the executor."""
        found = []
        dealer = next(person for person in self.signers if person not in self.machines)
        for serial in range(first, first + serials):
            sealed, shares = deal(
                self.law, executor=executor, action=action, serial=serial, secrets=secrets,
                dealer=dealer, signer=self.signers[dealer],
                entropy=(self.fresh(), self.fresh()),
            )  # fmt: skip
            found.append(Dealt(sealed.filed, sealed.seal, tuple(shares)))
            write_durably(
                self.sealed / executor / file_name(action, serial), sealed.encode(), 0o600
            )
        self.deals.write(found)
        return found

    def concurrence(
        self, who: str, seat: str | None = None, absence: str | None = None
    ) -> bytes:  # fmt: skip
        """A concurrence; its shares, if any, lie in ``shares`` until it is sent."""
        verified = self.verified()
        pending = verified.proceeding.pending
        if seat is None and pending is not None:
            seat = next((s for s in pending.level.members if self.staff.get(s) == who), who)
        document = draft_concurrence(
            verified, signer=who, seat=seat or who, reason=self.text("agreed"),
            now=self.clock.now(), absence=absence,
        )  # fmt: skip
        document, self.shares = self.hands(who).concur_over(verified, document)
        return enclose(document, self.signers[who])

    def concur(self, *people: str, seat: str | None = None) -> Acknowledgement:
        for who in people:
            stored = self.concurrence(who, seat)
            done = self.desk.concur(stored, (), self.shares)
        return done

    def refuse(self, who: str, reason: str = "no") -> Acknowledgement:
        text = self.text(reason)
        document = draft_refusal(self.order, signer=who, reason=text, now=self.clock.now())
        return self.desk.refuse(enclose(document, self.signers[who]), [text])

    def ask(self, who: str, question: str = "why?") -> Acknowledgement:
        text = self.text(question)
        document = draft_question(self.order, signer=who, reason=text, now=self.clock.now())
        return self.desk.ask(enclose(document, self.signers[who]), [text])

    def review(self, who: str, finding: str = "as it had to be") -> Acknowledgement:
        text = self.text(finding)
        document = draft_review(
            self.desk.proceeding(self.order), signer=who, finding=text, now=self.clock.now()
        )
        return self.desk.review(enclose(document, self.signers[who]), [text])

    def countermand(self, who: str, subject: str | None = None) -> Acknowledgement:
        text = self.text("recalled")
        document = draft_countermand(
            subject or self.order, signer=who, reason=text, now=self.clock.now()
        )
        return self.desk.countermand(enclose(document, self.signers[who]), [text])

    def attest(self, who: str, condition: str, action: str, *, lasts: int = 7200) -> str:
        text = self.text("it is so")
        seat = next(
            s for s in names(self.chain.condition(condition).attested_by) if self.staff[s] == who
        )
        now = self.clock.now()
        document = draft_attestation(
            self.law, condition=condition, action=action, signer=who, seat=seat, statement=text,
            now=now, until=now + lasts, nonce=self.fresh(),
        )  # fmt: skip
        return self.desk.attest(enclose(document, self.signers[who]), [text]).digest

    def release(self) -> None:
        """Everybody who is asked concurs, level by level."""
        while (pending := self.desk.proceeding(self.order).pending) is not None:
            known = self.desk.proceeding(self.order)
            seat = next(
                turn.seat
                for person in map(self.staff.get, pending.level.members)
                for turn in turns(known, person or "", self.clock.now())
                if not turn.as_deputy
            )
            self.concur(self.staff[seat], seat=seat)

    def crew_answers(self, code: bytes, executor: str) -> tuple[bytes, ...]:
        """The crew's concurrences beside one executor, over the release in ``code``."""
        crew = self.chain.kind_of(executor).crew
        verified = self.verified()
        found = []
        for post in sorted(set(names(crew))) if crew else ():
            person = self.staff[f"{executor}/{post}"]
            document = draft_crew_concurrence(
                verified, signer=person, post=f"{executor}/{post}", reason=self.text("ready"),
                now=self.clock.now(),
            )  # fmt: skip
            found.append(enclose(document, self.signers[person]))
        return tuple(found)

    def ready(self, **changes: object) -> Circumstances:
        """The circumstances of an executor that may act now, save for what a test changes."""
        now = self.clock.now()
        facts = {"now": now, "first_stored": START, "asked_again": now, "tenure": 0, **changes}
        return Circumstances(**facts)  # type: ignore[arg-type]

    def verify(
        self, code: bytes, executor: str, pinned: Pinned | None = None, **changes: object
    ) -> Verified:
        """What an executor says of a code."""
        return verify_code(
            code, executor=executor, pinned=pinned or self.installed,
            circumstances=self.ready(**changes),
        )  # fmt: skip

    def code(self, executor: str, pinned: Pinned | None = None) -> bytes:
        """The code of the order, for whoever holds ``pinned``."""
        held = pinned or self.installed
        return self.desk.code(self.order, executor, law=held.law, orders=held.orders)

    def code_of_law(self) -> bytes:
        """Papers of any order, for the part of them that shows the law log."""
        held = self.installed
        digest = self.order or self.desk.orders()[0].digest
        return self.desk.papers(digest, law=held.law)
