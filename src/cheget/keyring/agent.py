"""Keys that an SSH agent holds (OpenSSH PROTOCOL.agent; draft-ietf-sshm-ssh-agent).

The agent signs what it is asked to by whoever reaches its socket; a key added with
``ssh-add -c``, or one that wants a touch, asks its person first. What it returns is verified
here before anybody else sees it.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass

from cheget.errors import BadSignatureError, CharterError, KeyFileError
from cheget.order import sshsig
from cheget.order.keys import SSHSIG_ED25519, SSHSIG_SK_ED25519, PublicKey, verify

MAX_ANSWER_BYTES = 256 * 1024
MAX_IDENTITIES = 1000
# Long, since the agent may be waiting for its person to confirm or to find their security key.
TIMEOUT_SECONDS = 120.0

_FAILURE = 5
_REQUEST_IDENTITIES = 11
_IDENTITIES = 12
_SIGN = 13
_SIGNED = 14
_ED25519_FORM = sshsig.string(sshsig.ED25519) + (32).to_bytes(4, "big")
_NO_AGENT_HINT = "start one with `eval $(ssh-agent)` and add the key with `ssh-add`"


@dataclass(frozen=True)
class Identity:
    """A key that an agent offers, and what its holder called it."""

    public: PublicKey
    comment: str


class AgentSigner:
    """A key in the agent at ``path``; by default that of ``SSH_AUTH_SOCK``."""

    def __init__(self, public: PublicKey, path: str | None = None) -> None:
        """Name the key to sign with; the agent is not asked yet.

        Raises:
            KeyFileError: A key whose scheme no agent signs by, or no agent.
        """
        if public.scheme not in {SSHSIG_ED25519, SSHSIG_SK_ED25519}:
            raise KeyFileError(f"an SSH agent does not sign by the scheme {public.scheme}")
        self.public = public
        self._path = path or _default_path()

    def sign(self, message: bytes) -> bytes:
        """The SSHSIG blob over ``message``, verified.

        Raises:
            KeyFileError: The agent refused, is gone, or returned something that isn't a
                signature by this key.
        """
        signed = sshsig.to_be_signed(message)
        request = sshsig.string(self.public.ssh_form) + sshsig.string(signed) + bytes(4)
        answer = _ask(self._path, _SIGN, request, _SIGNED)
        try:
            inner, end = sshsig.read_string(answer, 0)
            blob = sshsig.wrap(self.public.ssh_form, inner)
            verify(self.public, message, blob)
        except BadSignatureError as error:
            raise KeyFileError(
                f"the SSH agent's signature is of no use: {error}", hint=error.hint
            ) from None
        if end != len(answer):
            raise KeyFileError("the SSH agent's answer has bytes after its end")
        return blob


def identities(path: str | None = None) -> tuple[Identity, ...]:
    """The keys of the agent at ``path`` that cheget can sign with, in the agent's order.

    Raises:
        KeyFileError: No agent, or an answer that is not one.
    """
    answer = _ask(path or _default_path(), _REQUEST_IDENTITIES, b"", _IDENTITIES)
    count, at = int.from_bytes(answer[:4], "big"), 4
    if count > MAX_IDENTITIES:
        raise KeyFileError(f"the SSH agent offers {count} keys; at most {MAX_IDENTITIES} are read")
    found = []
    try:
        for _ in range(count):
            form, at = sshsig.read_string(answer, at)
            comment, at = sshsig.read_string(answer, at)
            public = public_from_ssh_form(form)
            if public is not None:
                found.append(Identity(public, comment.decode(errors="replace")))
    except BadSignatureError:
        raise KeyFileError("the SSH agent's list of keys is cut short") from None
    return tuple(found)


def public_from_ssh_form(form: bytes) -> PublicKey | None:
    """The key that SSH writes as ``form``; none if it is of a type that cheget does not use."""
    try:
        if form.startswith(_ED25519_FORM):
            return PublicKey(SSHSIG_ED25519, form[len(_ED25519_FORM) :])
        if form.startswith(sshsig.string(sshsig.SK_ED25519)):
            return PublicKey(SSHSIG_SK_ED25519, form)
    except CharterError:
        return None
    return None


def _default_path() -> str:
    path = os.environ.get("SSH_AUTH_SOCK", "")
    if not path:
        raise KeyFileError("no SSH agent: SSH_AUTH_SOCK is not set", hint=_NO_AGENT_HINT)
    return path


def _ask(path: str, kind: int, body: bytes, expected: int) -> bytes:
    """Send one request; return the answer after its type byte."""
    request = sshsig.string(bytes([kind]) + body)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as agent:
            agent.settimeout(TIMEOUT_SECONDS)
            agent.connect(path)
            agent.sendall(request)
            length = int.from_bytes(_receive(agent, 4), "big")
            if not 1 <= length <= MAX_ANSWER_BYTES:
                raise KeyFileError(f"the SSH agent answers with {length} bytes")
            answer = _receive(agent, length)
    except TimeoutError:
        raise KeyFileError(f"the SSH agent was silent for {TIMEOUT_SECONDS:.0f} s") from None
    except OSError as error:
        raise KeyFileError(
            f"no SSH agent at {path}: {error.strerror or error}", hint=_NO_AGENT_HINT
        ) from None
    if answer[0] == _FAILURE:
        raise KeyFileError(
            "the SSH agent refused",
            hint="it may lack the key (`ssh-add -l`), be locked, or have been told no",
        )
    if answer[0] != expected:
        raise KeyFileError(f"the SSH agent answers with type {answer[0]}, not {expected}")
    return answer[1:]


def _receive(agent: socket.socket, count: int) -> bytes:
    received = bytearray()
    while len(received) < count:
        part = agent.recv(count - len(received))
        if not part:
            raise KeyFileError("the SSH agent hung up")
        received += part
    return bytes(received)
