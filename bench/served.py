"""A house that is served by a process of its own, as ``cheget serve`` does it.

``python -m bench.served FOLDER STORE EXECUTORS ANSWERS`` founds it, signs so many answers, each
in an order of its own that waits for it, says its port on a line, and what else there is to say as
JSON on another; serves until its standard input ends. STORE: an address, ``sqlite``, ``none``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.clients import answers
from bench.houses import guards, house, order
from bench.nostore import NoStore

PLENTY = 10**9


@dataclass(frozen=True)
class Served:
    """Where a house is served, and what it has said of itself."""

    port: int
    said: Any


@contextmanager
def served(folder: Path, store: str, *, executors: int = 2, ready: int = 0) -> Iterator[Served]:
    """The house in a process of its own, with so many answers ready to be sent."""
    words = [str(folder), store, str(executors), str(ready)]
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.served", *words],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(os.environ), text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        port, said = process.stdout.readline(), process.stdout.readline()
        yield Served(int(port), json.loads(said))
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def main(folder: Path, at: str, executors: int, ready: int) -> None:
    """Found, sign, serve."""
    import structlog

    from cheget.cli.serve import _server, bound
    from cheget.order.papers import open_envelope
    from cheget.order.proceeding import prior_of
    from cheget.order.session import Reader
    from cheget.service.api import Settings, create_app
    from cheget.service.counter import LocalCounter
    from simulator import entropy

    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    found = house(folder, 2, 1, executors=max(2, executors), whole=True,
                  at="" if at in {"sqlite", "none"} else at)  # fmt: skip
    if at == "none":
        found.store = NoStore()  # type: ignore[assignment]
        found._found()
    counter = found.desk = LocalCounter(
        found.store, found.charter, found.clock, found.log_signers, PLENTY
    )
    signed = [one.decode() for one in answers(found, ready)]
    listening = bound("127.0.0.1", 0)
    port = listening.getsockname()[1]
    settings = Settings(
        frozenset({f"http://localhost:{port}"}), per_address=PLENTY, per_signer=PLENTY
    )
    app = create_app(counter, entropy("sessions"), settings)
    seat = found.chain.levels[1].members[0]
    until = found.clock.now() + 3600
    sessions = app.state.door.sessions
    names = guards(found, executors)
    listed = order(found, names)
    answer, pending = found.concurrence(seat), counter.proceeding(listed).pending
    assert pending is not None
    counted = (open_envelope(answer).envelope.digest,)
    said = {
        "deployment": found.deployment,
        "release": prior_of(listed, pending.level.id, pending.prior or "", counted),
        "answers": signed, "orders": counter.listed(), "size": counter.head("orders").size,
        "last": {"order": listed, "answer": answer.decode()},
        "token": sessions.token(Reader(seat, "member", found.signers[seat].public.point), until),
        "executors": {
            one: sessions.token(
                Reader(one, "executor", found.charter.executors[one].point), until
            ) for one in names
        },
    }  # fmt: skip
    print(port, json.dumps(said), sep="\n", flush=True)
    server = _server(app, None, None, None)

    def leave() -> None:
        sys.stdin.read()
        server.should_exit = True

    threading.Thread(target=leave, daemon=True).start()
    server.run(sockets=[listening])
    found.store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
