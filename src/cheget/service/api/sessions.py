"""Nonces and tokens: who reads. Nothing is stored, so that every replica knows them.

Both are sealed with a key derived from the log key of orders, which replicas of one desk share.
A nonce is its time, 32 random bits and a seal of 64; a token is what it says of its reader, and
a seal of 256. A token of a session is made of the session alone: shown twice, it gives the same.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cheget.errors import BadSignatureError, MalformedDocumentError
from cheget.order.session import WINDOW, Reader, admitted, still_reads
from cheget.service.api.problems import Problem
from cheget.service.counter import LocalCounter

MAX_TOKEN = 1024
_TIME, _DRAWN, _SEAL = 4, 4, 8


class Sessions:
    """What one door draws, and whom it lets read."""

    def __init__(
        self, counter: LocalCounter, secret: bytes, origins: frozenset[str], lasts: int,
        entropy: Callable[[int], bytes],
    ) -> None:  # fmt: skip
        """Open the door.

        Args:
            counter: Whose charter says who is who.
            secret: 32 bytes that all replicas have.
            origins: Of this door.
            lasts: How long a session reads, in seconds.
            entropy: Gives so many random bytes.
        """
        self.origins = origins
        self._counter, self._secret, self._lasts = counter, secret, lasts
        self._entropy = entropy
        self._spent: dict[str, int] = {}
        self._pruned = 0
        self._lock = threading.Lock()

    def nonce(self) -> str:
        """128 bits that are good for a minute."""
        now = self._counter.clock.now()
        drawn = now.to_bytes(_TIME, "big") + self._entropy(_DRAWN)
        return (drawn + self.seal(b"nonce", drawn)[:_SEAL]).hex()

    def open(self, stored: bytes) -> tuple[str, Reader, int]:
        """A token for whoever signed a session, who that is, and until when it reads.

        Raises:
            VerificationError: it is no session of this door, now.
        """
        now = self._counter.clock.now()
        reader, session = admitted(stored, self._counter.usable(), audience=self.origins, now=now)
        self._spend(session.nonce, now)
        until = session.at + self._lasts
        return self.token(reader, until), reader, until

    def token(self, reader: Reader, until: int) -> str:
        """What a reader shows from now on."""
        return token_of(self._secret, reader, until)

    def reader(self, token: str) -> tuple[Reader, int]:
        """Who shows the token, and until when it is good; the law is looked at.

        Raises:
            Problem: it is none of ours, is over, or its reader has left the roster.
        """
        self._counter.look()
        return self.known(token)

    def known(self, token: str) -> tuple[Reader, int]:
        """The same as of the last look, for whoever has looked, or decides nothing by it."""
        try:
            if len(token) > MAX_TOKEN:
                raise ValueError(token)
            said, sealed = (base64.urlsafe_b64decode(one) for one in token.split("."))
            genuine = hmac.compare_digest(sealed, self.seal(b"token", said))
            if not genuine or f"{_text(said)}.{_text(sealed)}" != token:
                raise ValueError(token)
            role, who, key, until = json.loads(said)
        except ValueError:
            raise no_session("that is no session of this house") from None
        reader = Reader(who, role, bytes.fromhex(key))
        if self._counter.clock.now() >= until:
            raise no_session("the session is over")
        if not still_reads(reader, self._counter.seen()):
            raise no_session(f"{who} is no longer on the roster with that key")
        return reader, until

    def _spend(self, nonce: str, now: int) -> None:
        data = bytes.fromhex(nonce)
        drawn, sealed = data[: _TIME + _DRAWN], data[_TIME + _DRAWN :]
        if not hmac.compare_digest(sealed, self.seal(b"nonce", drawn)[:_SEAL]):
            raise MalformedDocumentError("the session answers nothing that this door drew")
        age = now - int.from_bytes(drawn[:_TIME], "big")
        if not -WINDOW <= age <= WINDOW:
            raise BadSignatureError("what the session answers was drawn too long ago")
        with self._lock:
            if now - self._pruned > WINDOW:
                self._spent = {one: at for one, at in self._spent.items() if now - at <= 2 * WINDOW}
                self._pruned = now
            if nonce in self._spent:
                raise BadSignatureError("that session has been shown before")
            self._spent[nonce] = now

    def seal(self, what: bytes, data: bytes) -> bytes:
        """32 bytes that only a replica of this house can make."""
        return seal(self._secret, what, data)


def token_of(secret: bytes, reader: Reader, until: int) -> str:
    """The token of a reader until an instant, in seconds."""
    said = json.dumps([reader.role, reader.who, reader.key.hex(), until]).encode()
    return f"{_text(said)}.{_text(seal(secret, b'token', said))}"


def seal(secret: bytes, what: bytes, data: bytes) -> bytes:
    """32 bytes that only who has the secret can make."""
    return hmac.digest(secret, what + b"\0" + data, hashlib.sha256)


def secret_of(log_key: bytes, deployment: str) -> bytes:
    """What seals sessions: 32 bytes, from the private key of the log of orders."""
    info = b"cheget sessions v1\0" + deployment.encode()
    return HKDF(hashes.SHA256(), 32, salt=None, info=info).derive(log_key)


def no_session(why: str) -> Problem:
    """401, and where a session is to be had."""
    said = 'Bearer realm="cheget", error="invalid_token"'
    return Problem(401, "no-session", why, **{"WWW-Authenticate": said})


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()
