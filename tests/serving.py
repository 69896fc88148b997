"""A house that is really served: uvicorn on a free port, in a thread; and who asks it."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import structlog
import uvicorn

from cheget.client.transport import Origin
from cheget.keyring.signer import Signer
from cheget.order.documents import Session
from cheget.order.draft import enclose
from cheget.order.session import Reader, Role
from cheget.service.api import Settings, create_app
from cheget.service.counter import LocalCounter
from simulator import ChainSimulator, entropy

SECRET = entropy("sessions")

structlog.configure(logger_factory=structlog.ReturnLoggerFactory())


@dataclass
class Served:
    """A house and where it is served."""

    counter: LocalCounter
    origin: str
    port: int
    app: Any
    doors: list[Origin] = field(default_factory=list)

    def door(self, who: str, signer: Signer, **how: Any) -> Origin:
        door = Origin(self.origin, who, lambda: signer, self.counter.clock.now, **how)
        self.doors.append(door)
        return door

    def ask(
        self, method: str, path: str, body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Mapping[str, str], bytes]:  # fmt: skip
        """One request, and nothing helpful about it."""
        connection = HTTPConnection("localhost", self.port, timeout=20)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return response.status, found, response.read()
        finally:
            connection.close()

    def post(self, path: str, value: object, **headers: str) -> tuple[int, Any]:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        sent = {"Content-Type": "application/json", **headers}
        status, _, data = self.ask("POST", path, body, sent)
        return status, json.loads(data)

    def get(self, path: str, token: str = "") -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        status, _, data = self.ask("GET", path, None, headers)
        return status, json.loads(data)

    def session(self, who_: str, signer: Signer, **changes: Any) -> bytes:
        """A session in its envelope, over a fresh nonce."""
        _, drawn = self.post("/v1/nonces", {})
        facts = {
            "at": self.counter.clock.now(), "audience": self.origin,
            "deployment": drawn["deployment"], "nonce": drawn["nonce"], "who": who_, **changes,
        }  # fmt: skip
        return enclose(Session(**facts), signer)

    def invited(self, who: str, role: Role) -> str:
        """The token of somebody from outside."""
        token: str = self.app.state.door.sessions.token(
            Reader(who, role), self.counter.clock.now() + 60
        )
        return token

    def token(self, who: str, signer: Signer) -> str:
        status, found = self.post("/v1/sessions", {"envelope": self.session(who, signer).decode()})
        assert status == 201, found
        token: str = found["token"]
        return token


@contextmanager
def serving(counter: LocalCounter, **settings: Any) -> Iterator[Served]:
    """Serve the house until the block is left."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen(2048)
    port = listening.getsockname()[1]
    origin = f"http://localhost:{port}"
    app = create_app(counter, SECRET, Settings(frozenset({origin}), every=0.05, **settings))
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, ws="none", timeout_graceful_shutdown=2)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    until(lambda: server.started)
    served = Served(counter, origin, port, app)
    try:
        yield served
    finally:
        for door in served.doors:
            door.close()
        app.state.door.close()
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()


def until(holds: Callable[[], object]) -> None:
    """Wait for something that is bound to happen."""
    for _ in range(1000):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("it never happened")


def counter_of(sim: ChainSimulator, **how: Any) -> LocalCounter:
    """The simulator's desk, as its clients see it."""
    counter = LocalCounter(sim.store, sim.charter, sim.clock, sim.log_signers, **how)
    sim.desk = counter
    return counter


@contextmanager
def serving_folder(folder: Path) -> Iterator[Served]:
    """A house's folder, served by the machine's own clock."""
    from cheget.cli.context import at_desk

    with at_desk(folder) as (_, counter), serving(counter) as served:
        yield served


@dataclass
class Elsewhere:
    """A machine that has keys and nothing of the house; and the executor's own."""

    shell: Any  # terminal.Shell
    house: Any
    served: Served
    executor: Path

    def at(self, *words: str, who: str) -> str:
        return self.shell.must(*words, "--at", self.served.origin, "--key", f"{who}.key")

    def json(self, *words: str, who: str) -> Any:
        return json.loads(self.at(*words, "--json", who=who))

    def no(self, *words: str, who: str) -> str:
        """What it says when it says no."""
        self.shell.status = 0
        out, err = self.shell.run(*words, "--at", self.served.origin, "--key", f"{who}.key")
        assert self.shell.status in {1, 2}, out
        return err

    def run(self, *words: str) -> tuple[str, str]:
        return self.shell.run("executor", "run", "production-db", "--once", "--folder",
                              str(self.executor), *words)  # fmt: skip

    def transmitted(self) -> str:
        said = self.json("order", "transmit", "wipe", "database=orders", "--reason", "ticket 1182",
                         "--yes", "--as", "ann", who="ann")  # fmt: skip
        order: str = said["order"]
        return order

    def released(self) -> str:
        order = self.transmitted()
        for person in ("bob", "dee"):
            self.at("concur", order, "--yes", "--as", person, who=person)
        return order
