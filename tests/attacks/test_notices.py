"""Attacks on and through notices: by texts, by whoever answers, and by where they lead."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler

import pytest

from cheget.errors import NoticeError
from cheget.service.notices import places
from cheget.service.notices.sending import mail_of, send
from cheget.service.notices.settings import Channel
from cheget.service.notices.wording import harmless
from notices.samples import SECRET, post
from notified import boxed, hooked

EVIL = (
    "ok\r\nBcc: all@example.com\r\nSubject: \x00 forged\n\n<a href='https://evil.example'>Concur</a>"
    " \u202e\u2028 @everyone <!channel> [here](https://evil.example) `x` \x1b[31m" + "A" * 5000
)


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", SECRET)


def test_a_reason_adds_no_header_no_recipient_and_no_link_to_a_mail() -> None:
    with boxed() as box:
        channel = Channel("mail", "mail", f"smtp://localhost:{box.port}", "", "desk@example.com")
        send(channel, post(told=(("reason", EVIL), ("EVIL\r\nX: y", "v"))))
    (mail,) = box.mails
    assert box.recipients == [["bob@example.com"]]
    assert set(mail.keys()) - {"X-Peer", "X-MailFrom", "X-RcptTo"} == {
        "From", "To", "Subject", "Date", "Message-ID", "References", "Auto-Submitted",
        "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
    }  # fmt: skip
    assert "forged" not in str(mail["Subject"])
    text = mail.get_content()
    line = next(one for one in text.splitlines() if "Bcc" in one)
    assert line.startswith("  reason: ok Bcc: all·example.com")
    assert not {"\x00", "\x1b", "\u202e", "<", "`", "[", "@"} & set(line)
    assert text.count("://") == 1  # the house's own
    assert len(text) < 1500


@pytest.mark.parametrize("to", ["x@example.com\r\nBcc: y@example.com", "x@example.com\nX: y"])
def test_a_recipient_with_a_line_break_sends_nothing(to: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        mail_of(Channel("mail", "mail", "smtp://localhost", "", "desk@example.com"), post(to=to))


def test_text_that_came_from_outside_is_one_harmless_line() -> None:
    found = harmless(EVIL)
    assert "\n" not in found
    assert "://" not in found
    assert len(found) == 300
    assert harmless("plain ünïcode, ticket #1182 (50%)") == "plain ünïcode, ticket #1182 (50%)"


def test_no_reason_and_no_parameter_leaks_unless_it_was_configured() -> None:
    sent = post()
    with hooked() as hook, boxed() as box:
        send(Channel("hook", "webhook", hook.url, "env:HOOK"), sent)
        send(Channel("mail", "mail", f"smtp://localhost:{box.port}", "", "d@example.com"), sent)
    everything = hook.asked[0][2] + box.raw[0]
    assert b"reason" not in everything
    assert b"parameter" not in everything
    for means in (b"concur ORDER", b"/concur", b"token", b"secret", b"whsec"):
        assert means not in everything


def test_a_webhook_is_never_led_elsewhere() -> None:
    with hooked() as other, hooked() as hook:

        def redirect(request: BaseHTTPRequestHandler) -> None:
            request.send_response(307)
            request.send_header("Location", other.url)
            request.end_headers()

        hook.answer = redirect
        with pytest.raises(NoticeError, match="answered 307; redirects are not followed"):
            send(Channel("hook", "webhook", hook.url, "env:HOOK"), post())
        assert other.asked == []


def test_a_chat_is_never_led_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    with hooked() as other, hooked() as hook:

        def redirect(request: BaseHTTPRequestHandler) -> None:
            request.send_response(307)
            request.send_header("Location", other.url)
            request.end_headers()

        hook.answer = redirect
        monkeypatch.setenv("CHAT", f"json://localhost:{hook.port}/")
        with pytest.raises(NoticeError, match="could not deliver"):
            send(Channel("chat", "apprise", "env:CHAT"), post())
        assert (len(hook.asked), other.asked) == (1, [])


@pytest.mark.parametrize(
    "where",
    ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "fd00:ec2::254", "100.100.100.200",
     "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1",
     "0.0.0.0", "::", "224.0.0.1"],  # noqa: S104
)  # fmt: skip
@pytest.mark.parametrize("means", ["webhook", "mail"])
def test_nobody_is_notified_where_clouds_keep_credentials(
    where: str, means: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By address, and by a name that leads there."""

    def resolved(*_: object, **__: object) -> list[object]:
        return [(2, 1, 6, "", (where, 443))]

    monkeypatch.setattr(places.socket, "getaddrinfo", resolved)
    address = "https://innocent.example" if means == "webhook" else "smtps://innocent.example"
    channel = Channel("x", means, address, "env:HOOK", "d@example.com")  # type: ignore[arg-type]
    with pytest.raises(NoticeError, match="nobody receives notices there"):
        send(channel, post())


@pytest.mark.parametrize("address", ["http://169.254.169.254/", "https://x/#f", "file:///etc/x",
                                     "https://u:p@example.com"])  # fmt: skip
def test_an_address_in_a_file_is_looked_at_as_one_in_the_settings(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHERE", address)
    with pytest.raises(NoticeError, match="the address of hook is"):
        send(Channel("hook", "webhook", "env:WHERE", "env:HOOK"), post())


def test_an_answer_without_end_is_not_read() -> None:
    with hooked() as hook:

        def endless(request: BaseHTTPRequestHandler) -> None:
            request.send_response(200)
            request.end_headers()
            while True:
                request.wfile.write(b"x" * 65536)

        hook.answer = endless
        send(Channel("hook", "webhook", hook.url, "env:HOOK"), post(), seconds=20)


@pytest.mark.parametrize("part", ["headers", "status"])
def test_a_server_that_says_a_byte_now_and_then_is_left(part: str) -> None:
    with hooked() as hook:

        def dripping(request: BaseHTTPRequestHandler) -> None:
            if part == "headers":
                request.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
            for _ in range(600):
                request.wfile.write(b"H")
                request.wfile.flush()
                time.sleep(0.1)

        hook.answer = dripping
        with pytest.raises(NoticeError, match="no end within 1 s"):
            send(Channel("hook", "webhook", hook.url, "env:HOOK"), post(), seconds=1)


def test_a_chat_that_says_a_byte_now_and_then_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go = threading.Event()
    with hooked() as hook:

        def dripping(request: BaseHTTPRequestHandler) -> None:
            while not let_go.wait(0.1):
                request.wfile.write(b"H")
                request.wfile.flush()

        hook.answer = dripping
        monkeypatch.setenv("CHAT", f"json://localhost:{hook.port}/")
        with pytest.raises(NoticeError, match="took over 1 s"):
            send(Channel("chat", "apprise", "env:CHAT"), post(), seconds=1)
        let_go.set()


def test_headers_without_end_are_refused() -> None:
    with hooked() as hook:

        def endless(request: BaseHTTPRequestHandler) -> None:
            request.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while True:
                request.wfile.write(b"X: y\r\n" * 1000)

        hook.answer = endless
        with pytest.raises(NoticeError, match="more than 100 headers"):
            send(Channel("hook", "webhook", hook.url, "env:HOOK"), post())
