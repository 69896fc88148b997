"""Who reads: sessions, and everything that is no session of this door."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest

from cheget.order.draft import draft_refusal, enclose
from cheget.order.session import Reader
from cheget.service.api.sessions import Sessions, secret_of
from serving import SECRET, Served, counter_of, serving
from simulator import ChainSimulator, scenario, signer


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> ChainSimulator:
    found = ChainSimulator(scenario("wipe-database"), tmp_path_factory.mktemp("house"))
    counter_of(found)
    found.transmit("ann", "wipe", ["production-db"], database="orders")
    return found


@pytest.fixture(scope="module")
def served(sim: ChainSimulator) -> Iterator[Served]:
    with serving(sim.desk) as found:  # type: ignore[arg-type]
        yield found


def shown(served: Served, stored: bytes) -> tuple[int, str]:
    status, found = served.post("/v1/sessions", {"envelope": stored.decode()})
    return status, str(found.get("detail", ""))


def test_a_session_by_ones_own_key_reads_and_nothing_else_does(
    served: Served, sim: ChainSimulator
) -> None:
    token = served.token("bob", sim.signers["bob"])
    assert served.get("/v1/orders", token)[0] == 200
    assert served.get("/v1/orders")[0] == 401
    for spoiled in (token[:-2], token[1:], token + "A", "é", ".", "a.b", "a" * 5000, "!!.??"):
        status, found = served.get("/v1/orders", spoiled.encode().decode("latin-1"))
        assert (status, found["type"]) == (401, "urn:cheget:problem:no-session"), spoiled


def test_a_session_shown_again_is_refused(served: Served, sim: ChainSimulator) -> None:
    stored = served.session("bob", sim.signers["bob"])
    assert shown(served, stored)[0] == 201
    assert shown(served, stored) == (401, "that session has been shown before")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"audience": "https://evil.example.com"}, "another door"),
        ({"deployment": "f" * 32}, "another deployment"),
        ({"nonce": "0" * 32}, "answers nothing that this door drew"),
        ({"at": 0}, "not signed just now"),
        ({"at": 2**31}, "not signed just now"),
        ({"who": "cho"}, "is not signed by cho"),
        ({"who": "nobody"}, "nobody named nobody"),
        ({"who": "production-db"}, "is not signed by production-db"),
    ],
)
def test_a_session_for_somebody_or_somewhere_else_opens_nothing(
    served: Served, sim: ChainSimulator, changes: dict[str, object], says: str
) -> None:
    status, detail = shown(served, served.session("bob", sim.signers["bob"], **changes))
    assert status in {400, 401, 422}
    assert says in detail


def test_a_nonce_is_good_for_a_minute(served: Served, sim: ChainSimulator) -> None:
    stored = served.session("bob", sim.signers["bob"], at=sim.clock.now() + 85)
    sim.clock.turn(85)
    assert shown(served, stored) == (401, "what the session answers was drawn too long ago")


def test_a_token_is_over_when_it_says_so(served: Served, sim: ChainSimulator) -> None:
    token = served.token("bob", sim.signers["bob"])
    sim.clock.turn(8 * 3600)
    assert served.get("/v1/orders", token)[1]["detail"] == "the session is over"


def test_an_order_is_no_session_and_a_session_no_answer(
    served: Served, sim: ChainSimulator
) -> None:
    """Cross-kind: what was signed as one kind passes for no other, at no door."""
    text = sim.text("no")
    refusal = enclose(
        draft_refusal(sim.order, signer="bob", reason=text, now=sim.clock.now()),
        sim.signers["bob"],
    )
    assert shown(served, refusal) == (400, "a refusal, where a session is due")
    session = served.session("bob", sim.signers["bob"])
    for path, more in (
        ("/v1/orders", {"executors": ["production-db"]}), ("/v1/answers", {}),
        ("/v1/receipts", {}), ("/v1/law", {}),
    ):  # fmt: skip
        status, found = served.post(path, {"envelope": session.decode(), **more})
        assert (status, found["status"]) in {(409, 409), (400, 400)}, path
    payload = base64.b64encode(json.dumps({"who": "bob"}).encode()).decode()
    other = session.replace(session.split(b'"')[3], payload.encode())
    assert shown(served, other)[0] == 400
    renamed = session.replace(b".session.", b".refusal.")
    assert served.post("/v1/answers", {"envelope": renamed.decode()})[0] == 400


def test_somebody_who_left_the_roster_reads_no_longer(served: Served, sim: ChainSimulator) -> None:
    door: Sessions = served.app.state.door.sessions
    until = sim.clock.now() + 60
    gone = door.token(Reader("bob", "member", signer("an old key").public.point), until)
    left = door.token(Reader("zoe", "member", sim.signers["bob"].public.point), until)
    good = door.token(Reader("bob", "member", sim.signers["bob"].public.point), until)
    assert [served.get("/v1/orders", one)[0] for one in (gone, left, good)] == [401, 401, 200]


def test_replicas_that_share_the_log_key_know_each_others_tokens(
    served: Served, sim: ChainSimulator
) -> None:
    token = served.token("bob", sim.signers["bob"])
    with serving(counter_of(sim)) as other:
        assert other.get("/v1/orders", token)[0] == 200
    one, two = (secret_of(bytes(32), deployment) for deployment in ("0" * 32, "1" * 32))
    assert one != two
    assert one == secret_of(bytes(32), "0" * 32)
    assert len(one) == len(SECRET) == 32


def test_a_page_reads_by_its_cookie_and_writes_nothing_by_it(
    served: Served, sim: ChainSimulator
) -> None:
    token = served.token("bob", sim.signers["bob"])
    cookie = {"Cookie": f"cheget-session={token}"}
    assert served.ask("GET", "/v1/orders", None, cookie)[0] == 200
    big = json.dumps({"envelope": "x", "texts": [], "executors": [], "files": ["A" * 300_000]})
    sent = {**cookie, "Content-Type": "application/json"}
    assert served.ask("POST", "/v1/orders", big.encode(), sent)[0] == 413


def test_a_stream_ends_with_the_session_that_it_was_opened_with(
    served: Served, sim: ChainSimulator
) -> None:
    token = served.token("ann", sim.signers["ann"])
    connection = HTTPConnection("localhost", served.port, timeout=20)
    connection.request("GET", "/v1/events", headers={"Authorization": f"Bearer {token}"})
    stream = connection.getresponse()
    assert stream.readline().startswith(b"id: ")
    sim.clock.turn(9 * 3600)
    sim.transmit("ann", "wipe", ["production-db"], database="orders")
    lines = [stream.readline() for _ in range(12)]
    assert lines[-1] == b""  # it has ended
    assert lines.count(b"event: log\n") <= 2
    connection.close()
