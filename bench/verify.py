"""A code of 5 levels with 3 signatures each: what verifying it costs, and refusing another."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bench.houses import DEPTH, WIDTH, guards, released, take
from bench.measure import Contender, Rounds, Row, at_most, compare
from cheget.audit import ed25519
from cheget.audit.checkpoint import unverified_signatures
from cheget.errors import VerificationError
from cheget.order.papers import Papers, clear_address, open_envelope
from cheget.order.verify import Verified
from simulator import ChainSimulator

Triple = tuple[bytes, bytes, bytes]  # key, message, signature


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory(dir=memory()) as name:
        return _rows(Path(name))


def memory() -> str | None:
    """A folder in memory, so that no disk takes part; None where there is none."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108


def _rows(folder: Path) -> list[Row]:
    simulator = released(folder / "house", executors=2)
    mine, other = guards(simulator, 2)
    pinned, seen = simulator.installed, simulator.ready()
    data = simulator.desk.code(simulator.order, mine, law=pinned.law)
    foreign = simulator.desk.code(simulator.order, other, law=pinned.law)
    signed = signatures(simulator, take(data, mine, pinned, seen))
    noise = random.Random(1).randbytes(len(data))

    def accepted() -> None:
        take(data, mine, pinned, seen)

    def unloaded() -> None:
        ed25519._loaded.cache_clear()
        take(data, mine, pinned, seen)

    contenders: dict[str, Contender] = {
        "floor": raw(signed),
        "verify": accepted,
        "keys not loaded": unloaded,
        "another's": refusal(lambda: take(foreign, mine, pinned, seen)),
        "noise": refusal(lambda: take(noise, mine, pinned, seen)),
        "addressed": refusal(lambda: take(clear_address(mine) + noise, mine, pinned, seen)),
    }
    forms = ("metablock", "dsse") if find_spec("in_toto") else ()
    for form in forms:
        from bench import intoto

        contenders[form] = intoto.verifier(folder / form, form, DEPTH, WIDTH)
    done = compare(contenders)
    return _against_floor(done, f"{len(signed)} raw verifies") + _against_peer(done, forms)


def _against_floor(done: Rounds, against: str) -> list[Row]:
    times = f"{done.milliseconds('verify')}; floor {done.milliseconds('floor')}; stretch 1.2"
    refused = {
        "another's": "another executor's code, refused",
        "noise": "random bytes, refused",
        "addressed": "random bytes after its own address, refused",
    }
    return [
        Row("verify", f"a code, {DEPTH} x {WIDTH}, every step", against,
            done.ratio("verify", "floor"), target=at_most(1.4), note=times),
        Row("verify", "the same, no key loaded yet", against,
            done.ratio("keys not loaded", "floor"), note="as in a process just begun"),
        *(
            Row("verify", what, against, done.ratio(name, "floor"), target=at_most(0.1))
            for name, what in refused.items()
        ),
    ]  # fmt: skip


def _against_peer(done: Rounds, forms: Sequence[str]) -> list[Row]:
    if not forms:
        return [Row("verify", "the code", "in_toto_verify", None, note="not installed")]
    return [
        Row("verify", "the code", f"in_toto_verify, {DEPTH} x {WIDTH}, {form}",
            done.ratio("verify", form), target=at_most(0.45),
            note=f"{done.milliseconds(form)}, 16 signatures")
        for form in forms
    ]  # fmt: skip


def signatures(simulator: ChainSimulator, verified: Verified) -> list[Triple]:
    """Every signature that the code holds: answers, order, checkpoints; each with its key."""
    papers = verified.papers
    people = simulator.charter.people
    found = []
    for stored in papers.log.envelopes:
        filed = open_envelope(stored)
        key = people[getattr(filed.unverified, "signer")].keys[0].key  # noqa: B009
        found.append((key, filed.envelope.signed_bytes, filed.envelope.signature))
    return found + _checkpoints(simulator, papers)


def _checkpoints(simulator: ChainSimulator, papers: Papers) -> list[Triple]:
    terms = simulator.charter.terms
    notes = {papers.log.latest: terms.orders, papers.published: terms.orders}
    notes[papers.law.latest] = terms.law
    return [
        (log.key, note.partition(b"\n\n")[0] + b"\n", unverified_signatures(note)[0].signature)
        for note, log in notes.items()
    ]


def raw(signed: list[Triple]) -> Callable[[], None]:
    """Nothing but the library's verify, keys loaded before."""
    loaded = [(Ed25519PublicKey.from_public_bytes(key), m, s) for key, m, s in signed]

    def verify() -> None:
        for key, message, signature in loaded:
            key.verify(signature, message)

    return verify


def refusal(call: Contender) -> Callable[[], None]:
    """The call, which must be refused; a floor is worth nothing when it was not."""

    def refused() -> None:
        with suppress(VerificationError):
            call()
            raise RuntimeError("accepted what must be refused")

    return refused
