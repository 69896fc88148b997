"""Channels against real servers: what arrives, by which key, and what is never said."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
from pathlib import Path

import pytest

from certificate import certificate
from cheget.errors import NoticeError
from cheget.order.documents import order_name
from cheget.service.notices.sending import send, signature
from cheget.service.notices.settings import Channel
from notices.samples import SECRET, post
from notified import boxed, hooked


def test_a_webhook_is_signed_as_its_specification_says() -> None:
    """The example of the Standard Webhooks specification."""
    body = b'{"test": 2432232314}'
    found = signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_webhook_gets_the_order_the_words_and_a_link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", SECRET)
    sent = post()
    with hooked() as hook:
        send(Channel("hook", "webhook", hook.url, "env:HOOK"), sent)
    (path, headers, body), (value,) = hook.asked[0], hook.values
    assert path == "/hook"
    assert headers["webhook-id"] == headers["idempotency-key"] == sent.notice.key == value["id"]
    signed = f"{sent.notice.key}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    mac = hmac.new(key, signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(mac).decode()}"
    assert value["link"] == f"https://house.example.com/orders/{sent.notice.cause.order}"
    assert value["words"] == order_name(sent.notice.cause.order)
    assert value["whom"] == "bob"
    assert "untrusted" not in value


def test_a_webhook_over_tls_is_believed_by_its_certificate_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", SECRET)
    certificate(tmp_path)
    with hooked(tmp_path) as hook:
        channel = Channel("hook", "webhook", hook.url.replace("http:", "https:"), "env:HOOK")
        with pytest.raises(NoticeError, match="certificate verify failed"):
            send(channel, post())
        assert hook.asked == []
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        send(channel, post())
    assert len(hook.asked) == 1


@pytest.mark.parametrize("status", [400, 410, 429, 500, 503])
def test_only_a_yes_is_delivered(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", SECRET)
    with hooked() as hook:
        hook.answer = lambda request: request.send_error(status)
        with pytest.raises(NoticeError, match=f"answered {status}"):
            send(Channel("hook", "webhook", hook.url, "env:HOOK"), post())


@pytest.mark.parametrize(
    ("secret", "said"),
    [("", "holds nothing"), ("short", "shorter than 24"), ("whsec_*", "is not base64")],
)
def test_a_webhook_without_a_real_secret_is_not_sent(
    secret: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", secret)
    with hooked() as hook:
        with pytest.raises(NoticeError, match=said):
            send(Channel("hook", "webhook", hook.url, "env:HOOK"), post())
        assert hook.asked == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # it is all in TLS, of which it knows nothing
@pytest.mark.parametrize("implicit", [False, True])
def test_mail_goes_over_tls_with_a_password_from_a_file(
    implicit: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    (tmp_path / "password").write_text("hunter2\n")
    sent = post()
    with boxed(tmp_path, implicit=implicit, password="hunter2") as box:
        scheme = "smtps" if implicit else "smtp"
        channel = Channel("mail", "mail", f"{scheme}://desk@localhost:{box.port}",
                          f"file:{tmp_path}/password", "desk@example.com")  # fmt: skip
        send(channel, sent)
    assert box.logins == [(b"desk", b"hunter2")]
    (mail,) = box.mails
    assert box.recipients == [["bob@example.com"]]
    assert mail["From"] == "desk@example.com"
    assert mail["Message-ID"] == f"<{sent.notice.key}@cheget.invalid>"
    assert mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_content()
    assert order_name(sent.notice.cause.order) in text
    assert f"https://house.example.com/orders/{sent.notice.cause.order}" in text
    assert mail.get_content_type() == "text/plain"


def test_mail_is_never_sent_by_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    certificate(tmp_path)
    with boxed(tmp_path) as box:
        channel = Channel("mail", "mail", f"smtp://localhost:{box.port}", "", "desk@example.com")
        with pytest.raises(NoticeError, match="certificate verify failed"):
            send(channel, post())
        assert box.raw == []


def test_a_password_is_never_sent_without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL", "hunter2")
    with boxed() as box:
        address = f"smtp://desk@localhost:{box.port}"
        with pytest.raises(NoticeError, match="not sent without TLS"):
            send(Channel("mail", "mail", address, "env:MAIL", "desk@example.com"), post())
        send(Channel("mail", "mail", address, "", "desk@example.com"), post())
    assert (box.logins, len(box.raw)) == ([], 1)


def test_what_a_mail_server_says_when_it_refuses_is_not_repeated() -> None:
    with boxed() as box:
        box.refuses = "550 <script>hunter2</script>"
        channel = Channel("mail", "mail", f"smtp://localhost:{box.port}", "", "desk@example.com")
        with pytest.raises(NoticeError, match=r"mail: answered 550$"):
            send(channel, post())


def test_a_chat_is_reached_by_apprise(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = post(to="b/ob")
    with hooked() as hook:
        monkeypatch.setenv("CHAT", f"json://localhost:{hook.port}/{{to}}")
        send(Channel("chat", "apprise", "env:CHAT"), sent)
    (path, _, body) = hook.asked[0]
    assert path.rstrip("/") == "/b%2Fob"
    value = json.loads(body)
    assert order_name(sent.notice.cause.order) in value["title"]
    assert f"/orders/{sent.notice.cause.order}" in value["message"]


def test_a_chat_that_is_away_or_unknown_is_said_without_its_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for address in ("json://localhost:9/hunter2", "nonsense://hunter2", "hunter2"):
        monkeypatch.setenv("CHAT", address)
        with pytest.raises(NoticeError) as caught:
            send(Channel("chat", "apprise", "env:CHAT"), post(), seconds=2)
        assert "hunter2" not in str(caught.value)


def test_without_its_extra_a_chat_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT", "json://localhost:9")
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(NoticeError, match="needs apprise") as caught:
        send(Channel("chat", "apprise", "env:CHAT"), post())
    assert caught.value.hint == "pip install 'cheget[notify]'"
