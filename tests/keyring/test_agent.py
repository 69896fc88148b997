import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cheget.errors import KeyFileError
from cheget.keyring.agent import AgentSigner, identities
from cheget.keyring.keyfile import generate, write
from cheget.keyring.signer import SshKeySigner
from cheget.order import sshsig
from cheget.order.keys import PublicKey, sk_public_key, verify

PLAIN = generate(bytes(range(32)))
SIGNER = SshKeySigner(PLAIN.private)
SK = sk_public_key(PLAIN.public.key)
# On the machine that builds cheget the agent has to be there; elsewhere it may be missing.
needs_agent = pytest.mark.skipif(
    not shutil.which("ssh-agent") and "CI" not in os.environ, reason="needs ssh-agent"
)


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[str]:
    """A real ssh-agent that holds one key, on a socket of its own."""
    path = str(tmp_path / "agent")
    with subprocess.Popen(
        ["ssh-agent", "-D", "-a", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            write(tmp_path / "key", PLAIN, None)
            environment = {**os.environ, "SSH_AUTH_SOCK": path}
            subprocess.run(
                ["ssh-add", "-q", tmp_path / "key"],
                check=True, env=environment, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            yield path
        finally:
            process.terminate()


@needs_agent
def test_an_agent_lists_and_signs_what_the_roster_verifies(
    agent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (found,) = identities(agent)
    assert found.public == SIGNER.public
    blob = AgentSigner(found.public, agent).sign(b"order")
    verify(found.public, b"order", blob)
    assert blob == SIGNER.sign(b"order")
    monkeypatch.setenv("SSH_AUTH_SOCK", agent)
    assert identities() == (found,)
    assert AgentSigner(found.public).sign(b"order") == blob


@needs_agent
def test_an_agent_without_the_key_refuses(agent: str) -> None:
    other = PublicKey("sshsig-ed25519", generate(bytes(32)).public.key)
    with pytest.raises(KeyFileError, match="the SSH agent refused") as caught:
        AgentSigner(other, agent).sign(b"order")
    assert "ssh-add -l" in caught.value.hint


def test_no_agent_is_said_with_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with pytest.raises(KeyFileError, match="SSH_AUTH_SOCK is not set") as caught:
        identities()
    assert "ssh-agent" in caught.value.hint
    with pytest.raises(KeyFileError, match=r"no SSH agent at .*: No such file"):
        identities(str(tmp_path / "none"))


def test_an_agent_does_not_sign_by_a_plain_scheme() -> None:
    with pytest.raises(KeyFileError, match="scheme ed25519"):
        AgentSigner(PLAIN.public, "x")


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Callable[[bytes], str]]:
    """An agent that gives one answer, whatever it is asked."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    path = str(tmp_path / "played")
    server.bind(path)
    server.listen(1)
    threads = []

    def answer(data: bytes) -> str:
        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(data)

        threads.append(threading.Thread(target=serve))
        threads[-1].start()
        return path

    yield answer
    for thread in threads:
        thread.join(5)
    server.close()


def answered(kind: int, body: bytes) -> bytes:
    return sshsig.string(bytes([kind]) + body)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "hung up"),
        (b"\0\0", "hung up"),
        (b"\0\0\0\0", "answers with 0 bytes"),
        (b"\xff\xff\xff\xff", "answers with 4294967295 bytes"),
        (b"\0\0\0\5\x0c", "hung up"),
        (answered(5, b""), "refused"),
        (answered(6, b""), "type 6, not 12"),
        (answered(12, b"\0\0\xff\xff"), "offers 65535 keys"),
        (answered(12, b"\0\0\0\2" + sshsig.string(b"x") + sshsig.string(b"y")), "cut short"),
        (answered(12, b"\0\0\0\1\0\0\0\x09"), "cut short"),
    ],
)
def test_an_answer_that_is_none_is_an_error(
    play: Callable[[bytes], str], data: bytes, reason: str
) -> None:
    with pytest.raises(KeyFileError, match=reason):
        identities(play(data))


def test_keys_of_other_types_are_passed_over(play: Callable[[bytes], str]) -> None:
    offered = [
        (sshsig.string(b"ssh-rsa") + sshsig.string(b"\3"), b"old"),
        (SK.ssh_form, b"touch \xff"),
        (SIGNER.public.ssh_form + b"\0", b"too long"),
        (sk_form_of_a_web_site(), b"passkey"),
    ]
    body = len(offered).to_bytes(4, "big")
    for form, comment in offered:
        body += sshsig.string(form) + sshsig.string(comment)
    (found,) = identities(play(answered(12, body)))
    assert found.public == SK
    assert found.comment == "touch \ufffd"


def sk_form_of_a_web_site() -> bytes:
    return SK.ssh_form[:-8] + sshsig.string(b"example.org")


def sk_signature(flags: int) -> bytes:
    data = sshsig.sk_to_be_signed(b"ssh:", flags, 3, sshsig.to_be_signed(b"order"))
    raw = PLAIN.private.sign(data)
    return (
        sshsig.string(sshsig.SK_ED25519)
        + sshsig.string(raw)
        + bytes([flags])
        + (3).to_bytes(4, "big")
    )


def test_a_security_key_signs_through_its_agent(play: Callable[[bytes], str]) -> None:
    path = play(answered(14, sshsig.string(sk_signature(5))))
    verify(SK, b"order", AgentSigner(SK, path).sign(b"order"))


def test_a_security_key_that_did_not_ask_who_touches_it_is_refused_here_already(
    play: Callable[[bytes], str],
) -> None:
    path = play(answered(14, sshsig.string(sk_signature(1))))
    with pytest.raises(KeyFileError, match="did not check presence and its user") as caught:
        AgentSigner(SK, path).sign(b"order")
    assert "verify-required" in caught.value.hint


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "of no use"),
        (sshsig.string(bytes(64)), "of no use"),
        (sshsig.string(sk_signature(5)) + b"\0", "bytes after its end"),
    ],
)
def test_a_signature_that_is_none_goes_no_further(
    play: Callable[[bytes], str], body: bytes, reason: str
) -> None:
    with pytest.raises(KeyFileError, match=reason):
        AgentSigner(SK, play(answered(14, body))).sign(b"order")


def test_a_silent_agent_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cheget.keyring.agent.TIMEOUT_SECONDS", 0.05)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(tmp_path / "silent"))
        server.listen(1)
        with pytest.raises(KeyFileError, match="was silent"):
            identities(str(tmp_path / "silent"))
