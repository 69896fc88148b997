"""Requests to one door: TLS verified, time and size capped, sessions begun when they are asked for.

What only reads, and documents (which the desk takes once, however often they are sent), are
tried again when a connection breaks; so a lost acknowledgement is resolved by asking again.
"""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from cheget import errors
from cheget.errors import AwayError, ChegetError, HouseError, MalformedDocumentError
from cheget.order.documents import Session
from cheget.order.draft import Signer, enclose
from cheget.order.papers import MAX_CODE

SECONDS = 30.0
TRIES = 3
MAX_ANSWER = MAX_CODE + 1024 * 1024
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PROBLEM = "urn:cheget:problem:"


def is_safe(url: str) -> bool:
    """Whether that is a door one may talk to: over TLS, or of this very machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    plain = not (parts.query or parts.fragment or parts.username or parts.path.strip("/"))
    return (
        plain
        and bool(host)
        and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK))
    )


class Origin:
    """One origin, as one reader."""

    def __init__(
        self, origin: str, who: str, signer: Callable[[], Signer], now: Callable[[], int],
        token: str = "", keep: Callable[[str, str], object] = lambda _token, _until: None,
        seconds: float = SECONDS,
    ) -> None:  # fmt: skip
        """Nothing is asked yet.

        Args:
            origin: ``https://host``, perhaps with a port.
            who: The person or executor that reads.
            signer: Opens their key, when a session has to be begun.
            now: Seconds since 1970.
            token: Of a session begun before.
            keep: Told of each new token, and until when it is good.
            seconds: How long an answer may take to come.

        Raises:
            HouseError: the origin is not one to talk to.
        """
        if not is_safe(origin):
            raise HouseError(
                f"{origin}: a house is asked over TLS, or on this very machine",
                hint="https://HOST, or http://localhost:PORT",
            )
        self.origin, self.who = origin.rstrip("/").lower(), who
        self._signer, self._now, self._keep = signer, now, keep
        self._token, self._seconds = token, seconds
        self._connection: http.client.HTTPConnection | None = None

    def get(self, path: str, wait: float = 0, **query: object) -> bytes:
        """What the door has at ``path``, for whom the session is of."""
        given = {name.rstrip("_"): one for name, one in query.items() if one is not None}
        where = path + (f"?{urlencode(given)}" if given else "")
        return self._as_reader("GET", where, None, wait)

    def get_json(self, path: str, wait: float = 0, **query: object) -> Any:  # noqa: ANN401
        """The same, as JSON."""
        return json_of(self.get(path, wait, **query))

    def post(self, path: str, value: Mapping[str, object]) -> Any:  # noqa: ANN401
        """Hand something in. A large body is only read from who has a session."""
        body = json.dumps(value).encode()
        if len(body) > LARGE and not self._token:
            self._begin()
        return json_of(self._asked("POST", path, body))

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _as_reader(self, method: str, path: str, body: bytes | None, wait: float) -> bytes:
        if self._token:
            try:
                return self._asked(method, path, body, wait)
            except NoSessionError:
                pass  # over, or of before a key was changed
        self._begin()
        return self._asked(method, path, body, wait)

    def _begin(self) -> None:
        self._token = ""
        drawn = json_of(self._asked("POST", "/v1/nonces", b"{}"))
        session = Session(
            self._now(), self.origin, str(drawn["deployment"]), str(drawn["nonce"]), self.who
        )
        stored = enclose(session, self._signer()).decode()
        found = json_of(
            self._asked("POST", "/v1/sessions", json.dumps({"envelope": stored}).encode())
        )
        self._token = str(found["token"])
        self._keep(self._token, str(found["until"]))

    def _asked(self, method: str, path: str, body: bytes | None, wait: float = 0) -> bytes:
        """The body of a good answer.

        Raises:
            ChegetError: what the door said no with.
            AwayError: nobody answered.
        """
        headers = {"Accept": "application/json, */*", "User-Agent": "cheget"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        for left in range(TRIES - 1, -1, -1):
            try:
                connection = self._connected(self._seconds + wait)
                connection.request(method, path, body, headers)
                response = connection.getresponse()
                data = response.read(MAX_ANSWER + 1)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if not left or isinstance(error, TimeoutError | ssl.SSLError):
                    raise AwayError(f"{self.origin} does not answer: {_said(error)}") from error
                continue
            if len(data) > MAX_ANSWER:
                self.close()
                raise MalformedDocumentError(f"{self.origin} answers without end")
            if response.status >= 300:  # noqa: PLR2004
                raise _no(response.status, data)
            return data
        raise AssertionError  # the last try has raised

    def _connected(self, seconds: float) -> http.client.HTTPConnection:
        if self._connection is None:
            parts = urlsplit(self.origin)
            assert parts.hostname is not None  # noqa: S101 - a safe origin has one
            if parts.scheme == "https":
                context = ssl.create_default_context()
                context.minimum_version = ssl.TLSVersion.TLSv1_2
                self._connection = http.client.HTTPSConnection(
                    parts.hostname, parts.port, timeout=seconds, context=context
                )
            else:
                self._connection = http.client.HTTPConnection(
                    parts.hostname, parts.port, timeout=seconds
                )
        self._connection.timeout = seconds
        if self._connection.sock is not None:
            self._connection.sock.settimeout(seconds)
        return self._connection


LARGE = 200 * 1024


class NoSessionError(errors.NotAcceptedError):
    """A session that is over, or none."""


def part(text: str) -> str:
    """One part of a path."""
    return quote(text, safe="")


def json_of(data: bytes) -> Any:  # noqa: ANN401
    """An answer's JSON."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise MalformedDocumentError("the door's answer is no JSON") from None


def _no(status: int, data: bytes) -> ChegetError:
    """The error that the door means. What it says is text, and nothing more."""
    try:
        said = json.loads(data)
        kind = str(said["type"]).removeprefix(_PROBLEM)
        detail, hint = str(said["detail"])[:2000], str(said.get("hint", ""))[:500]
    except (ValueError, KeyError, TypeError, RecursionError):
        return AwayError(f"the door answers {status}, and does not say why")
    if kind == "no-session":
        return NoSessionError(detail)
    if status >= 500 or kind == "too-many":  # noqa: PLR2004
        return AwayError(detail, hint=hint or "try again later")
    name = "".join(one.capitalize() for one in kind.split("-")) + "Error"
    cls: object = getattr(errors, name, None)
    known = errors.VerificationError | errors.CharterError | errors.GoneBackError
    if isinstance(cls, type) and issubclass(cls, known):
        return cls(detail, hint=hint)
    return errors.NotAcceptedError(detail, hint=hint)


def _said(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
