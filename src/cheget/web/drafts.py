"""What a page signs: documents drafted for a person, and their envelopes put together.

The server drafts, the page shows every field of the very bytes and signs them; nobody's key is
here. What a page can't prevent is a server that shows one thing and has another signed: that is
what levels with ``signs: own-device`` are for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cheget.errors import MalformedDocumentError, NotAcceptedError
from cheget.order.consequence import turns
from cheget.order.documents import Document, Order
from cheget.order.draft import (
    draft_concurrence,
    draft_countermand,
    draft_order,
    draft_question,
    draft_refusal,
    draft_review,
    salted,
)
from cheget.order.envelope import Envelope, media_type
from cheget.order.fields import Text
from cheget.order.passkey import encode_assertion, from_base64url, to_base64url
from cheget.web.showing import Shown

Given = Mapping[str, Any]
LONGEST = 96 * 1024  # bytes of a field


@dataclass(frozen=True)
class Draft:
    """A document that waits for its signature, and the texts that lie beside it."""

    document: Document
    texts: tuple[Text, ...] = ()
    beside: Mapping[str, Any] | None = None

    def to_json(self, rp_id: str) -> dict[str, Any]:
        """As the page's script takes it."""
        return {
            "payload": to_base64url(self.document.payload()),
            "type": media_type(self.document.kind),
            "texts": [text.to_json() for text in self.texts], "rp_id": rp_id,
            "beside": dict(self.beside or {}),
        }  # fmt: skip


def draft_answer(one: Shown, person: str, given: Given, now: int, entropy: bytes) -> Draft:
    """The answer that a person chose on an order's page.

    Raises:
        NotAcceptedError: they are not asked, or chose nothing.
    """
    decision = given.get("decision")
    text = salted(line(given, "reason"), entropy)
    order = one.proceeding.digest
    match decision:
        case "concur":
            return Draft(_concurrence(one, person, text, now), (text,))
        case "refuse":
            return Draft(draft_refusal(order, signer=person, reason=text, now=now), (text,))
        case "ask":
            if not text.text:
                raise NotAcceptedError("what do you ask?")
            return Draft(draft_question(order, signer=person, reason=text, now=now), (text,))
        case "countermand":
            return Draft(draft_countermand(order, signer=person, reason=text, now=now), (text,))
        case "review":
            if not text.text:
                raise NotAcceptedError("what did you find?")
            return Draft(
                draft_review(one.proceeding, signer=person, finding=text, now=now), (text,)
            )
        case _:
            raise NotAcceptedError("nothing is chosen: concur, refuse, ask or countermand")


def _concurrence(one: Shown, person: str, text: Text, now: int) -> Document:
    if one.verified is None:
        raise NotAcceptedError(f"the order is {one.proceeding.state}: nothing to concur with")
    if one.proceeding.order.shares is not None:
        raise NotAcceptedError(
            "whoever concurs hands over their share of a sealed secret, which no page holds",
            hint="cheget concur",
        )
    if one.verified.proceeding.pending and one.verified.proceeding.pending.level.own_device:
        raise NotAcceptedError(
            "this level answers on a device of its own, not on a page", hint="cheget concur"
        )
    ready = [turn for turn in turns(one.verified.proceeding, person, now) if turn.since <= now]
    if not ready:
        raise NotAcceptedError(f"{person} is not asked now")
    return draft_concurrence(
        one.verified, signer=person, seat=ready[0].seat, reason=text, now=now,
        absence=ready[0].absence,
    )  # fmt: skip


def draft_transmission(
    law: Any, person: str, given: Given, now: int, entropy: tuple[bytes, bytes],  # noqa: ANN401
    attestations: Sequence[str] = (),
) -> Draft:  # fmt: skip
    """The order that a person composed.

    Raises:
        NotAllowedError: the chain does not allow it.
    """
    action = line(given, "action")
    chosen = given.get("executors", [])
    executors = sorted([chosen] if isinstance(chosen, str) else [str(one) for one in chosen])
    names = {name for name, _ in law.chain.action(action).parameters}
    parameters = {name: line(given, f"parameter.{name}") for name in names}
    text = salted(line(given, "reason"), entropy[0])
    order: Order = draft_order(
        law, originator=person, action=action, executors=executors, parameters=parameters,
        reason=text, now=now, nonce=entropy[1], attestations=attestations,
    )  # fmt: skip
    return Draft(order, (text,), {"executors": executors})


def line(given: Given, name: str) -> str:
    """A text field; empty when it is missing.

    Raises:
        MalformedDocumentError: it is none.
    """
    value = given.get(name, "")
    if not isinstance(value, str):
        raise MalformedDocumentError(f"{name} is one text")
    return value.strip()


def assembled(kind: str, given: Given) -> bytes:
    """The envelope of a document that a page signed: the bytes it showed, and the assertion.

    Raises:
        MalformedDocumentError: it lacks something.
    """
    signed = given.get("assertion")
    if given.get("type") != media_type(kind) or not isinstance(signed, Mapping):
        raise MalformedDocumentError(f"not a {kind} that a page signed")
    parts = ("authenticatorData", "clientDataJSON", "signature")
    assertion = encode_assertion(*(from_text(signed.get(name)) for name in parts))
    return Envelope(kind, from_text(given.get("payload")), assertion).encode()


def kind_of(given: Given) -> str:
    """The kind of document that a page signed, by its media type.

    Raises:
        MalformedDocumentError: it has none.
    """
    text = given.get("type")
    if not isinstance(text, str):
        raise MalformedDocumentError("the document has no type")
    return text.removeprefix("application/vnd.cheget.").removesuffix(".v1+json")


def texts_of(given: Given) -> list[Text]:
    """The texts that came back with a signature.

    Raises:
        MalformedDocumentError: they are no short list of salted texts.
    """
    listed = given.get("texts", [])
    if not isinstance(listed, list) or len(listed) > 2:  # noqa: PLR2004 - a document signs one
        raise MalformedDocumentError("texts are a short list")
    return [Text.from_json(one) for one in listed]


def from_text(value: object) -> bytes:
    """The bytes of a field in base64url.

    Raises:
        MalformedDocumentError: it is none, or too long.
    """
    try:
        return from_base64url(value, LONGEST)
    except ValueError as error:
        raise MalformedDocumentError(str(error)) from None
