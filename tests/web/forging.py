"""Papers that were changed by whoever owns every key: what only the rules themselves refuse."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cheget.audit.checkpoint import Checkpoint, assemble
from cheget.audit.instant import from_text, to_text
from cheget.audit.slice import Slice
from cheget.errors import ChegetError
from cheget.order import canonical
from cheget.order.envelope import Envelope, pae
from cheget.order.papers import open_envelope, subject_of
from simulator import ChainSimulator


@dataclass
class Forger:
    """The papers of an order, and the keys of a whole house."""

    sim: ChainSimulator
    papers: dict[str, Any]

    def copy(self) -> Forger:
        return Forger(self.sim, copy.deepcopy(self.papers))

    def part(self, log: str) -> dict[str, Any]:
        return dict(self.papers) if log == "orders" else dict(self.papers["law"])

    def write(self, log: str, place: int, changes: Mapping[str, Any], *, gone: str = "") -> None:
        """An envelope with other fields, signed by the signer it then names."""
        part = self.papers if log == "orders" else self.papers["law"]
        stored = part["envelopes"][place]
        before = open_envelope(stored.encode())
        value = {**json.loads(before.envelope.payload), **changes}
        value.pop(gone, None)
        kind, payload = before.envelope.kind, canonical.encode(value)
        name = value.get("signer") or value.get("originator") or ""
        key = self.sim.signers.get(str(name)) or next(iter(self.sim.signers.values()))
        envelope = Envelope(kind, payload, key.sign(pae(kind, payload)))
        part["envelopes"][place] = envelope.encode().decode()
        if kind == "order":
            self.papers["order"] = envelope.digest
        self.log(log, before.stored_digest, envelope)
        if kind == "attestation":  # the order rests on what stands there now
            opened = [Envelope.decode(one.encode()) for one in part["envelopes"]]
            place = next(at for at, one in enumerate(opened) if one.kind == "order")
            self.write(log, place, {"attestations": [envelope.digest]})
        if kind == "absence":  # and the deputy answers within what stands there now
            for place, one in enumerate(self.papers["envelopes"]):
                named = json.loads(Envelope.decode(one.encode()).payload)
                if named.get("absence") == before.envelope.digest:
                    self.write("orders", place, {"absence": envelope.digest})

    def log(self, log: str, stored: str, envelope: Envelope) -> None:
        """The header of what was there names what is there now."""
        part = self.papers if log == "orders" else self.papers["law"]
        headers = part["slice"]["headers"]
        for number, text in enumerate(headers):
            header = json.loads(text)
            if header.get("envelope") != stored:
                continue
            header["envelope"] = hashlib.sha256(envelope.encode()).hexdigest()
            try:
                filed = open_envelope(envelope.encode())
                header["subject"] = subject_of(envelope.digest, filed.unverified)
            except ChegetError:
                pass  # what nobody reads: the page must refuse it too
            headers[number] = canonical.encode(header).decode()

    def encode(self) -> bytes:
        """The papers, with trees and checkpoints that fit."""
        law = self.papers["law"]
        law["slice"], law["latest"], roots = self.sign("law", law["slice"])
        for number, text in enumerate(self.papers["slice"]["headers"]):
            header = json.loads(text) if text.startswith('{"at"') else {}
            if header.get("kind") == "law" and header.get("size") in roots:
                header["root"] = roots[header["size"]]
                self.papers["slice"]["headers"][number] = canonical.encode(header).decode()
        self.papers["slice"], note, _ = self.sign("orders", self.papers["slice"])
        self.papers["latest"] = self.papers["published"] = note
        return canonical.encode(self.papers)

    def sign(self, log: str, value: dict[str, Any]) -> tuple[Any, str, dict[int, str]]:
        part, key = Slice.from_json(value), self.sim.log_signers[log]
        roots = part.roots(range(part.start, part.size + 1))
        point = Checkpoint(f"cheget.example/{log}", part.size, roots[part.size])
        note = assemble(point, key.sign(point.encode()), key.public.key).decode()
        return value, note, {size: root.hex() for size, root in roots.items()}


def otherwise(  # noqa: PLR0911 - a table
    sim: ChainSimulator, name: str, value: Any, papers: Mapping[str, Any]
) -> list[Any]:
    """What might stand in a field instead."""
    chain = sim.chain
    members = [one.id for one in chain.members]
    match name, value:
        case "action", _:
            return [one.id for one in chain.actions] + ["nothing"]
        case "level", _:
            return [one.id for one in chain.levels] + ["amend", "nowhere"]
        case (("seat" | "signer" | "originator" | "executor"), _):
            return [*members, "nobody"]
        case "condition", _:
            return ["nothing"]
        case "executors", {"count": count, "root": root}:
            return [{"count": count + 1, "root": root}, {"count": count, "root": "0" * 64}]
        case "parameters", dict():
            return [{}, {**value, "more": ""}, *({**value, one: "10.51"} for one in value),
                    *({**value, one: "x" * 21} for one in value)]  # fmt: skip
        case _, list():
            return [[], ["x"], [*value, "0" * 64], [*value, "f" * 64], value * 2]
        case _, bool() | None:
            return []
        case _, int():
            return [0, value - 1, value + 1, value + 50]
        case _, str() if len(value) == 20 and value.endswith("Z"):
            at = from_text(value)
            return [to_text(at + by) for by in (-90, -1, 1, 31, 600, 7200, 90_000)]
        case _, str() if len(value) == 64:
            return ["0" * 64, papers["order"]]
        case _, str():
            return ["0" * 32]
    return []


ADDED: dict[str, dict[str, Any]] = {
    "concurrence": {"absence": "0" * 64}, "refusal": {"seat": "thing/commander"},
    "order": {"shares": "0" * 64},
}  # fmt: skip


def forgeries(sim: ChainSimulator) -> Iterator[tuple[str, bytes]]:
    """What was changed, and the papers that came of it, signed and logged by everybody's keys."""
    whole = Forger(sim, json.loads(sim.desk.papers(sim.order)))
    yield "as it was", whole.copy().encode()
    for log in ("orders", "law"):
        part = whole.part(log)
        for place, stored in enumerate(part["envelopes"]):
            opened = open_envelope(stored.encode())
            payload = json.loads(opened.envelope.payload)
            kind = opened.envelope.kind
            for name, value in {**payload, **ADDED.get(kind, {})}.items():
                others = otherwise(sim, name, value, whole.papers)
                for other in others if name in payload else [value]:
                    forged = whole.copy()
                    forged.write(log, place, {name: other})
                    yield f"{log} {place} {kind} {name}: {str(other)[:24]}", forged.encode()
            name = "originator" if kind == "order" else "signer"
            for one in sim.chain.members if "seat" in payload else ():
                forged = whole.copy()
                forged.write(log, place, {"seat": one.id, name: one.id})
                yield f"{log} {place} {kind}: {one.id} in a seat of theirs", forged.encode()
            forged = whole.copy()
            forged.write(log, place, {}, gone=next(iter(payload)))
            yield f"{log} {place}: a field less", forged.encode()
        yield from headers_forged(whole, log, part["slice"]["headers"])
    for name in ("envelopes", "texts", "files", "address"):
        for junk in (None, [], {}, "x", 1, [None], {"0" * 64: None}, {"executors": "x"}):
            forged = whole.copy()
            forged.papers[name] = junk
            yield f"{name}: {junk}", forged.encode()


def headers_forged(whole: Forger, log: str, headers: list[str]) -> Iterator[tuple[str, bytes]]:
    for number, text in enumerate(headers):
        header = json.loads(text)
        at = from_text(header["at"])
        changes: list[dict[str, Any]] = [
            {"at": to_text(at - 61)}, {"at": to_text(at + 61)}, {"kind": "question"},
            {"envelope": "0" * 64}, {"subject": "0" * 64}, {"seq": 7}, {"seq": 0}, {"more": 1},
            {"size": 99}, {"at": "2026-02-30T00:00:00Z"}, {"seq": -1},
        ]  # fmt: skip
        for change in changes:
            forged = whole.copy()
            part = forged.papers if log == "orders" else forged.papers["law"]
            part["slice"]["headers"][number] = canonical.encode({**header, **change}).decode()
            yield f"{log} header {number}: {change}", forged.encode()
        for what in ("cut", "twice", "spaced"):
            forged = whole.copy()
            part = forged.papers if log == "orders" else forged.papers["law"]
            shown = part["slice"]["headers"]
            if what == "cut":
                del shown[number:]
            else:
                shown[number:number] = [text if what == "twice" else f" {text}"]
            yield f"{log} header {number}: {what}", forged.encode()
