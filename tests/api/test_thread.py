"""One order over the network: asked, answered, released and carried out on different machines."""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from cheget.order.charter import read_charter
from cheget.order.papers import decode_papers, open_envelope
from serving import Elsewhere


def test_an_order_is_asked_for_answered_and_carried_out_over_the_network(
    elsewhere: Elsewhere,
) -> None:
    order = elsewhere.transmitted()
    inbox = json.loads(elsewhere.at("inbox", "--as", "bob", "--json", who="bob"))
    assert [one["order"] for one in inbox["waiting"]] == [order]
    elsewhere.at("ask", order, "--reason", "which ticket?", "--yes", who="bob")
    elsewhere.at("concur", order, "--reason", "seen", "--yes", who="bob")
    said = elsewhere.at("concur", order, "--yes", "--json", "--as", "dee", who="dee")
    assert json.loads(said)["state"] == "released"
    out, err = elsewhere.run("--json")
    assert json.loads(out)["outcome"] == "carried-out", err
    seen = json.loads(elsewhere.at("show", order, "--json", who="bob"))
    assert seen["carried_out"]
    assert seen["receipts"] == {"production-db": "carried-out"}
    assert seen["questions"][0]["reason"] == "which ticket?"
    elsewhere.at("order", "evidence", order, "-o", "order.html", who="bob")
    block = Path("order.html").read_text().partition('id="evidence">')[2].partition("</script>")[0]
    held = json.loads(block)
    assert read_charter(held["charter"].encode()).digest == elsewhere.house.charter
    assert decode_papers(held["papers"].encode()).order == order
    assert [open_envelope(one.encode()).envelope.kind for one in held["receipts"]] == ["receipt"]
    elsewhere.run()
    assert elsewhere.run()[1] == "cheget: nothing new for production-db\n"


def test_a_refusal_over_the_network_stops_it_and_no_code_exists(elsewhere: Elsewhere) -> None:
    order = elsewhere.transmitted()
    said = elsewhere.at("refuse", order, "--reason", "not mine", "--yes", "--json", "--as", "cho",
                        who="cho")  # fmt: skip
    assert json.loads(said)["state"] == "stopped"
    out, err = elsewhere.run()
    assert (out, err) == ("", "cheget: nothing new for production-db\n")
    elsewhere.shell.run("order", "code", order, "--executor", "production-db", "--at",
                        elsewhere.served.origin, "--key", "cho.key")  # fmt: skip
    assert elsewhere.shell.status == 1


def test_a_client_at_its_first_visit_needs_the_charter_by_another_road(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = ("inbox", "--as", "bob", "--key", "bob.key", "--at", elsewhere.served.origin)
    monkeypatch.delenv("CHEGET_CHARTER")
    _, err = elsewhere.shell.run(*inbox)
    assert (elsewhere.shell.status, "--charter DIGEST" in err) == (2, True)
    _, err = elsewhere.shell.run(*inbox, "--charter", "0" * 64)
    assert (elsewhere.shell.status, "does not show the charter" in err) == (1, True)
    elsewhere.shell.must(*inbox, "--charter", elsewhere.house.charter)
    elsewhere.shell.must(*inbox)


def test_a_place_that_is_away_does_not_keep_an_executor_from_the_others(
    elsewhere: Elsewhere,
) -> None:
    elsewhere.released()
    settings = elsewhere.executor / "executor.yaml"
    away = 'at: ["http://localhost:1", '
    settings.write_text(settings.read_text().replace("at: [", away))
    out, err = elsewhere.run()
    assert "carried-out" in out, err
    assert "http://localhost:1 does not answer" in err


def test_a_house_that_answers_nonsense_does_not_keep_an_executor_from_the_others(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = elsewhere.released()
    carried = elsewhere.executor / "carried" / "codes"
    carried.mkdir(parents=True)
    elsewhere.at("order", "code", order, "--executor", "production-db", "--since",
                 str(tenure(elsewhere)), "-o", str(carried / "code.json"), who="bob")  # fmt: skip
    monkeypatch.setattr(elsewhere.served.counter, "code", lambda *_, **__: b"nonsense")
    _, err = elsewhere.run()
    assert (elsewhere.shell.status, "it names no order" in err) == (2, True)
    settings = elsewhere.executor / "executor.yaml"
    settings.write_text(settings.read_text().replace("at: [", "at: [carried, "))
    out, err = elsewhere.run()
    assert "carried-out" in out, err


def test_an_executor_whose_only_place_is_away_says_so_and_acts_by_a_file(
    elsewhere: Elsewhere,
) -> None:
    order = elsewhere.released()
    elsewhere.at("order", "code", order, "--executor", "production-db", "--since",
                 str(tenure(elsewhere)), "-o", "code.json", who="bob")  # fmt: skip
    settings = elsewhere.executor / "executor.yaml"
    settings.write_text(settings.read_text().replace(elsewhere.served.origin, "http://localhost:1"))
    _, err = elsewhere.run()
    assert (elsewhere.shell.status, "does not answer" in err) == (2, True)
    out, err = elsewhere.run("--code", "code.json")
    assert "carried-out" in out, err


def tenure(elsewhere: Elsewhere) -> int:
    said = elsewhere.shell.must("executor", "status", "production-db", "--folder",
                                str(elsewhere.executor), "--json")  # fmt: skip
    size: int = json.loads(said)["heads"]["orders"]["size"]
    return size


def test_a_lost_acknowledgement_is_resolved_by_asking_again(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Committed, and the connection cut: the same bytes again are the same entry."""
    honest, cut = HTTPConnection.getresponse, []

    def lost(connection: HTTPConnection) -> HTTPResponse:
        response = honest(connection)
        if response.status == 201 and len(cut) < 2:
            body = response.read()
            if b'"position"' in body:
                cut.append(body)
                raise ConnectionResetError
            response.read = lambda _=None, body=body: body  # type: ignore[method-assign]
        return response

    monkeypatch.setattr(HTTPConnection, "getresponse", lost)
    order = elsewhere.transmitted()
    assert len(cut) == 2
    assert elsewhere.served.counter.listed() == [order]
