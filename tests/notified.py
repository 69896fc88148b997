"""Where notices arrive in tests: a web server and a mail server, really listening."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


@dataclass
class Hook:
    """A web server that keeps what it is sent, and answers as a test says."""

    port: int = 0
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answer: Callable[[BaseHTTPRequestHandler], None] | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/hook"

    @property
    def values(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, _, body in self.asked]


@contextmanager
def hooked(certificate: Path | None = None) -> Iterator[Hook]:
    """A web server."""
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            hook.asked.append((self.path, headers, body))
            if hook.answer is not None:
                hook.answer(self)
            else:
                self.send_response(204)
                self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass  # whoever asked has gone

    with Server(("127.0.0.1", 0), Handler) as server:
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate / "cert.pem", certificate / "cert.key")
            server.socket = context.wrap_socket(server.socket, server_side=True)
        hook.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield hook
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Box:
    """A mail server that keeps what it takes."""

    port: int = 0
    raw: list[bytes] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    refuses: str = ""

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(one, policy=policy.default) for one in self.raw]  # type: ignore[misc]

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.refuses:
            return self.refuses
        self.raw.append(envelope.content)
        self.recipients.append(envelope.rcpt_tos)
        return "250 taken"


@contextmanager
def boxed(
    certificate: Path | None = None, *, implicit: bool = False, password: str = ""
) -> Iterator[Box]:  # fmt: skip
    """A mail server: plain, with STARTTLS, or over TLS from the first byte."""
    box = Box()
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate / "cert.pem", certificate / "cert.key")

    def authenticate(_s: Any, _e: Any, _q: Any, _m: Any, given: Any) -> AuthResult:
        box.logins.append((given.login, given.password))
        return AuthResult(success=given.password == password.encode())

    how: dict[str, Any] = {"ssl_context": context} if implicit else {"tls_context": context}
    if password:
        how |= {"authenticator": authenticate, "auth_required": True,
                "auth_require_tls": not implicit}  # fmt: skip
    controller = Controller(box, hostname="127.0.0.1", port=_free(), **how)
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        controller.stop()


def _free() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
