"""Every verb that opens a desk, over the network; and a desk that lies to it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from cheget.order.envelope import digest
from cheget.order.fields import Head
from cheget.order.papers import decode_papers, open_envelope
from cheget.order.proceeding import Acknowledgement
from cheget.service.api import submitting
from serving import Elsewhere


def test_attesting_and_taking_it_back(elsewhere: Elsewhere) -> None:
    said = elsewhere.json("attest", "in-peril", "--action", "guarded-wipe", "--for", "2h", "--yes",
                          "--as", "dee", who="dee")  # fmt: skip
    order = elsewhere.json("order", "transmit", "guarded-wipe", "--yes", "--as", "ann", who="ann")
    seen = elsewhere.json("show", order["order"], who="ann")
    assert seen["attestations"] == [said["attestation"]]
    back = elsewhere.json("countermand", said["attestation"], "--yes", who="dee")
    assert back["attestation"] == said["attestation"]
    err = elsewhere.no("order", "transmit", "guarded-wipe", "--yes", who="ann")
    assert "a condition of the action is not attested to" in err


def test_lists_questions_recalls_and_following_to_the_end(elsewhere: Elsewhere) -> None:
    order = elsewhere.transmitted()
    listed = elsewhere.json("order", "list", "--open", who="ann")
    assert [(one["order"], one["state"]) for one in listed] == [(order, "open")]
    elsewhere.at("countermand", order, "--reason", "wrong one", "--yes", who="ann")
    watched = elsewhere.at("watch", order, "--json", who="ann").splitlines()
    assert [json.loads(one)["state"] for one in watched] == ["countermanded"]
    assert elsewhere.json("order", "list", "--open", who="ann") == []


def test_absences_keys_and_people(elsewhere: Elsewhere) -> None:
    away = elsewhere.json("away", "--until", "2099-01-04", "--yes", "--as", "bob", who="bob")
    assert [one["ended"] for one in away["absences"]] == [False]
    back = elsewhere.json("away", "--back", "--yes", who="bob")
    assert [one["ended"] for one in back["absences"]] == [True]
    order = elsewhere.transmitted()
    people = elsewhere.json("people", "list", who="bob")
    keys = {one["who"]: one["keys"] for one in people["people"]}
    assert people["state"] == "founded"
    assert keys["robot"] == []
    said = elsewhere.json("key", "revoke", keys["ann"][0], "--yes", who="ann")
    assert (said["closed"], said["left"]) == ([order], [])


def test_a_revoked_key_reads_no_longer(elsewhere: Elsewhere) -> None:
    people = elsewhere.json("people", "list", "--as", "cho", who="cho")
    (key,) = next(one["keys"] for one in people["people"] if one["who"] == "cho")
    elsewhere.at("key", "revoke", key, "--yes", who="cho")
    assert "nobody named cho holds a key" in elsewhere.no("order", "list", who="cho")


def test_an_amendment_is_proposed_and_agreed_to_over_the_network(elsewhere: Elsewhere) -> None:
    here = elsewhere.shell.here
    for name in ("chains", "people.yaml", "house.yaml"):
        source = elsewhere.house.here / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, here / name)
    chain = here / "chains" / "wipe-database.yaml"
    chain.write_text(chain.read_text().replace("one-of: [orders, billing]", "one-of: [orders]"))
    proposed = elsewhere.json("chain", "amend", "--yes", "--as", "bob", who="bob")
    assert proposed["state"] == "proposed"
    for name in ("chains", "people.yaml", "house.yaml"):
        shutil.rmtree(here / name) if (here / name).is_dir() else (here / name).unlink()
    held = elsewhere.json("chain", "amend", proposed["amendment"], "--yes", "--as", "dee",
                          who="dee")  # fmt: skip
    assert held["state"] == "holds"
    assert "needs the house's folder" in elsewhere.no("chain", "amend", "--propose", who="bob")
    said = elsewhere.no("order", "transmit", "wipe", "database=billing", "--yes", who="bob")
    assert "database: not one of orders" in said
    elsewhere.transmitted()
    assert elsewhere.served.get("/readyz")[1]["charter"] != elsewhere.house.charter


def test_beside_an_executor_one_answers_where_it_is(elsewhere: Elsewhere) -> None:
    order = elsewhere.released()
    said = elsewhere.no("concur", order, "--beside", "production-db", "--yes", who="bob")
    assert "needs the house's folder" in said


# A desk that lies: what it shows is looked through before anything is believed or signed.

Lie = Callable[[Elsewhere, str], None]


def _other_order(elsewhere: Elsewhere, order: str) -> None:
    """Another order's papers in place of the one that was asked for."""
    counter = elsewhere.served.counter
    second = elsewhere.transmitted()
    shown = counter.papers(second)
    counter.papers = lambda *_, **__: shown


def _fewer_entries(elsewhere: Elsewhere, order: str) -> None:
    """Papers of before: an answer that was seen is withheld."""
    counter = elsewhere.served.counter
    shown = counter.papers(order)
    elsewhere.at("ask", order, "--reason", "why?", "--yes", "--as", "cho", who="cho")
    elsewhere.at("show", order, who="bob")
    counter.papers = lambda *_, **__: shown


def _other_executors(elsewhere: Elsewhere, order: str) -> None:
    """Executors swapped under the root."""
    counter = elsewhere.served.counter
    shown = counter.papers(order).replace(b'["production-db"]', b'["reports-0001"]')
    counter.papers = lambda *_, **__: shown


def _other_parameters(elsewhere: Elsewhere, order: str) -> None:
    """Bait and switch: the reason of another in place of the one that is signed."""
    counter = elsewhere.served.counter
    papers = decode_papers(counter.papers(order))
    (digest,) = papers.texts
    data = papers.encode().replace(b"ticket 1182", b"ticket 1183")
    assert digest.encode() in data
    counter.papers = lambda *_, **__: data


@pytest.mark.parametrize("lie", [_other_order, _fewer_entries, _other_executors, _other_parameters])
def test_a_desk_that_shows_something_else_gets_no_signature(elsewhere: Elsewhere, lie: Lie) -> None:
    order = elsewhere.transmitted()
    elsewhere.at("show", order, "--as", "bob", who="bob")
    lie(elsewhere, order)
    elsewhere.no("concur", order, "--yes", who="bob")
    del elsewhere.served.counter.papers
    assert elsewhere.json("show", order, who="bob")["state"] == "open"


def test_a_desk_that_acknowledges_and_logs_nothing_is_found_out(elsewhere: Elsewhere) -> None:
    order = elsewhere.transmitted()
    counter = elsewhere.served.counter

    def nothing(stored: bytes, texts: Any = ()) -> Any:
        named = open_envelope(stored).envelope.digest
        return Acknowledgement(5, named, "kept", counter.checkpoint("orders"))

    before = submitting.ANSWERS["refusal"]
    submitting.ANSWERS["refusal"] = lambda _, stored, texts: nothing(stored, texts)
    try:
        said = elsewhere.no("refuse", order, "--yes", "--as", "bob", who="bob")
    finally:
        submitting.ANSWERS["refusal"] = before
    assert "acknowledged, and not in the log that is shown" in said


def test_a_desk_that_shows_another_charter_is_believed_nothing(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere.at("order", "list", "--as", "bob", who="bob")
    counter = elsewhere.served.counter
    payloads = counter.charters()
    other = re.sub(
        rb'"deployment":"[0-9a-f]{32}"', b'"deployment":"' + b"0" * 32 + b'"', payloads[0]
    )
    monkeypatch.setattr(counter, "charters", lambda: [other])
    monkeypatch.setattr(counter, "usable_digest", lambda: digest("charter", other))
    assert "shows another house than before" in elsewhere.no("order", "list", who="bob")
    skewed = re.sub(rb'"skew":\d+', b'"skew":9999', payloads[0])
    monkeypatch.setattr(counter, "charters", lambda: [skewed])
    monkeypatch.setattr(counter, "usable_digest", lambda: digest("charter", skewed))
    assert "another charter than the one pinned" in elsewhere.no("order", "list", who="bob")


def test_a_client_sends_the_heads_that_it_holds(elsewhere: Elsewhere) -> None:
    order = elsewhere.transmitted()
    asked: list[Head | None] = []
    counter = elsewhere.served.counter
    honest = counter.papers

    def papers(digest: str, *, law: Head | None = None, orders: Head | None = None) -> bytes:
        asked.append(orders)
        return honest(digest, law=law, orders=orders)

    counter.papers = papers
    for _ in range(2):
        elsewhere.at("show", order, "--as", "bob", who="bob")
    assert asked[-1] == counter.head("orders")


def test_an_executor_pins_the_charter_over_the_network_and_begins_its_tenure(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = elsewhere.released()
    anchors = elsewhere.shell.here / "anchors"
    monkeypatch.setenv("CHEGET_ANCHORS", str(anchors))
    for name in ("journal.jsonl", "charter.json"):
        (elsewhere.executor / name).unlink()
    pin = ("executor", "pin", "production-db", "--folder", str(elsewhere.executor), "--at",
           elsewhere.served.origin, "--charter")  # fmt: skip
    _, err = elsewhere.shell.run(*pin, "0" * 64)
    assert "does not show the charter" in err
    said = json.loads(elsewhere.shell.must(*pin, elsewhere.house.charter, "--json"))
    assert said["tenure"] == elsewhere.served.counter.head("orders").size
    out, _ = elsewhere.run("--json")
    assert "before this journal's tenure" in json.loads(out)["says"]
    after = elsewhere.released()
    assert after != before
    out, err = elsewhere.run("--json")
    done = {one["order"]: one["outcome"] for one in map(json.loads, out.splitlines())}
    assert done == {before: "waiting", after: "carried-out"}


def test_an_auditor_from_outside_reads_the_whole_log_until_it_is_over(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere.released()
    invite = ("auditor", "invite", "kpx", "--house", str(elsewhere.house.here), "--json")
    said = json.loads(elsewhere.shell.must(*invite, "--until", "2027-01-04"))
    # Another secret than the one that this house serves with in a test.
    assert elsewhere.served.get("/v1/orders", said["token"])[0] == 401
    token = elsewhere.served.invited("kpx", "auditor")
    status, _, data = elsewhere.served.ask(
        "GET", "/v1/ledger", None, {"Authorization": f"Bearer {token}"}
    )
    assert status == 200
    (elsewhere.shell.here / "ledger.jsonl").write_bytes(data)
    proved = elsewhere.shell.must("log", "verify", "--file", "ledger.jsonl", "--charter",
                                  elsewhere.house.charter, "--json")  # fmt: skip
    assert json.loads(proved)["orders"] == 1
    elsewhere.shell.run(*invite, "--until", "2099-01-04")
    assert elsewhere.shell.status == 1
