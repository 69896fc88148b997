"""The agent beside one irreversible act. It trusts its pinned charter, and no server.

It stores a code of a release durably when it first verifies, waits out the hold, asks every
source again, asks the crew, verifies once more on what is freshest, journals its intent, acts,
journals the outcome and signs a receipt. Whatever stops it meanwhile stops it for good.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from cheget.errors import (
    ActError,
    ChegetError,
    CrewRefusedError,
    JournalError,
    OptionError,
    SealError,
    SecretError,
    StoppedError,
    VerificationError,
)
from cheget.executor.acquainted import Acquainted
from cheget.executor.actions import (
    Act,
    Attempt,
    Outcome,
    Result,
    check_parameters,
    check_user,
    files_of,
    holes,
    idempotency_key,
    perform,
    probe,
)
from cheget.executor.config import Configuration
from cheget.executor.history import History, heads_of, is_final
from cheget.executor.journal import Journal, Record
from cheget.executor.secret import read_secrets
from cheget.executor.unsealing import Seals
from cheget.order.charter import Charter
from cheget.order.circumstances import Circumstances
from cheget.order.documents import Receipt
from cheget.order.draft import Signer, enclose
from cheget.order.fields import Head
from cheget.order.papers import decode_papers, open_envelope, unverified_order
from cheget.order.verify import STOPPING, Explanation, Pinned, Verified, explain_code, verify_code

BEFORE_TIME = 8  # the first step that is about this executor's own clock, journal and crew


class Source(Protocol):
    """A place to ask. None is trusted; a folder will do."""

    def codes(self, executor: str, orders: Head | None, law: Head | None) -> Sequence[bytes]:
        """The codes for ``executor`` that the place has now, from the heads it holds."""
        ...

    def stops(self) -> Sequence[bytes]:
        """Stops that somebody left there: refusals and countermands, as envelopes."""
        ...

    def deliver(self, receipt: bytes) -> None:
        """Hand over a receipt. May raise; it is then handed over later."""
        ...


class Crew(Protocol):
    """The people beside the executor."""

    def answers(self, order: str, verified: Verified | None) -> Sequence[bytes]:
        """Their answers so far to a release, as envelopes."""
        ...


class Clock(Protocol):
    """Tells the instant in whole seconds since 1970, UTC."""

    def now(self) -> int:
        """The instant."""
        ...


Performer = Callable[[Act, Attempt], Result]


@dataclass(frozen=True)
class Taken:
    """What became of a code: an outcome, or why not (yet), and at which step."""

    order: str
    outcome: str  # carried-out, failed, unknown, refused, waiting
    says: str
    receipt: bytes | None = None
    step: int | None = None


class Agent:
    """An executor at work, over its open journal."""

    def __init__(
        self,
        configuration: Configuration,
        charter: Charter,
        signer: Signer,
        journal: Journal,
        clock: Clock,
        sources: Sequence[Source] = (),
        crew: Crew | None = None,
        performer: Performer = perform,
        seals: Seals | None = None,
    ) -> None:
        """Take up work. Only a trial has another ``performer``, which does nothing.

        Raises:
            JournalError: the charter is not the one that the configuration pins.
        """
        if charter.digest != configuration.charter:
            raise JournalError("the charter is not the one that executor.yaml pins")
        self.configuration = configuration
        self.charter = charter
        self.journal = journal
        self.people = Acquainted(charter, journal)
        self.history = History(journal)
        self._signer = signer
        self._clock = clock
        self._sources = sources
        self._crew = crew
        self._perform = performer
        self._seals = seals or Seals()
        self._resume()

    @property
    def executor(self) -> str:
        """The executor's id."""
        return self.configuration.executor

    @property
    def pinned(self) -> Pinned:
        """The charter and the last heads that the journal holds."""
        return Pinned(self.charter, self.history.head("orders"), self.history.head("law"))

    def begin_tenure(self, orders: Head, law: Head) -> None:
        """Record the heads, verified, at which this journal's tenure begins.

        What was released before is for an older journal, or nobody: this one refuses it. The
        heads are held from here on, so that no fork can move an old release past them.
        """
        self.journal.append(
            "tenure", self._clock.now(),
            orders={"root": orders.root, "size": orders.size},
            law={"root": law.root, "size": law.size},
        )  # fmt: skip

    def show_stop(self, stored: bytes) -> bool:
        """Take a stop from anybody, by any road; whether it is one, and is now kept.

        Strangers cannot stop anything: one that nobody of the house signed is dropped.
        """
        digest = hashlib.sha256(stored).hexdigest()
        if any(one.facts["digest"] == digest for one in self.journal.of_kind("stop")):
            return True
        try:
            filed = open_envelope(stored)
            signer = getattr(filed.unverified, "signer", "")
            if filed.envelope.kind not in STOPPING:
                return False
        except ChegetError:
            return False
        if not self.people.signed(signer, filed):
            return False
        self.journal.append("stop", self._clock.now(), digest=digest, envelope=stored.decode())
        return True

    def explain(self, code: bytes) -> Explanation:
        """What each step finds in a code as of now."""
        order = unverified_order(code)
        explanation = explain_code(
            code, executor=self.executor, pinned=self.pinned,
            circumstances=self._circumstances(order, None, ()),
        )  # fmt: skip
        self.people.meet(explanation.charter, self._clock.now())
        self._seals.note(self.journal, self._clock.now(), self.charter, code, explanation)
        return explanation

    def take(self, code: bytes) -> Taken:
        """Take a code: act if every step holds now, otherwise say why not.

        Raises:
            JournalError: the journal failed; the executor stops.
        """
        explanation = self.explain(code)
        order = unverified_order(code)
        error = explanation.error
        if error is not None and error.step < BEFORE_TIME:
            self._remember_stop(code, explanation)
            return Taken(order, "refused", str(error), step=error.step)
        proceeding, orders, law = (
            explanation.proceeding, explanation.orders_head, explanation.law_head,
        )  # fmt: skip
        if proceeding is None or proceeding.release is None or orders is None or law is None:
            return Taken(order, "refused", "not released")
        if self.history.tenure() is None:
            self.begin_tenure(orders, law)
        release = proceeding.release.digest
        if self.history.first_stored(order) is None:
            if (done := self._done(order)) is not None:
                return done
            self.journal.append(
                "stored", self._clock.now(), order=order, release=release,
                **heads_of(explanation),
            )  # fmt: skip
        return self._proceed(code, order)

    def run_once(self) -> list[Taken]:
        """Ask every source once, and take what they have. Receipts not handed over go first."""
        self._deliver()
        taken: dict[str, Taken] = {}
        for source in self._sources:
            for stop in source.stops():
                self.show_stop(stop)
            for code in source.codes(self.executor, self.pinned.orders, self.pinned.law):
                result = self.take(code)
                taken[result.order] = result
        self._deliver()
        return list(taken.values())

    def settle(self, order: str, outcome: str, looked: str) -> bytes:
        """Say what happened to an order whose outcome is unknown; a person has looked.

        Args:
            order: Its digest.
            outcome: ``carried-out`` or ``failed``.
            looked: The id of the person who looked.

        Returns:
            The receipt.

        Raises:
            JournalError: the order's outcome is not unknown.
        """
        last = self.history.outcome(order)
        if (
            last is None
            or last.facts["outcome"] != "unknown"
            or self.journal.of_order(order, "settled")
        ):
            raise JournalError("the outcome of that order is not unknown")
        if outcome not in {"carried-out", "failed"} or looked not in self.people:
            raise JournalError("settled as carried-out or failed, by a person of the house")
        receipts = self.journal.of_order(order, "receipt")
        before = open_envelope(receipts[-1].facts["envelope"].encode()).envelope.digest
        intent = self.journal.of_order(order, "intent")[-1]
        # Not an outcome: an order that was unknown once is never tried again.
        self.journal.append("settled", self._clock.now(), order=order, outcome=outcome)
        receipt = self._receipt(intent, outcome, b"", resolves=before, looked=looked)
        self._deliver()
        return receipt

    def settle_clock(self) -> None:
        """Take the clock as it stands now for right; a person has looked at it."""
        self.journal.append("clock", self._clock.now())

    def _proceed(self, code: bytes, order: str) -> Taken:
        """From a stored release to an act, each time on what is freshest."""
        asked = self._clock.now()
        fresh = self._freshest(code, order)
        crew = tuple(self._crew.answers(order, None)) if self._crew is not None else ()
        explanation = explain_code(
            fresh, executor=self.executor, pinned=self.pinned,
            circumstances=self._circumstances(order, asked, crew),
        )  # fmt: skip
        if explanation.error is not None:
            return self._not_now(order, explanation)
        # Step 11: everything again, after the crew, and only then the intent.
        asked = self._clock.now()
        fresh = self._freshest(fresh, order)
        try:
            verified = verify_code(
                fresh, executor=self.executor, pinned=self.pinned,
                circumstances=self._circumstances(order, asked, crew),
            )  # fmt: skip
            check_parameters(dict(verified.proceeding.order.parameters))
        except (StoppedError, OptionError) as error:
            return Taken(order, "refused", str(error), step=error.step)
        except VerificationError as error:
            return Taken(order, "waiting", str(error), step=error.step)
        return self._act(verified)

    def _freshest(self, code: bytes, order: str) -> bytes:
        """The newest code for the order that any source has; each is asked for stops too."""
        best, size = code, -1
        for source in self._sources:
            for stop in source.stops():
                self.show_stop(stop)
            for other in source.codes(self.executor, self.pinned.orders, self.pinned.law):
                if unverified_order(other) != order:
                    continue
                explanation = self.explain(other)
                self._remember_stop(other, explanation)
                if isinstance(explanation.error, StoppedError):
                    return other  # a stop is good wherever it is shown
                if explanation.error is not None and explanation.error.step < BEFORE_TIME:
                    continue
                verified = explanation.latest_size
                if verified is not None and verified > size:
                    best, size = other, verified
        return best

    def _remember_stop(self, code: bytes, explanation: Explanation) -> None:
        """Keep the stops that a verified log showed, and the heads of that log.

        Whoever shows an older log afterwards, in which nobody had stopped it yet, is refused:
        by the stops, and by the heads.
        """
        if not isinstance(explanation.error, StoppedError) or explanation.orders_head is None:
            return
        for stored in decode_papers(code).log.envelopes:
            self.show_stop(stored)
        held = self.history.head("orders")
        if held is None or held.size < explanation.orders_head.size:
            self.journal.append("head", self._clock.now(), **heads_of(explanation))

    def _not_now(self, order: str, explanation: Explanation) -> Taken:
        error = explanation.error
        says = str(error)
        done = self._done(order)
        if done is not None:
            return done
        if isinstance(error, CrewRefusedError):
            return self._crew_refused(order, explanation, says)
        step = error.step if error is not None else None
        outcome = "refused" if isinstance(error, StoppedError) else "waiting"
        return Taken(order, outcome, says, step=step)

    def _crew_refused(self, order: str, explanation: Explanation, says: str) -> Taken:
        assert explanation.proceeding is not None  # noqa: S101 - step 10 was reached
        release = explanation.proceeding.release
        intent = self.journal.append(
            "intent", self._clock.now(), order=order, action="", parameters={},
            release=release.digest if release else "", crew=[], refused=True,
            **heads_of(explanation),
        )  # fmt: skip
        self.journal.append("outcome", self._clock.now(), order=order, outcome="refused")
        return Taken(order, "refused", says, self._receipt(intent, "refused", says.encode()))

    def _act(self, verified: Verified) -> Taken:
        proceeding = verified.proceeding
        order, digest = proceeding.order, proceeding.digest
        assert proceeding.release is not None  # noqa: S101 - verified
        parameters = dict(order.parameters)
        act = self.configuration.acts[order.action]
        lacking = (holes(getattr(act, "argv", ())) | holes(act.probe)) - parameters.keys()
        if lacking:
            # Before the intent: what cannot even be written out must not count as begun.
            lacking_names = ", ".join(sorted(lacking))
            says = f"executor.yaml names parameters that the order lacks: {lacking_names}"
            return Taken(digest, "waiting", says)
        try:
            # Likewise: nobody has begun, and somebody may put it right before it expires.
            check_user(act)
            sealed = self._seals.find(self.configuration.secrets, verified)
            secrets = read_secrets(sealed.others)
        except (ActError, SealError) as error:
            return Taken(digest, "waiting", str(error))
        intent = self.journal.append(
            "intent", self._clock.now(), order=digest, action=order.action,
            parameters=cast("dict[str, Any]", parameters), release=proceeding.release.digest,
            crew=[*sorted(filed.envelope.digest for filed in verified.crew)],
            orders={"root": verified.orders_head.root, "size": verified.orders_head.size},
            law={"root": verified.law_head.root, "size": verified.law_head.size},
        )  # fmt: skip
        try:
            secrets |= sealed.opened()
        except SealError as error:
            return self._ended(intent, Result("failed", str(error).encode(), type(error).__name__))
        attempt = Attempt(
            idempotency_key(digest, self.executor), parameters,
            files_of(proceeding.action, parameters, verified.papers.files),
            (self.journal.lock_descriptor,), secrets,
        )  # fmt: skip
        result = self._perform(act, attempt)
        secrets.clear()  # what was opened is held no longer than the act
        return self._ended(intent, result)

    def _ended(self, intent: Record, result: Result) -> Taken:
        order = intent.facts["order"]
        fault = {"fault": result.fault} if result.fault else {}
        self.journal.append(
            "outcome", self._clock.now(), order=order, outcome=result.outcome, **fault
        )
        receipt = self._receipt(intent, result.outcome, result.output)
        says = result.output.decode(errors="replace").strip()
        return Taken(order, result.outcome, says, receipt)

    def _resume(self) -> None:
        """An intent without an outcome: we died between. Look, and never just try again."""
        for intent in list(self.journal.of_kind("intent")):
            order = intent.facts["order"]
            ended = [r for r in self.journal.of_order(order, "outcome") if r.count > intent.count]
            if not ended:
                result = Result("unknown", b"the agent died while it acted")
                act = self.configuration.acts.get(intent.facts["action"])
                if intent.facts.get("refused"):
                    result = Result("refused", b"")
                elif act is not None:
                    result = Result(self._look(act, intent), result.output)
                self._ended(intent, result)
            elif not any(r.count > intent.count for r in self.journal.of_order(order, "receipt")):
                self._receipt(intent, ended[-1].facts["outcome"], b"")

    def _look(self, act: Act, intent: Record) -> Outcome:
        """What the probe says of an act that was under way when we died."""
        try:
            secrets = read_secrets(self.configuration.secrets)
        except SecretError:
            return "unknown"
        key = idempotency_key(intent.facts["order"], self.executor)
        return probe(act, Attempt(key, intent.facts["parameters"], secrets=secrets))

    def _receipt(
        self, intent: Record, outcome: str, output: bytes, *,
        resolves: str | None = None, looked: str | None = None,
    ) -> bytes:  # fmt: skip
        facts, salt = intent.facts, bytes.fromhex(intent.hash)[:16]
        # The receipt binds the text as the journal keeps it, so that it can be shown and compared.
        text = output.decode(errors="replace")
        receipt = Receipt(
            acted_at=intent.at,
            crew=tuple(facts["crew"]),
            deployment=self.charter.deployment,
            executor=self.executor,
            law=Head(facts["law"]["size"], facts["law"]["root"]),
            order=facts["order"],
            orders=Head(facts["orders"]["size"], facts["orders"]["root"]),
            outcome=outcome,
            output=hashlib.sha256(salt + text.encode()).hexdigest(),
            release=facts["release"],
            looked=looked,
            resolves=resolves,
        )
        stored = enclose(receipt, self._signer)
        self.journal.append(
            "receipt", self._clock.now(), order=facts["order"], envelope=stored.decode(),
            output=text, salt=salt.hex(),
        )  # fmt: skip
        return stored

    def _deliver(self) -> None:
        """Hand every receipt over that no source has taken yet."""
        if not self._sources:
            return
        delivered = {r.facts["receipt"] for r in self.journal.of_kind("delivered")}
        for record in list(self.journal.of_kind("receipt")):
            if record.hash in delivered:
                continue
            for source in self._sources:
                try:
                    source.deliver(record.facts["envelope"].encode())
                except (ChegetError, OSError):
                    continue
                self.journal.append("delivered", self._clock.now(), receipt=record.hash)
                break

    def _circumstances(
        self, order: str, asked: int | None, crew: tuple[bytes, ...]
    ) -> Circumstances:
        now = self._clock.now()
        return Circumstances(
            now=now,
            first_stored=self.history.first_stored(order),
            asked_again=asked,
            clock_mark=self.history.mark(),
            stops=self.history.stops(),
            tenure=self.history.tenure(),
            outcomes=self.history.outcomes(order),
            serials=self.history.serials(),
            receipts=self.history.receipts(order),
            acts=self.history.acts(),
            crew=crew,
            configured=frozenset(self.configuration.acts),
        )

    def _done(self, order: str) -> Taken | None:
        last = self.history.outcome(order)
        if last is None or not is_final(last):
            return None
        outcome = last.facts["outcome"]
        return Taken(order, outcome, "this order is in the journal already")
