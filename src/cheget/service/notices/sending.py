"""One notice through one channel: a signed POST, a mail, or what apprise knows how to reach.

Each way ends by a deadline whatever the other side does, follows nobody elsewhere, and reads
no more of an answer than it needs. What it says when it fails holds no secret.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any, cast
from urllib.parse import quote, unquote, urlsplit

from cheget.errors import NoticeError
from cheget.service.notices.due import Notice
from cheget.service.notices.places import LOOPBACK, connect, place_fault, resolve
from cheget.service.notices.settings import Channel
from cheget.service.notices.wording import Letter

SECONDS = 20.0  # for one notice, from the first look at an address to the end of an answer
_SHOWN = 200  # characters of a fault
_SHORTEST = 24  # bytes of a webhook's secret
_Holds = Callable[[socket.socket], socket.socket]


@dataclass(frozen=True)
class Mailing:
    """A notice on its way: what is sent, to whom on the channel, at which instant."""

    notice: Notice
    letter: Letter
    now: int


def send(channel: Channel, post: Mailing, seconds: float = SECONDS) -> None:
    """Send it, or say why not.

    Raises:
        NoticeError: it did not arrive, as far as anybody can tell.
    """
    try:
        address = resolve(channel.address)
        fault = "" if channel.means == "apprise" else place_fault(address, channel.means)
        if fault:
            raise NoticeError(f"the address of {channel.name} is {fault}")
        _WAYS[channel.means](channel, address, post, seconds)
    except NoticeError:
        raise
    except (OSError, ValueError, http.client.HTTPException, smtplib.SMTPException) as error:
        raise NoticeError(f"{channel.name}: {_plain(error)}") from None


def signature(secret: str, id_: str, at: int, body: bytes) -> str:
    """The value of ``webhook-signature``, by the Standard Webhooks specification.

    Raises:
        NoticeError: the secret is too short to be one.
    """
    plain = secret.removeprefix("whsec_")
    try:
        key = base64.b64decode(plain, validate=True) if plain != secret else secret.encode()
    except ValueError:
        raise NoticeError("the webhook's secret begins with whsec_ and is not base64") from None
    if len(key) < _SHORTEST:
        raise NoticeError(f"the webhook's secret is shorter than {_SHORTEST} bytes")
    mac = hmac.new(key, f"{id_}.{at}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(mac).decode()}"


def _webhook(channel: Channel, address: str, post: Mailing, seconds: float) -> None:
    parts = urlsplit(address)
    host, secure = parts.hostname or "", parts.scheme == "https"
    body = json.dumps(post.letter.value, sort_keys=True, ensure_ascii=False).encode()
    key = post.notice.key
    headers = {
        "Content-Type": "application/json", "User-Agent": "cheget", "Idempotency-Key": key,
        "webhook-id": key, "webhook-timestamp": str(post.now),
        "webhook-signature": signature(resolve(channel.secret), key, post.now, body),
    }  # fmt: skip
    connection = http.client.HTTPConnection(host, parts.port or (443 if secure else 80))
    with _ended(seconds) as holds, closing(connection):
        plain = holds(connect(host, connection.port, seconds))
        connection.sock = _encrypted(plain, host, holds) if secure else plain
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, headers)
        with connection.getresponse() as answer:  # whose body nobody reads
            status = answer.status
    if not 200 <= status < 300:  # noqa: PLR2004
        why = "; redirects are not followed" if 300 <= status < 400 else ""  # noqa: PLR2004
        raise NoticeError(f"{channel.name}: answered {status}{why}")


class _Mailer(smtplib.SMTP):
    """Over a connection that was made before, under its deadline."""

    def __init__(self, made: socket.socket, host: str, seconds: float) -> None:
        self._made = made
        super().__init__(host, timeout=seconds, local_hostname="cheget.invalid")
        self._host = host  # by which a certificate is checked

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # noqa: ARG002
        return self._made


def _mail(channel: Channel, address: str, post: Mailing, seconds: float) -> None:
    parts = urlsplit(address)
    host, implicit = parts.hostname or "", parts.scheme == "smtps"
    with _ended(seconds) as holds:
        made = holds(connect(host, parts.port or (465 if implicit else 587), seconds))
        made = _encrypted(made, host, holds) if implicit else made
        with closing(_Mailer(made, host, seconds)) as mailer:
            mailer.ehlo()
            is_secure = implicit
            if not implicit and (mailer.has_extn("starttls") or host not in LOOPBACK):
                mailer.starttls(context=cast("Any", _Encrypting(holds)))
                mailer.ehlo()
                is_secure = True
            if channel.secret:
                if not is_secure:
                    raise NoticeError(f"{channel.name}: a password is not sent without TLS")
                user = unquote(parts.username or channel.sender)
                mailer.login(user, resolve(channel.secret))
            mailer.send_message(mail_of(channel, post))
            mailer.putcmd("quit")  # it was taken: what is said afterwards changes nothing


def mail_of(channel: Channel, post: Mailing) -> EmailMessage:
    """The message. Its id is the notice's key, so one that comes twice is known to be the same."""
    cause, letter = post.notice.cause, post.letter
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = channel.sender, post.notice.step.to, letter.title
    mail["Date"] = format_datetime(datetime.fromtimestamp(post.now, UTC))
    mail["Message-ID"] = f"<{post.notice.key}@cheget.invalid>"
    if cause.order:
        mail["References"] = f"<{cause.order}@cheget.invalid>"  # one conversation an order
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.body + "\n")
    return mail


def _apprise(channel: Channel, address: str, post: Mailing, seconds: float) -> None:
    try:
        import apprise  # noqa: PLC0415 - an extra's
    except ModuleNotFoundError:
        raise NoticeError(
            f"{channel.name} needs apprise", hint="pip install 'cheget[notify]'"
        ) from None
    asset = apprise.AppriseAsset(
        app_id="cheget", http_redirects=False, async_mode=False, secure_logging=True,
        interpret_escapes=False, interpret_emojis=False, plugin_paths=[],
    )  # fmt: skip
    told = apprise.Apprise(asset=asset)
    url = address.replace("{to}", quote(post.notice.step.to, safe=""))
    url += ("&" if "?" in url else "?") + f"cto={seconds / 4:g}&rto={seconds / 2:g}"
    if not told.add(url):
        raise NoticeError(f"{channel.name}: no address that apprise knows")
    said: list[bool] = []

    def notify() -> None:
        with suppress(Exception):  # whatever a plugin raises may hold its address
            said.append(bool(told.notify(
                title=post.letter.title, body=post.letter.body,
                body_format=apprise.NotifyFormat.TEXT,
            )))  # fmt: skip

    # Its timeouts end one wait each; nobody waits longer than for the other ways.
    sending = threading.Thread(target=notify, daemon=True)
    sending.start()
    sending.join(seconds)
    if said != [True]:
        why = f"took over {seconds:g} s" if sending.is_alive() else "could not deliver it"
        raise NoticeError(f"{channel.name}: apprise {why}")


_WAYS: dict[str, Callable[[Channel, str, Mailing, float], None]] = {
    "webhook": _webhook, "mail": _mail, "apprise": _apprise,
}  # fmt: skip


def _encrypted(plain: socket.socket, host: str, holds: _Holds) -> ssl.SSLSocket:
    made = ssl.create_default_context().wrap_socket(
        plain, server_hostname=host, do_handshake_on_connect=False
    )
    holds(made)  # before the handshake, which may be slow on purpose
    made.do_handshake()
    return made


@dataclass(frozen=True)
class _Encrypting:
    """What smtplib asks for TLS."""

    holds: _Holds

    def wrap_socket(self, plain: socket.socket, server_hostname: str) -> ssl.SSLSocket:
        return _encrypted(plain, server_hostname, self.holds)


@contextmanager
def _ended(seconds: float) -> Iterator[_Holds]:
    """Sockets that are held within are cut after so many seconds, and closed in the end.

    A timeout of a socket ends one wait; a server that says a byte now and then meets none.
    """
    held: list[socket.socket] = []
    over = threading.Event()

    def cut() -> None:
        over.set()
        for one in held:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def hold(one: socket.socket) -> socket.socket:
        held.append(one)
        return one

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield hold
        if over.is_set():  # a line that was cut can look like the end of an answer
            raise TimeoutError
    except (OSError, ValueError, http.client.HTTPException, smtplib.SMTPException):
        if over.is_set():
            raise TimeoutError(f"no end within {seconds:g} s") from None
        raise
    finally:
        timer.cancel()
        for one in held:
            one.close()


def _plain(error: Exception) -> str:
    """What went wrong in a line, whatever the other side said."""
    said = str(error)
    if isinstance(error, smtplib.SMTPResponseException):
        said = f"answered {error.smtp_code}"
    elif isinstance(error, smtplib.SMTPRecipientsRefused):
        said = "the recipient was refused"
    elif isinstance(error, OSError) and error.strerror and not isinstance(error, ssl.SSLError):
        said = error.strerror
    flat = "".join(c if c.isprintable() else " " for c in said)
    return " ".join(flat.split())[:_SHOWN] or type(error).__name__
