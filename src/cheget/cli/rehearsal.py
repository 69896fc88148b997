"""A rehearsal: one order through a chain, everybody played by whoever sits here.

The house is thrown away afterwards, and its executor only echoes; the keys, the signatures, the
log, the code and its verification are real.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cheget.chain.chain import Action, Chain, Parameter
from cheget.chain.people import People
from cheget.chain.rule import names
from cheget.cli.install import Place, install, make, open_agent
from cheget.cli.ledgers import read_ledger
from cheget.cli.plain import fresh
from cheget.cli.sources import DeskSource, FolderCrew
from cheget.cli.throwaway import TurnedClock, enrolled, founded, key
from cheget.errors import HouseError, NotAcceptedError
from cheget.executor.agent import Taken
from cheget.keyring.signer import Ed25519Signer
from cheget.order.draft import (
    draft_attestation,
    draft_concurrence,
    draft_crew_concurrence,
    draft_order,
    draft_refusal,
    enclose,
    salted,
)
from cheget.order.fields import Text
from cheget.order.ledger import prove
from cheget.order.proceeding import Proceeding
from cheget.order.verify import Pinned, Verified, verify_papers
from cheget.service.counter import LocalCounter
from cheget.service.house import House, draw_house

CONTENT = b"a rehearsal\n"  # of a file parameter
_BEYOND = 3600  # how long an attestation holds past all windows


@dataclass(frozen=True)
class Rehearsal:
    """The house in which it is played, and who plays."""

    folder: Path
    house: House
    desk: LocalCounter
    chain: Chain
    action: Action
    executor: str
    people: Mapping[str, Ed25519Signer]
    clock: TurnedClock
    files: tuple[bytes, ...] = field(default=())

    @property
    def place(self) -> Place:
        """Where the echoing executor lives."""
        return Place(self.folder / "executors" / self.executor)

    def proceeding(self, order: str) -> Proceeding:
        """How far an order has come."""
        return self.desk.proceeding(order)

    def fills(self, seat: str) -> str:
        """Who fills a post."""
        return self.desk.charter.posts[seat]

    def transmit(self, given: Mapping[str, str] | None = None) -> str:
        """Order the action, on the attestations that it needs; the order's digest.

        ``given``: values of parameters, instead of any that they may have.
        """
        law = self.desk.charter.laws[self.chain.id]
        head = self.chain.ladder(self.action.id)[0].members[0]
        parameters = {one: value_of(what) for one, what in self.action.parameters}
        parameters.update(given or {})
        text = _text("A rehearsal.")
        draft = draft_order(
            law, originator=self.fills(head), seat=head, action=self.action.id,
            executors=[self.executor], parameters=parameters, reason=text,
            now=self.clock.now(), nonce=fresh(), attestations=list(self._attest(head)),
        )  # fmt: skip
        signed = enclose(draft, self.people[self.fills(head)])
        return self.desk.transmit(signed, [self.executor], [text], list(self.files)).digest

    def _attest(self, head: str) -> Iterator[str]:
        law = self.desk.charter.laws[self.chain.id]
        until = self.clock.now() + self.action.decide_within + self.action.hold + _BEYOND
        for condition in self.action.conditions:
            rule = self.chain.condition(condition).attested_by
            for seat in dict.fromkeys(names(rule)):
                if self.fills(seat) == self.fills(head):
                    continue  # the originator's own doesn't count
                text = _text("As rehearsed.")
                document = draft_attestation(
                    law, condition=condition, action=self.action.id, signer=self.fills(seat),
                    seat=seat, statement=text, now=self.clock.now(), until=until, nonce=fresh(),
                )  # fmt: skip
                signed = enclose(document, self.people[self.fills(seat)])
                yield self.desk.attest(signed, [text]).digest

    def concur(self, order: str, seat: str) -> None:
        """Somebody concurs in their seat, having verified what they sign."""
        text = _text("")
        document = draft_concurrence(
            self._verified(order), signer=self.fills(seat), seat=seat, reason=text,
            now=self.clock.now(),
        )  # fmt: skip
        self.desk.concur(enclose(document, self.people[self.fills(seat)]), [text])

    def refuse(self, order: str, seat: str, reason: str) -> None:
        """Somebody refuses, with a reason."""
        text = _text(reason)
        document = draft_refusal(order, signer=self.fills(seat), reason=text, now=self.clock.now())
        self.desk.refuse(enclose(document, self.people[self.fills(seat)]), [text])

    def act(self, order: str) -> list[Taken]:
        """The executor asks for its code before the hold is over, after it, and once more."""
        self.crew_concurs(order)
        crew = FolderCrew(self.place.folder / "crew")
        agent = open_agent(
            self.place, self.executor, self.folder / "anchors", [DeskSource(self.desk)], crew,
            self.clock,
        )  # fmt: skip
        try:
            first = agent.run_once()
            if any(one.outcome == "waiting" for one in first):
                self.clock.forward(self.action.hold + 1)
            return [*first, *agent.run_once()]
        finally:
            agent.journal.close()

    def acted_again(self, order: str) -> bool:
        """Whether the executor acts when it is shown its code a second time."""
        agent = open_agent(self.place, self.executor, self.folder / "anchors", clock=self.clock)
        try:
            before = sum(1 for _ in agent.journal.of_kind("intent"))
            agent.take(self.desk.code(order, self.executor))
            return sum(1 for _ in agent.journal.of_kind("intent")) > before
        except NotAcceptedError:
            return False
        finally:
            agent.journal.close()

    def has_code(self, order: str) -> bool:
        """Whether anybody could derive a code for the executor."""
        try:
            return bool(self.desk.code(order, self.executor))
        except NotAcceptedError:
            return False

    def crew_concurs(self, order: str) -> None:
        """The people beside the executor concur, if it has any."""
        rule = self.chain.kind_of(self.executor).crew
        if rule is None:
            return
        verified, folder = self._verified(order), self.place.folder / "crew"
        folder.mkdir(exist_ok=True)
        for post in dict.fromkeys(names(rule)):
            person = self.fills(f"{self.executor}/{post}")
            document = draft_crew_concurrence(
                verified, signer=person, post=f"{self.executor}/{post}", reason=_text(""),
                now=self.clock.now(),
            )  # fmt: skip
            signed = enclose(document, self.people[person])
            (folder / f"{order[:16]}-{post}.json").write_bytes(signed)

    def _verified(self, order: str) -> Verified:
        papers = self.desk.papers(order)
        return verify_papers(papers, pinned=Pinned(self.desk.charter), now=self.clock.now())

    def proved(self) -> tuple[int, int]:
        """How many orders and receipts there are, once every entry of both logs is proved."""
        found = prove(read_ledger(self.desk))
        return len(found.proceedings), len(found.receipts)


def _text(text: str) -> Text:
    return salted(text, fresh())


def value_of(parameter: Parameter) -> str:
    """A value that a parameter may have."""
    match parameter.kind:
        case "one-of":
            return parameter.choices[0]
        case "number":
            return parameter.low
        case "sha256" | "file":
            return hashlib.sha256(CONTENT).hexdigest()
        case _:
            return "rehearsal"[: parameter.up_to]


@contextmanager
def rehearsal(
    source: Path, chain: Chain, people: People | None, action: Action, clock: TurnedClock,
    tell: Callable[[str], object],
) -> Iterator[Rehearsal]:  # fmt: skip
    """A house of its own for one chain, thrown away afterwards.

    Args:
        source: The chain's file.
        chain: As read from it.
        people: Who fills the posts; None: people of the same names.
        action: What is ordered.
        clock: Turned forward past the hold.
        tell: Told what was made.

    Raises:
        HouseError: a post that has a say is filled by nobody.
    """
    executor = next(iter(chain.kind(action.executors[0]).ids()))
    folder = Path(tempfile.mkdtemp(prefix="cheget-rehearsal-"))
    try:
        (folder / "chains").mkdir()
        shutil.copyfile(source, folder / "chains" / f"{chain.id}.yaml")
        (folder / "people.yaml").write_text(cast(chain, people, executor), "utf-8")
        house = draw_house(folder, os.urandom)
        signers = {one.id: key() for one in house.people.people}
        place = Place(folder / "executors" / executor)
        enrolments = [
            make(place, executor, chain, house.deployment, at="."),
            *enrolled(house, signers),
        ]
        echo = ", ".join(["/bin/echo", f"would {action.id}",
                          *(f'"{{{name}}}"' for name, _ in action.parameters)])  # fmt: skip
        text = place.settings.read_text().replace(
            "act: {}\n", f"act:\n  {action.id}: {{run: [{echo}]}}\n"
        )
        place.settings.write_text(text)
        desk = founded(house, signers, enrolments, "The first charter of this rehearsal.", clock)
        proved = prove(read_ledger(desk))
        install(place, executor, desk.charter, proved.orders_head, proved.law_head,
                folder / "anchors", clock)  # fmt: skip
        tell(f"{len(signers)} keys enrolled, and the charter agreed by everybody with a seat")
        files = tuple(CONTENT for _, one in action.parameters if one.kind == "file")[:1]
        yield Rehearsal(folder, house, desk, chain, action, executor, signers, clock, files)
        desk.store.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def cast(chain: Chain, people: People | None, executor: str) -> str:
    """people.yaml: who fills the posts, and somebody for each post of the crew."""
    posts: dict[str, str] = {}
    for member in chain.members:
        person = member.id if people is None else people.fills(member.id)
        if person is None:
            raise HouseError(f"nobody fills {member.id}", hint="name somebody in people.yaml")
        posts[member.id] = person
    crew = chain.kind_of(executor).crew
    for post in dict.fromkeys(names(crew)) if crew is not None else ():
        posts[f"{executor}/{post}"] = f"{executor}-{post}"
    machines = set() if people is None else {one.id for one in people.people if one.machine}
    lines = ["house: rehearsal", "people:"]
    lines += [
        f"  {one}: {{machine: yes}}" if one in machines else f"  {one}: {one}"
        for one in dict.fromkeys(posts.values())
    ]
    lines += ["posts:", *(f"  {post}: {one}" for post, one in posts.items()), ""]
    return "\n".join(lines)
