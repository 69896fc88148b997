import shutil
import subprocess
from pathlib import Path

import pytest

from cheget.errors import BadSignatureError
from cheget.keyring.keyfile import generate, read, write
from cheget.keyring.publicline import public_line, read_public
from cheget.keyring.signer import SshKeySigner
from cheget.order import sshsig
from cheget.order.keys import verify
from vectors.make_keys import armor

MESSAGE = b"DSSEv1 1 x 2 {}"
needs_ssh = pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="needs ssh-keygen")


@needs_ssh
def test_what_ssh_keygen_signs_verifies_here(tmp_path: Path) -> None:
    key, message = tmp_path / "key", tmp_path / "message"
    message.write_bytes(MESSAGE)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    subprocess.run(
        ["ssh-keygen", "-q", "-Y", "sign", "-n", "cheget", "-f", key, message], check=True
    )
    blob = unarmored(tmp_path / "message.sig")
    public = read_public(tmp_path / "key.pub")
    verify(public, MESSAGE, blob)
    # Ed25519 draws nothing, so the same key here makes the same bytes.
    signer = read(key, scheme="sshsig-ed25519")
    assert signer.public == public
    assert signer.sign(MESSAGE) == blob


@needs_ssh
def test_what_is_signed_here_verifies_by_ssh_keygen(tmp_path: Path) -> None:
    signer = SshKeySigner(generate(bytes(range(32))).private)
    (tmp_path / "allowed").write_text(f"ann {public_line(signer.public)}\n")
    (tmp_path / "sig").write_bytes(armor(signer.sign(MESSAGE)))
    command = ["ssh-keygen", "-Y", "verify", "-f", tmp_path / "allowed", "-I", "ann"]
    command += ["-n", "cheget", "-s", tmp_path / "sig"]
    done = subprocess.run(command, input=MESSAGE, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    other = subprocess.run(command, input=MESSAGE + b" ", capture_output=True, check=False)
    assert other.returncode != 0


@needs_ssh
def test_a_signature_for_another_ssh_namespace_is_refused(tmp_path: Path) -> None:
    key, message = tmp_path / "key", tmp_path / "message"
    message.write_bytes(MESSAGE)
    write(key, generate(bytes(32)), None)
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-n", "git", "-f", key, message], check=True)
    with pytest.raises(BadSignatureError, match="for the namespace b'git'"):
        verify(read_public(tmp_path / "key.pub"), MESSAGE, unarmored(tmp_path / "message.sig"))


def unarmored(path: Path) -> bytes:
    import base64

    return base64.b64decode("".join(path.read_text().splitlines()[1:-1]))


def test_a_blob_has_a_cap() -> None:
    with pytest.raises(BadSignatureError, match="at most 2048"):
        sshsig.parse(b"SSHSIG\0\0\0\1" + bytes(4000))


@pytest.mark.parametrize(
    "length", [b"", b"\0\0\0", b"\0\0\0\2", b"\0\0\0\2x", b"\xff\xff\xff\xffx"]
)
def test_a_field_that_ends_too_early_is_refused(length: bytes) -> None:
    with pytest.raises(BadSignatureError, match="ends too early"):
        sshsig.read_string(length, 0)


def test_a_field_is_read_to_its_end_and_no_further() -> None:
    data = sshsig.string(b"one") + sshsig.string(b"") + b"rest"
    assert sshsig.read_string(data, 0) == (b"one", 7)
    assert sshsig.read_string(data, 7) == (b"", 11)
