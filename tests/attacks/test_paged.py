"""Attacks by way of pages: what is handed in there is counted as it is at the API."""

from __future__ import annotations

import json
from typing import Any

from attacks.test_passkeys import law  # noqa: F401 - a fixture
from cheget.order.documents import Document
from cheget.order.draft import draft_question, draft_refusal, enclose
from cheget.order.envelope import media_type
from cheget.order.fields import Text
from cheget.order.papers import open_envelope
from cheget.order.passkey import to_base64url
from cheget.order.session import Reader
from passkeys import Authenticator
from serving import Served, counter_of, serving


def handed(served: Served, cookie: str, order: str, document: Document | None, text: Text) -> int:
    """The status of what the page's script would hand in."""
    body: dict[str, Any] = {"type": "nonsense"}
    if document is not None:
        envelope = open_envelope(enclose(document, Authenticator())).envelope
        body = {
            "type": media_type(envelope.kind), "payload": to_base64url(envelope.payload),
            "assertion": json.loads(envelope.signature), "texts": [text.to_json()],
        }  # fmt: skip
    sent = {"Cookie": f"cheget-session={cookie}", "X-Cheget": "page"}
    return served.post(f"/orders/{order}", body, **sent)[0]


def test_a_page_counts_documents_against_their_signer_and_no_stop(law: Any) -> None:  # noqa: F811
    """Who may no longer ask still refuses, there too; the same stop again is a request."""
    from cheget.web.app import install

    sim, phone = law.sim, Authenticator()
    with serving(counter_of(sim), per_address=9, per_signer=2) as served:
        install(served.app, None)  # type: ignore[arg-type] - nobody enrols here
        reader = Reader("bob", "member", phone.public.point)
        cookie = served.app.state.door.sessions.token(reader, sim.clock.now() + 600)

        def hand(document: Document | None, text: Text) -> int:
            return handed(served, cookie, sim.order, document, text)

        for expected in (200, 200, 429):
            text = sim.text("why?")
            asked = draft_question(sim.order, signer="bob", reason=text, now=sim.clock.now())
            assert hand(asked, text) == expected
        statuses = [hand(None, sim.text("x")) for _ in range(12)]
        assert (statuses[0], statuses[-1]) == (409, 429)
        text = sim.text("no")
        refusal = draft_refusal(sim.order, signer="bob", reason=text, now=sim.clock.now())
        assert hand(refusal, text) == 200
        assert [hand(refusal, text) for _ in range(12)][-1] == 429
        assert sim.desk.proceeding(sim.order).state == "stopped"
