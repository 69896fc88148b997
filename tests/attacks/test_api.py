"""The door over the network, and an evil client at it."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from cheget.audit.checkpoint import verify_checkpoint
from cheget.audit.merkle import leaf_hash, root_from_path
from cheget.cli.ledgers import read_ledger
from cheget.errors import LogError, StoppedError, VerificationError
from cheget.order.documents import Revocation, Session
from cheget.order.draft import (
    draft_concurrence,
    draft_countermand,
    draft_order,
    draft_question,
    draft_refusal,
    enclose,
)
from cheget.order.ledger import WholeLog, prove
from cheget.order.papers import decode_papers, open_envelope
from docket import chain_of
from evil import EvilDesk
from serving import Served, counter_of, serving
from simulator import ChainSimulator, signer

CHAIN = """
    chain: two-doors
    members: {ann: Ann, bob: Bob, cho: Cho}
    levels:
      - {level: head, members: [ann], rule: any}
      - {level: team, members: [ann, bob, cho], rule: any}
    executors: {left: Left, right: Right}
    actions: {open: {executors: [left, right], at-most: 2}}
    """


@pytest.fixture
def sim(tmp_path: Path) -> ChainSimulator:
    found = ChainSimulator(chain_of(CHAIN), tmp_path)
    counter_of(found, open_orders=3)
    return found


@pytest.fixture
def served(sim: ChainSimulator) -> Iterator[Served]:
    with serving(sim.desk, body_seconds=0.5, per_address=40, per_signer=8) as found:  # type: ignore[arg-type]
        yield found


def order(sim: ChainSimulator) -> dict[str, object]:
    text = sim.text("because")
    draft = draft_order(
        sim.law, originator="ann", action="open", executors=["left"], parameters={},
        reason=text, now=sim.clock.now(), nonce=sim.fresh(),
    )  # fmt: skip
    stored = enclose(draft, sim.signers["ann"]).decode()
    return {"envelope": stored, "texts": [text.to_json()], "executors": ["left"]}


def refusal(sim: ChainSimulator, who: str) -> dict[str, object]:
    text = sim.text("no")
    document = draft_refusal(sim.order, signer=who, reason=text, now=sim.clock.now())
    return {
        "envelope": enclose(document, sim.signers[who]).decode(), "texts": [text.to_json()],
    }  # fmt: skip


def test_oversized_document(served: Served, sim: ChainSimulator) -> None:
    """Refused by its announced length, and by its bytes where it announces none."""
    huge = {"Content-Type": "application/json", "Content-Length": str(2**40)}
    status, _, data = served.ask("POST", "/v1/answers", None, huge)
    assert (status, json.loads(data)["type"]) == (413, "urn:cheget:problem:too-large")
    with socket.create_connection(("localhost", served.port), timeout=20) as raw:
        raw.sendall(b"POST /v1/answers HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                    b"Content-Type: application/json\r\n\r\n")  # fmt: skip
        try:
            for _ in range(40):
                raw.sendall(b"4000\r\n" + b"[" * 0x4000 + b"\r\n")
        except OSError:
            pass  # it did not listen to the end
        assert b" 413 " in raw.recv(200)
    status, found = served.post("/v1/answers", {"envelope": "x" * 70_000})
    assert (status, found["type"]) == (422, "urn:cheget:problem:malformed")


def test_body_that_never_ends(served: Served) -> None:
    with socket.create_connection(("localhost", served.port), timeout=20) as raw:
        raw.sendall(b"POST /v1/answers HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
                    b"Content-Type: application/json\r\n\r\n{")  # fmt: skip
        assert b" 408 " in raw.recv(200)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b"NaN", b'{"envelope":1}', b'{"envelope":"x","more":1}',
        b'{"envelope":"\\ud800"}', b'{"envelope":"{}"}', b"\xff\xfe", b'{"envelope":' * 3000,
        b"[" * 60_000, b'{"envelope":"x","texts":[{"salt":"","text":""}]}',
        b'{"envelope":' + b"9" * 10_000 + b"}", b'{"envelope":null}',
    ],
)  # fmt: skip
def test_malformed_body(served: Served, body: bytes) -> None:
    for path in ("/v1/orders", "/v1/answers", "/v1/receipts", "/v1/law", "/v1/sessions"):
        status, _, data = served.ask("POST", path, body, {"Content-Type": "application/json"})
        assert 400 <= status < 500, (path, data)
        assert json.loads(data)["type"].startswith("urn:cheget:problem:")


def test_another_content_type(served: Served, sim: ChainSimulator) -> None:
    sim.transmit("ann", "open", ["left"])
    body = json.dumps(refusal(sim, "bob")).encode()
    for type_ in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        headers = {"Content-Type": type_} if type_ else {}
        status, _, _ = served.ask("POST", "/v1/answers", body, headers)
        assert 400 <= status < 500, type_
    assert sim.desk.proceeding(sim.order).refusals == ()


def test_unknown_path_and_method(served: Served) -> None:
    for method, path, wanted in (("GET", "/v1/nothing", 404), ("DELETE", "/v1/orders", 405)):
        status, headers, data = served.ask(method, path)
        assert (status, headers["content-type"]) == (wanted, "application/problem+json")
        assert json.loads(data)["status"] == wanted


def test_self_approval_through_another_door(served: Served, sim: ChainSimulator) -> None:
    """The API counts as the desk does: whoever asked does not count again."""
    sim.transmit("ann", "open", ["left"])
    text = sim.text("me again")
    verified = sim.verified()
    for seat in ("ann", "bob"):
        document = draft_concurrence(
            verified, signer="ann", seat=seat, reason=text, now=sim.clock.now()
        )
        stored = enclose(document, sim.signers["ann"]).decode()
        status, found = served.post("/v1/answers", {"envelope": stored})
        assert (status, found["type"]) == (409, "urn:cheget:problem:not-accepted")
    assert sim.desk.proceeding(sim.order).state == "open"


def test_forged_concurrence_over_the_network(served: Served, sim: ChainSimulator) -> None:
    sim.transmit("ann", "open", ["left"])
    document = draft_concurrence(
        sim.verified(), signer="bob", seat="bob", reason=sim.text(""), now=sim.clock.now()
    )
    for by in (sim.signers["ann"], signer("a stranger"), sim.executor_signers["left"]):
        stored = enclose(document, by).decode()
        token = served.token("ann", sim.signers["ann"])
        sent = {"Authorization": f"Bearer {token}"}
        status, found = served.post("/v1/answers", {"envelope": stored}, **sent)
        assert (status, "not signed by bob" in found["detail"]) == (409, True)
    assert sim.desk.proceeding(sim.order).state == "open"


def test_the_same_document_many_times_at_once_is_one_entry(
    served: Served, sim: ChainSimulator
) -> None:
    body = order(sim)
    size = sim.desk.head("orders").size
    with ThreadPoolExecutor(8) as many:
        found = list(many.map(lambda _: served.post("/v1/orders", body), range(8)))
    assert {status for status, _ in found} == {201}
    assert len({(one["digest"], one["position"]) for _, one in found}) == 1
    assert sim.desk.head("orders").size == size + 1


def test_flood_of_orders(served: Served, sim: ChainSimulator) -> None:
    """So many open orders of one originator, and no more; what was taken is taken again."""
    sent = [order(sim) for _ in range(4)]
    assert [served.post("/v1/orders", one)[0] for one in sent] == [201, 201, 201, 409]
    assert served.post("/v1/orders", sent[0])[0] == 201
    sim.order = sim.desk.listed()[0]
    sim.countermand("ann")
    assert served.post("/v1/orders", sent[3])[0] == 201


def test_a_flood_keeps_nobody_from_stopping(served: Served, sim: ChainSimulator) -> None:
    """An address, and a signer, that have used up what they may still refuse and take back."""
    sim.transmit("ann", "open", ["left"])
    for nonsense in ({"envelope": "{}"}, {"what": 1}, {}):
        statuses = [served.post("/v1/answers", nonsense)[0] for _ in range(45)]
        assert statuses[-1] == 429
    stranger = refusal(sim, "bob")
    filed = open_envelope(str(stranger["envelope"]).encode())
    forged = enclose(filed.unverified, signer("a stranger")).decode()  # type: ignore[arg-type]
    for _ in range(60):
        status, found = served.post("/v1/answers", {"envelope": forged})
    assert (status, found["type"]) == (429, "urn:cheget:problem:too-many")
    status, found = served.post("/v1/answers", refusal(sim, "bob"))
    assert (status, found["effect"]) == (201, "kept")
    status, found = served.post("/v1/answers", refusal(sim, "cho"))
    assert (status, found["effect"]) == (201, "stops")
    proves_itself(sim, found)


def test_a_stop_that_is_shown_again_stops_nothing_and_is_counted(
    served: Served, sim: ChainSimulator
) -> None:
    """Whoever has seen a stop could repeat it for ever; the next one passes all the same."""
    sim.transmit("ann", "open", ["left"])
    seen = refusal(sim, "bob")
    statuses = [served.post("/v1/answers", seen)[0] for _ in range(60)]
    assert (statuses[0], statuses[-1]) == (201, 429)
    assert served.post("/v1/answers", refusal(sim, "cho"))[0] == 201


def test_a_signer_is_not_kept_from_writing_by_documents_that_somebody_else_forged(
    served: Served, sim: ChainSimulator
) -> None:
    sim.transmit("ann", "open", ["left"])
    question = draft_question(sim.order, signer="bob", reason=sim.text("x"), now=sim.clock.now())
    forged = enclose(question, signer("a stranger")).decode()
    for _ in range(12):
        served.post("/v1/answers", {"envelope": forged})
    assert served.post("/v1/answers", {"envelope": enclose(
        question, sim.signers["bob"]).decode()})[0] == 201  # fmt: skip


def proves_itself(sim: ChainSimulator, found: dict[str, object]) -> None:
    """Of a stop the answer shows that the log holds it, to whoever has the log's key."""
    key = sim.charter.terms.orders
    point = verify_checkpoint(str(found["checkpoint"]).encode(), origin=key.origin, key=key.key)
    path = [bytes.fromhex(one) for one in found["path"]]  # type: ignore[union-attr, attr-defined]
    leaf = leaf_hash(str(found["leaf"]).encode())
    assert root_from_path(leaf, int(str(found["position"])), point.size, path) == point.root


def test_stops_are_taken_with_their_proof_whatever_the_size_of_the_log(
    served: Served, sim: ChainSimulator
) -> None:
    for _ in range(9):
        sim.transmit("ann", "open", ["left"])
        text = sim.text("recalled")
        document = draft_countermand(sim.order, signer="ann", reason=text, now=sim.clock.now())
        stored = enclose(document, sim.signers["ann"]).decode()
        status, found = served.post("/v1/answers", {"envelope": stored})
        assert (status, found["effect"]) == (201, "countermands")
        proves_itself(sim, found)
        again = served.post("/v1/answers", {"envelope": stored})[1]
        assert again["position"] == found["position"]
        proves_itself(sim, again)


def test_many_clients_at_once_are_each_acknowledged_once(
    sim: ChainSimulator,
) -> None:
    counter = counter_of(sim, open_orders=1000)
    with serving(counter) as served:
        bodies = [order(sim) for _ in range(48)]
        with ThreadPoolExecutor(16) as many:
            found = list(many.map(lambda body: served.post("/v1/orders", body), bodies))
    assert {status for status, _ in found} == {201}
    assert len({one["position"] for _, one in found}) == 48


def session(sim: ChainSimulator, who: str = "bob") -> bytes:
    document = Session(sim.clock.now(), "http://localhost:1", sim.deployment, "0" * 32, who)
    return enclose(document, sim.signers[who])


def test_a_session_in_a_log_is_a_fault_of_the_log(sim: ChainSimulator) -> None:
    """By the owner of the log keys: no code with it verifies, and no auditor takes it."""
    sim.transmit("ann", "open", ["left"])
    sim.release()
    desk = EvilDesk(sim)
    desk.append(session(sim), subject=sim.order, seq=2)
    with pytest.raises(VerificationError):
        sim.verify(desk.code("left"), "left")
    ledger = read_ledger(sim.desk)
    prove(ledger)
    desk = EvilDesk(sim)
    desk.append(session(sim))
    longer = replace(ledger, orders=WholeLog(tuple(desk.entries), desk.checkpoint()))
    with pytest.raises(LogError, match="a session that answers nothing"):
        prove(longer)


def test_a_session_shown_to_an_executor_stops_nothing(sim: ChainSimulator) -> None:
    sim.transmit("ann", "open", ["left"])
    sim.release()
    code = sim.code("left")
    sim.verify(code, "left", stops=(session(sim), session(sim, "ann")))


def test_slow_clients_keep_nobody_waiting(served: Served, sim: ChainSimulator) -> None:
    hung = []
    for _ in range(50):
        raw = socket.create_connection(("localhost", served.port), timeout=20)
        raw.sendall(b"POST /v1/answers HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
        hung.append(raw)
    assert served.get("/healthz") == (200, {"status": "there"})
    assert served.post("/v1/orders", order(sim))[0] == 201
    for raw in hung:
        raw.close()


def test_a_reason_is_in_no_log_line_and_no_metric(
    served: Served, sim: ChainSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[object] = []

    class Kept:
        def info(self, event: str, **facts: object) -> None:
            lines.append({"event": event, **facts})

    told = served.app.middleware_stack
    while not hasattr(told, "_log"):
        told = getattr(told, "_app", None) or told.app
    monkeypatch.setattr(told, "_log", Kept())
    text = sim.text("<script>alert('the secret reason')</script>")
    draft = draft_order(
        sim.law, originator="ann", action="open", executors=["left"], parameters={},
        reason=text, now=sim.clock.now(), nonce=sim.fresh(),
    )  # fmt: skip
    stored = enclose(draft, sim.signers["ann"])
    served.post("/v1/orders", {"envelope": stored.decode(), "texts": [text.to_json()],
                               "executors": ["left"]})  # fmt: skip
    _, _, metrics = served.ask("GET", "/metrics")
    assert "secret reason" not in f"{lines} {metrics!r}"
    assert open_envelope(stored).envelope.digest in str(lines)
    assert b'cheget_orders{state="open"} 1.0' in metrics


def test_withheld_countermand_because_codes_are_shared(served: Served, sim: ChainSimulator) -> None:
    """What is made once for many is made anew for a stop, within the same second."""
    sim.transmit("ann", "open", ["left", "right"])
    sim.release()
    counter = served.counter
    left = counter.code(sim.order, "left")
    sim.verify(left, "left")
    sim.ask("cho")
    longer = counter.code(sim.order, "left")
    assert len(decode_papers(longer).log.envelopes) == len(decode_papers(left).log.envelopes) + 1
    sim.countermand("ann")
    for executor in ("left", "right"):
        with pytest.raises(StoppedError):
            sim.verify(counter.code(sim.order, executor), executor)


def test_withheld_revocation_because_codes_are_shared(served: Served, sim: ChainSimulator) -> None:
    sim.transmit("ann", "open", ["left"])
    sim.release()
    counter = served.counter
    sim.verify(counter.code(sim.order, "left"), "left")
    text = sim.text("lost")
    key = sim.signers["ann"].public.key.hex()
    document = Revocation(sim.deployment, key, text.digest, sim.clock.now(), "ann")
    status, _ = served.post("/v1/law", {
        "envelope": enclose(document, sim.signers["ann"]).decode(), "texts": [text.to_json()],
    })  # fmt: skip
    assert status == 201
    with pytest.raises(StoppedError):
        sim.verify(counter.code(sim.order, "left"), "left")


def test_who_holds_a_later_head_is_shown_no_earlier_code(
    served: Served, sim: ChainSimulator
) -> None:
    sim.transmit("ann", "open", ["left"])
    sim.release()
    order, counter = sim.order, served.counter
    counter.code(order, "left")
    sim.transmit("ann", "open", ["right"])
    held = counter.head("orders")
    size = decode_papers(counter.code(order, "left", orders=held)).log.slice.size
    assert size == held.size
