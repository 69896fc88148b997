"""What the API says of itself is what it does, whatever it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from serving import Served, counter_of, serving
from simulator import ChainSimulator, scenario

ENDLESS = "/v1/events"
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance,
]  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    sim = ChainSimulator(scenario("wipe-database"), tmp_path_factory.mktemp("house"))
    counter = counter_of(sim)
    sim.transmit("ann", "wipe", ["production-db"], database="orders")
    sim.release()
    with serving(counter, longest_wait=0, per_address=10**6, per_signer=10**6) as found:
        found.sim = sim  # type: ignore[attr-defined]
        yield found


@pytest.fixture(scope="module")
def described(served: Served) -> Any:
    return schemathesis.openapi.from_url(f"{served.origin}/v1/openapi.json").exclude(path=ENDLESS)


def tried(described: Any, served: Served, examples: int) -> set[str]:
    """Send what the description allows and what it forbids; the statuses that came back."""
    found: set[str] = set()
    operation: Any = None

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck), database=None)
    @given(st.data())
    def send(data: st.DataObject) -> None:
        sent(operation, served, found, data)

    for result in described.get_all_operations():
        operation = result.ok()
        send()
    return found


def sent(operation: Any, served: Served, found: set[str], data: st.DataObject) -> None:
    sim: ChainSimulator = served.sim  # type: ignore[attr-defined]
    mode = data.draw(st.sampled_from(list(GenerationMode)))
    case = data.draw(operation.as_strategy(generation_mode=mode))
    token = served.token("bob", sim.signers["bob"])
    response = case.call(headers={"Authorization": f"Bearer {token}"})
    found.add(f"{operation.label} {response.status_code}")
    assert response.status_code < 500, response.text
    case.validate_response(response, checks=CHECKS)


def test_no_request_is_answered_as_the_desks_own_fault(described: Any, served: Served) -> None:
    found = tried(described, served, 8)
    assert {"GET /v1/orders 200", "POST /v1/answers 400"} <= found


@pytest.mark.slow
def test_no_request_at_length_is_answered_as_the_desks_own_fault(
    described: Any, served: Served
) -> None:
    assert tried(described, served, 60)


def test_the_api_is_described_in_full(served: Served) -> None:
    described = served.app.openapi()
    assert described["openapi"].startswith("3.1")
    for path, verbs in described["paths"].items():
        for verb, operation in verbs.items():
            assert operation["summary"], (verb, path)
            assert "application/problem+json" in operation["responses"]["default"]["content"]
    assert served.ask("GET", "/docs")[0] == served.ask("GET", "/redoc")[0] == 404
