"""A house whose signing service holds its key sealed: the release of firmware, end to end."""

from __future__ import annotations

import base64
import hashlib
import json
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from cheget.executor.agent import Agent, Taken
from cheget.executor.config import parse_configuration
from cheget.executor.journal import Journal
from cheget.executor.unsealing import Seals
from cheget.order.fields import Head
from simulator import ChainSimulator, entropy, scenario

SIGNER = "signer"
IMAGE = b"firmware 4.2 of the device\n" * 40
SCRIPT = """\
import os, sys
from pathlib import Path
from cryptography.hazmat.primitives.serialization import load_pem_private_key
key = load_pem_private_key(os.environ["SIGNING_KEY"].encode(), None)
Path(sys.argv[2]).write_bytes(key.sign(Path(sys.argv[1]).read_bytes()))
print("signed", sys.argv[3])
"""


def forms(secret: bytes) -> list[bytes]:
    """The secret and each long line of it, raw, in hex and in base64."""
    pieces = [secret, *(line for line in secret.splitlines() if len(line) > 40)]
    key = load_pem_private_key(secret, None)
    raw = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    found = []
    for piece in [*pieces, raw]:
        coded = base64.b64encode(piece)
        found += [piece, piece.hex().encode(), coded, base64.urlsafe_b64encode(piece)]
        # Inside longer base64 it may begin at any of three places.
        found += [base64.b64encode(bytes(n) + piece)[4:-4] for n in (1, 2)]
    return found


@dataclass
class SealedHouse:
    """The simulator's house, an agent beside it, and the key that signs firmware."""

    folder: Path
    chain: str = "release-firmware"
    serials: int = 2
    extra: bytes = b""
    shown: list[bytes] = field(default_factory=list)  # codes beside the desk's own
    lying: list[bytes] | None = None  # codes in place of the desk's own

    def __post_init__(self) -> None:
        self.sim = ChainSimulator(
            scenario(self.chain), self.folder / "house", machines=frozenset({"ci"}), sealing=True
        )
        self.key = Ed25519PrivateKey.from_private_bytes(entropy("firmware key"))
        self.secret = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        script = self.folder / "sign.py"
        script.write_text(SCRIPT)
        self.signature = self.folder / "signature"
        run = [sys.executable, str(script), "{image}", str(self.signature), "{version}"]
        acts = json.dumps({action: {"run": run} for action in ("beta", "stable")})
        self.settings = (
            f"executor: {SIGNER}\nchain: {self.chain}\ncharter: {self.sim.charter.digest}\n"
            f"guard: sealed\nsecrets: {{SIGNING_KEY: seal}}\nact: {acts}\n"
        )
        for action in ("beta", "stable"):
            self.sim.seal(SIGNER, action, serials=self.serials, SIGNING_KEY=self.secret)

        self.agent = self.restarted()

    def restarted(self) -> Agent:
        """The agent, at work from the very beginning; or anew over its own journal."""
        if "agent" in vars(self):
            self.agent.journal.close()
        journal = Journal(
            self.folder / "journal", self.folder / "anchor", executor=SIGNER,
            identity=bytes(16), now=self.sim.clock.now(),
        )  # fmt: skip
        signer = self.sim.executor_signers[SIGNER]
        agent = Agent(
            parse_configuration(self.settings.encode()), self.sim.charter, signer, journal,
            self.sim.clock, [self], seals=Seals(self.sim.sealed / SIGNER, signer),
        )  # fmt: skip
        if agent.history.tenure() is None:
            agent.begin_tenure(self.sim.desk.head("orders"), self.sim.desk.head("law"))
        return agent

    def transmit(self, serial: int | None = 1, action: str = "beta") -> str:
        image = hashlib.sha256(IMAGE).hexdigest()
        self.sim.transmit(
            "ida",
            action,
            [f"{SIGNER}/{serial}" if serial else SIGNER],
            files=[IMAGE],
            image=image,
            version="4.2",
        )
        return self.sim.order

    def released(self, serial: int | None = 1, action: str = "beta") -> str:
        order = self.transmit(serial, action)
        self.sim.concur("kai", "lea")
        if action == "stable":
            self.sim.concur("nia", "oto")
        return order

    def code(self, order: str | None = None) -> bytes:
        held = self.agent.pinned
        return self.sim.desk.code(order or self.sim.order, SIGNER, law=held.law, orders=held.orders)

    def act(self, order: str | None = None) -> Taken:
        """The agent asks, waits out the hold, and asks again."""
        order = order or self.sim.order
        self.agent.run_once()
        self.sim.clock.turn(self.sim.desk.proceeding(order).action.hold)
        return next(one for one in self.agent.run_once() if one.order == order)

    def codes(self, executor: str, orders: Head | None, law: Head | None) -> Sequence[bytes]:
        if self.lying is not None:
            return self.lying
        return [
            *self.shown,
            *(
                self.sim.desk.code(one.digest, executor, law=law, orders=orders)
                for one in self.sim.desk.orders()
                if one.release is not None
            ),
        ]

    def stops(self) -> list[bytes]:
        return []

    def deliver(self, receipt: bytes) -> None:
        self.sim.desk.receive(receipt)

    def everything(self) -> Iterator[tuple[str, bytes]]:
        """Every file of the house and executor, every table, and what desk and agent answer."""
        for path in sorted(self.folder.rglob("*")):
            if path.is_file():
                yield str(path), path.read_bytes()
        tables = sqlite3.connect(self.sim.folder / "desk.sqlite")
        for (name,) in tables.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
            for row in tables.execute(f"SELECT * FROM {name}"):  # noqa: S608 - our own tables
                yield (
                    f"table {name}",
                    repr(row).encode()
                    + b"".join(one if isinstance(one, bytes) else str(one).encode() for one in row),
                )
        tables.close()
        for one in self.sim.desk.orders():
            yield "papers", self.sim.desk.papers(one.digest)
            if one.release is not None:
                yield "code", self.code(one.digest)
