import base64
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from cheget.errors import KeyFileError, WrongPassphraseError
from cheget.keyring.keyfile import KDF_ROUNDS, generate, read, write
from cheget.keyring.publicline import public_line, read_public
from cheget.keyring.signer import Ed25519Signer, SshKeySigner
from cheget.order import sshsig
from cheget.order.keys import PublicKey, sk_public_key, verify

SIGNER = generate(bytes(range(32)))
needs_ssh = pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="needs ssh-keygen")


def keygen(path: Path, *arguments: str) -> Path:
    command = ["ssh-keygen", "-q", "-N", "", "-f", path, *arguments]
    subprocess.run(command, check=True)
    return path


def never() -> bytes:
    raise AssertionError("no passphrase is needed")


def test_a_key_in_the_clear_survives_its_file(tmp_path: Path) -> None:
    write(tmp_path / "key", SIGNER, None)
    found = read(tmp_path / "key", never)
    assert isinstance(found, Ed25519Signer)
    assert found.public == SIGNER.public
    verify(SIGNER.public, b"order", found.sign(b"order"))


def test_a_key_with_a_passphrase_survives_its_file_and_opens_with_no_other(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write(path, SIGNER, "pässphrase".encode())
    assert read(path, "pässphrase".encode).public == SIGNER.public
    with pytest.raises(WrongPassphraseError, match="does not open"):
        read(path, lambda: b"wrong")
    with pytest.raises(WrongPassphraseError, match="empty"):
        read(path, lambda: b"")
    with pytest.raises(KeyFileError, match="needs its passphrase"):
        read(path)


def test_the_passphrase_is_stretched_as_often_as_said(tmp_path: Path) -> None:
    write(tmp_path / "key", SIGNER, b"secret")
    body = base64.b64decode("".join((tmp_path / "key").read_text().splitlines()[1:-1]))
    assert b"bcrypt" in body
    assert KDF_ROUNDS.to_bytes(4, "big") in body


def test_the_roster_says_how_a_key_file_signs(tmp_path: Path) -> None:
    write(tmp_path / "key", SIGNER, None)
    found = read(tmp_path / "key", scheme="sshsig-ed25519")
    assert isinstance(found, SshKeySigner)
    assert found.public == PublicKey("sshsig-ed25519", SIGNER.public.key)
    verify(found.public, b"order", found.sign(b"order"))
    with pytest.raises(ValueError, match="no key file signs"):
        read(tmp_path / "key", scheme="sshsig-sk-ed25519")


def test_a_key_file_is_its_owners_only_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write(path, SIGNER, None, "ann's laptop")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    with pytest.raises(KeyFileError, match="never overwritten"):
        write(path, generate(bytes(32)), None)
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["key", "key.pub"]


def test_a_public_half_or_a_dangling_link_in_the_way_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "key.pub").write_text("mine")
    with pytest.raises(KeyFileError, match=r"key\.pub exists already"):
        write(tmp_path / "key", SIGNER, None)
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(KeyFileError, match="link exists already"):
        write(tmp_path / "link", SIGNER, None)
    assert not (tmp_path / "key").exists()


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot be written: No such file"):
        write(tmp_path / "none" / "key", SIGNER, None)
    with pytest.raises(KeyFileError, match="cannot be read: No such file"):
        read(tmp_path / "none")
    with pytest.raises(KeyFileError, match="cannot be read"):
        read(tmp_path)


def test_an_empty_passphrase_and_a_wrong_amount_of_entropy_are_mistakes(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="empty passphrase"):
        write(tmp_path / "key", SIGNER, b"")
    with pytest.raises(ValueError, match="32 random bytes"):
        generate(bytes(31))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_can_read_is_not_read(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key"
    write(path, SIGNER, None)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match="read by others") as caught:
        read(path)
    assert caught.value.hint == f"chmod 600 {path}"


def private_file(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not an OpenSSH private key"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "not an OpenSSH"),
        (b"x" * 20_000, "more than 16384 bytes"),
        (
            b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
            "not an OpenSSH",
        ),
        (
            b"-----BEGIN OPENSSH PRIVATE KEY-----\n"
            + base64.b64encode(b"openssh-key-v1\0\0\0")
            + b"\n-----END OPENSSH PRIVATE KEY-----\n",
            "damaged",
        ),
        (
            b"-----BEGIN OPENSSH PRIVATE KEY-----\nA\n-----END OPENSSH PRIVATE KEY-----\n",
            "damaged",
        ),
    ],
)
def test_what_is_no_key_file_is_said_to_be_none(tmp_path: Path, data: bytes, reason: str) -> None:
    with pytest.raises(KeyFileError, match=reason):
        read(private_file(tmp_path / "key", data))


def test_a_damaged_key_is_never_a_key(tmp_path: Path) -> None:
    write(tmp_path / "key", SIGNER, None)
    lines = (tmp_path / "key").read_bytes().splitlines()
    body = base64.b64decode(b"".join(lines[1:-1]))
    for place in range(len(body)):
        changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        armored = b"\n".join([lines[0], base64.b64encode(changed), lines[-1], b""])
        with pytest.raises(KeyFileError):
            read(private_file(tmp_path / "changed", armored))


def test_a_file_that_asks_for_days_of_hashing_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "key", SIGNER, b"secret")
    lines = (tmp_path / "key").read_bytes().splitlines()
    body = base64.b64decode(b"".join(lines[1:-1]))
    many = body.replace(KDF_ROUNDS.to_bytes(4, "big"), b"\x7f\xff\xff\xff", 1)
    armored = b"\n".join([lines[0], base64.b64encode(many), lines[-1], b""])
    with pytest.raises(KeyFileError, match="asks for 2147483647 rounds"):
        read(private_file(tmp_path / "many", armored), never)


@needs_ssh
def test_ssh_keygen_reads_what_is_written_here(tmp_path: Path) -> None:
    write(tmp_path / "key", SIGNER, b"secret", "ann's laptop")
    shown = subprocess.run(
        ["ssh-keygen", "-y", "-P", "secret", "-f", tmp_path / "key"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    written = (tmp_path / "key.pub").read_text()
    assert written.split()[:2] == shown.split()[:2]
    assert written.endswith(" ann's laptop\n")


@needs_ssh
def test_a_key_by_ssh_keygen_is_read_here(tmp_path: Path) -> None:
    plain = keygen(tmp_path / "plain", "-t", "ed25519")
    assert read(plain).public == read_public(tmp_path / "plain.pub", scheme="ed25519")
    locked = tmp_path / "locked"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", locked], check=True)
    assert read(locked, lambda: b"secret").public == read_public(
        tmp_path / "locked.pub", scheme="ed25519"
    )


@needs_ssh
@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_a_key_of_another_type_is_refused_with_advice(tmp_path: Path, kind: str) -> None:
    path = keygen(tmp_path / "key", "-t", kind)
    with pytest.raises(KeyFileError, match=kind) as caught:
        read(path)
    assert "ssh-keygen -t ed25519" in caught.value.hint
    with pytest.raises(KeyFileError, match=kind):
        read_public(tmp_path / "key.pub")


def test_the_handle_of_a_security_key_belongs_into_an_agent(tmp_path: Path) -> None:
    form = sk_public_key(SIGNER.public.key).ssh_form
    parts = (b"none", b"none", b"")
    body = b"openssh-key-v1\0" + b"".join(map(sshsig.string, parts)) + b"\0\0\0\1"
    body += sshsig.string(form) + sshsig.string(b"")
    armored = (
        b"-----BEGIN OPENSSH PRIVATE KEY-----\n"
        + base64.b64encode(body)
        + b"\n-----END OPENSSH PRIVATE KEY-----\n"
    )
    with pytest.raises(KeyFileError, match="security key") as caught:
        read(private_file(tmp_path / "key", armored))
    assert caught.value.hint.startswith("ssh-add ")


@pytest.mark.parametrize("comment", ["", "ann", "ann at home"])
def test_a_public_line_says_the_key(comment: str, tmp_path: Path) -> None:
    for public in (
        PublicKey("sshsig-ed25519", SIGNER.public.key),
        sk_public_key(SIGNER.public.key, b"ssh:cheget"),
    ):
        line = public_line(public, comment)
        assert read_public(line) == public
        (tmp_path / "key.pub").write_text(line + "\n")
        assert read_public(tmp_path / "key.pub") == public


def test_a_comment_stays_on_its_line() -> None:
    with pytest.raises(ValueError, match="comment"):
        public_line(SIGNER.public, "a\nssh-ed25519 b")


GOOD = public_line(SIGNER.public)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "one line"),
        ("ssh-ed25519", "one line"),
        (GOOD + "\n" + GOOD, "one line"),
        (GOOD + " " + "x" * 5000, "one line"),
        ('command="x" ' + GOOD, "type"),
        ("ssh-ed25519-cert-v01@openssh.com AAAA", "type"),
        ("ssh-ed25519 !!!!", "base64"),
        ("ssh-ed25519 \u00e9\u00e9\u00e9\u00e9", "base64"),
        ("ssh-ed25519 AAAA", "not a public key of type"),
        (GOOD + "AAAA", "not a public key of type|base64"),
        (GOOD.replace("ssh-ed25519", "sk-ssh-ed25519@openssh.com"), "not a public key of type"),
    ],
)
def test_a_line_that_says_no_key_is_refused(text: str, reason: str) -> None:
    with pytest.raises(KeyFileError, match=reason):
        read_public(text)


def test_an_unsound_key_is_not_read() -> None:
    with pytest.raises(KeyFileError, match="small order"):
        read_public(public_line(PublicKey("ed25519", bytes(32))))


def test_a_public_file_that_is_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot be read"):
        read_public(tmp_path / "none.pub")
    (tmp_path / "binary.pub").write_bytes(b"\xff\xfe")
    with pytest.raises(KeyFileError, match="not a public key"):
        read_public(tmp_path / "binary.pub")
    with pytest.raises(ValueError, match="scheme"):
        read_public(GOOD, scheme="sshsig-sk-ed25519")


def test_a_key_that_is_not_a_file_is_not_read() -> None:
    with pytest.raises(KeyFileError, match="is not a file"):
        read(Path(os.devnull))


def test_of_two_who_write_one_file_at_once_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "key", SIGNER, None)
    before = (tmp_path / "key").read_bytes()
    monkeypatch.setattr(os.path, "lexists", lambda _: False)
    with pytest.raises(KeyFileError, match="never overwritten"):
        write(tmp_path / "key", generate(bytes(32)), None)
    assert (tmp_path / "key").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["key", "key.pub"]
