"""What an executor must refuse, tried with real codes of a house that is thrown away.

The executor's own ``executor.yaml`` and its chain as its charter has it, under keys that were drawn
for this; the verifier is the one that guards the act. The act itself is never performed.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from cheget.chain.chain import Action, Chain, ExecutorKind
from cheget.chain.people import parse_people
from cheget.cli.plain import fresh
from cheget.cli.rehearsal import CONTENT, Rehearsal, cast
from cheget.cli.sources import FolderCrew
from cheget.cli.throwaway import TurnedClock, enrolled, founded, key
from cheget.errors import HouseError, SwappedProgramError, VerificationError
from cheget.executor.actions import Act, Attempt, Result, Run, check_program, holes
from cheget.executor.agent import Agent
from cheget.executor.config import Configuration
from cheget.executor.journal import Journal
from cheget.keyring import keyfile
from cheget.keyring.signer import Ed25519Signer
from cheget.order.charter import Charter, LogKey, Terms
from cheget.order.fields import Head
from cheget.service.house import LOGS, House

_OTHER = "another-executor"


@dataclass(frozen=True)
class Refusal:
    """Something that must be refused. ``refused`` None: it does not apply to this action."""

    action: str
    what: str
    refused: bool | None
    says: str


@dataclass
class Trial:
    """The throwaway house, and the executor's configuration in it."""

    folder: Path
    house: Rehearsal
    configuration: Configuration
    signer: Ed25519Signer
    heads: tuple[Head, Head]
    performed: list[Attempt] = field(default_factory=list)
    journals: int = 0

    def shown(self, order: str, executor: str, *, late: int = 0) -> str:
        """Show the executor a code, before its hold unless it is late, and after; what it says.

        Args:
            order: A released order.
            executor: Whom the code is for.
            late: Seconds that the clock is turned past the hold.
        """
        with self._agent() as agent:
            try:
                if not late:
                    self._shown_now(agent, order, executor)
                self.house.clock.forward(self.house.action.hold + 1 + late)
                return self._shown_now(agent, order, executor)
            except VerificationError as error:
                return str(error)

    def _shown_now(self, agent: Agent, order: str, executor: str) -> str:
        held = agent.pinned
        code = self.house.desk.code(order, executor, law=held.law, orders=held.orders)
        return agent.take(code).says

    def none(self) -> str:
        """Ask it to act on what is no code at all."""
        with self._agent() as agent:
            says = ""
            for nothing in (b"", b"{}"):
                try:
                    says = agent.take(nothing).says
                except VerificationError as error:
                    says = str(error)
            agent.run_once()
            return says

    def foreign(self, order: str, pinned: Charter) -> str:
        """Show a code of this house to the executor as it really is, under its own charter."""
        with self._agent(pinned) as agent:
            return agent.take(self.house.desk.code(order, self.configuration.executor)).says

    @contextmanager
    def _agent(self, charter: Charter | None = None) -> Iterator[Agent]:
        """The executor over a new journal; ``charter``: its own, instead of the trial's."""
        self.journals += 1
        charter = charter or self.house.desk.charter
        clock = self.house.clock
        journal = Journal(
            self.folder / f"journal-{self.journals}", self.folder / f"anchor-{self.journals}",
            executor=self.configuration.executor, identity=fresh(), now=clock.now(),
        )  # fmt: skip
        try:
            agent = Agent(
                replace(self.configuration, charter=charter.digest), charter, self.signer, journal,
                clock, (), FolderCrew(self.house.place.folder / "crew"), self._perform,
            )  # fmt: skip
            if charter is self.house.desk.charter:
                agent.begin_tenure(*self.heads)
            yield agent
        finally:
            journal.close()

    def _perform(self, act: Act, attempt: Attempt) -> Result:  # noqa: ARG002 - it is not performed
        self.performed.append(attempt)
        return Result("carried-out", b"")

    def released(self, executor: str, **parameters: str) -> str:
        """An order to an executor, that everybody concurs with."""
        house = replace(self.house, executor=executor)
        order = house.transmit(parameters)
        answered: set[tuple[str, str]] = set()
        while (pending := house.proceeding(order).pending) is not None:
            counted = {one.seat for rung in house.proceeding(order).rungs
                       for one in rung.counted if rung.level is pending.level}  # fmt: skip
            waiting = [
                seat for seat in pending.level.members
                if seat not in counted and (pending.level.id, seat) not in answered
                and not house.proceeding(order).is_spent(house.fills(seat), seat, pending.level.id)
            ]  # fmt: skip
            if not waiting:
                raise HouseError(f"the order cannot be released at {pending.level.id}")
            answered.add((pending.level.id, waiting[0]))
            house.concur(order, waiting[0])
        if executor == self.configuration.executor:
            house.crew_concurs(order)
        return order


def refusals(configuration: Configuration, charter: Charter) -> Iterator[Refusal]:
    """Try every refusal for every action that the executor may carry out.

    Args:
        configuration: Of the executor, as its file has it.
        charter: The one it pins.

    Raises:
        HouseError: an act of the file is none that the chain gives to this executor.
    """
    chain = charter.laws[configuration.chain].chain
    for name, act in configuration.acts.items():
        action = next((one for one in chain.actions if one.id == name), None)
        if action is None or chain.kind_of(configuration.executor).id not in action.executors:
            raise HouseError(f"{chain.id} gives {configuration.executor} no action {name}")
        with _trial(configuration, chain, action) as trial:
            yield from _of_codes(trial, charter, action, act)
        yield _edited(action.id, act)


def _of_codes(trial: Trial, pinned: Charter, action: Action, act: Act) -> Iterator[Refusal]:
    name = trial.configuration.executor

    def judged(what: str, says: str, because: str = "") -> Refusal:
        """Refused, and for that reason: another one would show nothing."""
        acted = bool(trial.performed)
        trial.performed.clear()
        return Refusal(action.id, what, not acted and because in says, says)

    good = trial.released(name)
    control = judged("a good code", trial.shown(good, name))
    # Were a good code refused, the refusals below would show nothing.
    yield replace(control, what="a good code is taken", refused=not control.refused)
    lacking = (holes(getattr(act, "argv", ())) | holes(act.probe)) - dict(action.parameters).keys()
    if lacking:
        raise HouseError(f"{action.id}: the chain has no parameter {', '.join(sorted(lacking))}")
    yield judged("no code", trial.none())
    expired = trial.released(name)
    yield judged("expired", trial.shown(expired, name, late=action.valid_for), "expired")
    other = trial.released(_OTHER)
    yield judged("another executor's", trial.shown(other, _OTHER), "not addressed")
    foreign = trial.released(name)
    yield judged("another deployment's", trial.foreign(foreign, pinned))
    text = next((one for one, kind in action.parameters if kind.kind == "text"), None)
    if text is None:
        yield Refusal(action.id, "option", None, "no parameter can begin with -")
    else:
        option = trial.released(name, **{text: "-"})
        yield judged("option", trial.shown(option, name), "taken for an option")


def _edited(action: str, act: Act) -> Refusal:
    """The program on disk is the configured one, and a copy with one byte more is refused."""
    what = "edited program"
    if not isinstance(act, Run):
        return Refusal(action, what, None, "it runs no program")
    if not act.sha256:
        return Refusal(action, what, False, "no sha256 in executor.yaml")
    try:
        check_program(act)
    except SwappedProgramError as error:
        return Refusal(action, what, False, f"it is edited now: {error}")
    with tempfile.TemporaryDirectory(prefix="cheget-trial-") as folder:
        copy = Path(folder) / "program"
        copy.write_bytes(Path(act.argv[0]).read_bytes() + b"\n")
        try:
            check_program(replace(act, argv=(str(copy), *act.argv[1:])))
        except SwappedProgramError:
            return Refusal(action, what, True, "a copy with one byte more is not run")
    return Refusal(action, what, False, "it would have been run")


@contextmanager
def _trial(configuration: Configuration, chain: Chain, action: Action) -> Iterator[Trial]:
    """A house for one chain, with one executor more, everybody's own person in each post."""
    name = configuration.executor
    action = replace(
        action, executors=(*action.executors, _OTHER), limit=None, attempts=1, review=None
    )
    chain = replace(
        chain, executors=(*chain.executors, ExecutorKind(_OTHER, "Another executor")),
        actions=tuple(action if one.id == action.id else one for one in chain.actions),
    )  # fmt: skip
    folder = Path(tempfile.mkdtemp(prefix="cheget-trial-"))
    try:
        clock = TurnedClock()
        house = _house(folder, chain, name)
        people = {one.id: key() for one in house.people.people}
        executors = {name: key(), _OTHER: key()}
        enrolments = enrolled(house, {**people, **executors})
        desk = founded(house, people, enrolments, "The charter of a trial.", clock)
        files = tuple(CONTENT for _, one in action.parameters if one.kind == "file")[:1]
        played = Rehearsal(folder, house, desk, chain, action, name, people, clock, files)
        played.place.folder.mkdir(parents=True)
        own = replace(configuration, charter=desk.charter.digest, secrets={})
        heads = desk.head("orders"), desk.head("law")
        yield Trial(folder, played, own, executors[name], heads)
        desk.store.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _house(folder: Path, chain: Chain, executor: str) -> House:
    deployment, logs = fresh().hex(), {}
    (folder / "desk").mkdir()
    for log in LOGS:
        signer = keyfile.generate(os.urandom(32))
        keyfile.write(folder / "desk" / f"{log}.key", signer, None, log)
        logs[log] = LogKey(f"trial-{deployment[:8]}/{log}", signer.public.point)
    people = parse_people(cast(chain, None, executor).encode())
    return House(folder, people, (chain,), deployment, Terms(logs["orders"], logs["law"]))
