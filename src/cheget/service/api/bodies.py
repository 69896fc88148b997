"""What is sent and answered, as JSON. Unknown fields and other types are refused."""

from __future__ import annotations

import binascii
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from cheget.errors import MalformedDocumentError
from cheget.order.envelope import MAX_ENVELOPE
from cheget.order.fields import MAX_TEXT, Text
from cheget.order.handover import MAX_CIPHERTEXT, ciphertext_of

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Hex128 = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Listed = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*(/[1-9][0-9]{0,15})?$", max_length=81)
]
Share = Annotated[str, Field(pattern=r"^([0-9a-f]{2})*$", max_length=2 * MAX_CIPHERTEXT)]
Stored = Annotated[str, Field(max_length=MAX_ENVELOPE, description="an envelope, byte for byte")]


class Strict(BaseModel):
    """Nothing unknown, and no type for another."""

    model_config = ConfigDict(extra="forbid", strict=True)


class SaltedText(Strict):
    """A text that a document signs the digest of, and its salt."""

    salt: Hex128
    text: Annotated[str, Field(max_length=MAX_TEXT)]


class Submitted(Strict):
    """A signed document, and the texts that lie beside it."""

    envelope: Stored
    texts: Annotated[list[SaltedText], Field(max_length=4)] = []

    @property
    def stored(self) -> bytes:
        """The envelope's bytes."""
        return self.envelope.encode()

    @property
    def salted(self) -> list[Text]:
        """The texts, checked."""
        return [Text.from_json(one.model_dump()) for one in self.texts]


class SubmittedAnswer(Submitted):
    """An answer; a concurrence with its shares for sealed executors."""

    shares: Annotated[
        list[Share], Field(max_length=1_000_000, description="as they are listed")
    ] = []

    @property
    def handed(self) -> list[bytes]:
        """The shares' bytes."""
        return [ciphertext_of(one) for one in self.shares]


class SubmittedOrder(SubmittedAnswer):
    """An order, with the executors that it names and the files that travel with it."""

    executors: Annotated[list[Listed], Field(max_length=1_000_000)]
    files: Annotated[list[str], Field(max_length=16, description="base64, standard, padded")] = []

    @property
    def contents(self) -> list[bytes]:
        """The files' bytes."""
        try:
            return [binascii.a2b_base64(one.encode(), strict_mode=True) for one in self.files]
        except binascii.Error as error:
            raise MalformedDocumentError(f"a file that is not base64: {error}") from None


class SubmittedLaw(Submitted):
    """An entry of the law log; an amendment brings its charter, and enrolments of new keys."""

    charter: str | None = None
    enrolments: Annotated[list[Stored], Field(max_length=10_000)] = []


class Opened(Strict):
    """A session, signed."""

    envelope: Stored


class Drawn(BaseModel):
    """What a session answers."""

    nonce: Hex128
    deployment: Hex128
    until: str


class SeenNote(Strict):
    """A checkpoint of a log that somebody holds, signed by the log's key."""

    log: Literal["orders", "law"]
    note: Annotated[str, Field(max_length=4096)]


class Holds(BaseModel):
    """That the log has it."""

    has: Literal[True] = True


class Token(BaseModel):
    """What to show as ``Authorization: Bearer``, and until when."""

    token: str
    who: str
    role: Literal["member", "executor", "auditor", "observer"]
    until: str


class Acknowledged(BaseModel):
    """Durable and in the log.

    ``checkpoint`` covers the entry, and ``path`` leads from it to the checkpoint's root (of a
    stop only): RFC 6962, hashes in hex. ``leaf`` is the entry's header.
    """

    digest: Digest
    log: Literal["orders", "law"]
    position: int
    effect: str
    checkpoint: str
    leaf: str | None = None
    path: list[Digest] | None = None


class Summary(BaseModel):
    """An order in a list. Whoever acts on it asks for its papers, and verifies them."""

    order: Digest
    words: str
    position: int
    chain: str
    action: str
    originator: str
    state: Literal["open", "released", "stopped", "countermanded", "expired", "closed"]
    waits_at: str | None
    transmitted_at: str
    decide_by: str
    executors: int


class Summaries(BaseModel):
    """A page of orders in log order. ``next``: to be given as ``after``; null at the end."""

    orders: list[Summary]
    next: int | None
    size: int


class Due(BaseModel):
    """The released orders that matter to an executor; ``size``: to be given as ``since``."""

    orders: list[Digest]
    size: int


class Serials(BaseModel):
    """The serials dealt for an executor's action, and those that no order has claimed."""

    dealt: list[int]
    unused: list[int]


class Envelopes(BaseModel):
    """Documents as they were logged."""

    envelopes: list[str]


class Charters(BaseModel):
    """Every charter's canonical bytes as text, and the digest of the one that holds."""

    holds: Digest
    charters: list[str]


class Heads(BaseModel):
    """Both logs as committed now: sizes and roots."""

    orders: dict[str, int | str]
    law: dict[str, int | str]
