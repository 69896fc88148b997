"""Secrets: who may read them, and that they stay where they belong."""

from __future__ import annotations

import json
import os
import stat
import time
from pathlib import Path

import pytest
from guarded import NAME, Guarded

from cheget.errors import SecretError
from cheget.executor import secret as module
from cheget.executor.secret import Secret, read_secrets, scrub

VALUE = b"correct horse battery staple"


def a_file(folder: Path, mode: int = 0o400, value: bytes = VALUE) -> Path:
    path = folder / "token"
    path.write_bytes(value + b"\n")
    path.chmod(mode)
    return path


def a_program(folder: Path, script: str) -> Path:
    path = folder / "vault"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    return path


def refused(way: str, place: object) -> str:
    with pytest.raises(SecretError) as found:
        read_secrets({"TOKEN": Secret(way, str(place))})  # type: ignore[arg-type]
    return str(found.value)


@pytest.mark.parametrize("mode", [0o400, 0o600])
def test_a_file_that_only_its_owner_reads_is_a_secret(tmp_path: Path, mode: int) -> None:
    assert read_secrets({"TOKEN": Secret("file", str(a_file(tmp_path, mode)))}) == {"TOKEN": VALUE}


@pytest.mark.parametrize("mode", [0o644, 0o440, 0o404, 0o700, 0o4400])
def test_a_file_that_others_read_is_none(tmp_path: Path, mode: int) -> None:
    assert f"has mode {mode:04o}" in refused("file", a_file(tmp_path, mode))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_of_somebody_else_is_none(tmp_path: Path) -> None:
    path = a_file(tmp_path)
    os.chown(path, 65534, 65534)
    assert "belongs to another user" in refused("file", path)


def test_what_is_no_file_of_its_own_is_none(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(a_file(tmp_path))
    os.mkfifo(tmp_path / "pipe", 0o400)
    assert "symbolic link" in refused("file", tmp_path / "link")
    assert "is no file" in refused("file", tmp_path / "pipe")
    assert "No such file" in refused("file", tmp_path / "missing")


@pytest.mark.parametrize(("value", "says"), [(b"", "is empty"), (b"a\0b", "zero byte")])
def test_what_cannot_be_a_variable_is_no_secret(tmp_path: Path, value: bytes, says: str) -> None:
    assert says in refused("file", a_file(tmp_path, value=value))


def test_a_credential_is_one_that_systemd_gave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert "gave this service no credentials" in refused("systemd", "token")
    a_file(tmp_path, 0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert read_secrets({"TOKEN": Secret("systemd", "token")}) == {"TOKEN": VALUE}


def test_a_vaults_client_prints_one(tmp_path: Path) -> None:
    program = a_program(tmp_path, f"echo noise >&2; echo '{VALUE.decode()}'")
    assert read_secrets({"TOKEN": Secret("command", str(program))}) == {"TOKEN": VALUE}


def test_a_vaults_client_that_fails_tells_nothing_of_what_it_said(tmp_path: Path) -> None:
    program = a_program(tmp_path, f"echo '{VALUE.decode()}'; exit 3")
    said = refused("command", program)
    assert "ended with 3" in said
    assert VALUE.decode() not in said
    assert "No such file" in refused("command", tmp_path / "missing")


def test_a_vaults_client_that_says_too_much_or_takes_too_long_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "over 65,536 bytes" in refused("command", a_program(tmp_path, "yes | head -c 200000"))
    monkeypatch.setattr(module, "VAULT_TIMEOUT", 0.2)
    began = time.monotonic()
    assert "and is dead" in refused("command", a_program(tmp_path, "sleep 60 & sleep 60"))
    assert time.monotonic() - began < 10


def test_output_is_rid_of_secrets_and_of_their_longer_lines() -> None:
    pem = b"-----BEGIN-----\nMC4CAQAwBQYDK2VwBCIEIF\n-----END-----"
    said = b"using " + VALUE + b" and MC4CAQAwBQYDK2VwBCIEIF"
    assert scrub(said, {"A": VALUE, "B": pem}) == b"using [A] and [B]"


SCRIPT = 'echo "$TOKEN" >> "$0.saw"; echo "I was given $TOKEN"; yes x | head -c 65530; env'


def test_no_byte_of_a_secret_is_found_anywhere_but_in_the_act(tmp_path: Path) -> None:
    """Journal, anchor, receipts, the desk's store, what is said: all are searched."""
    act = tmp_path / "act"
    act.write_text(f"#!/bin/sh\n{SCRIPT}\n")
    act.chmod(0o700)
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    one = Guarded(tmp_path / "one")
    one.settings = one.settings.partition("act:")[0] + (
        f"act: {{wipe: {{run: [{act}], probe: [{act}]}}}}\n"
        f"secrets: {{TOKEN: 'file:{a_file(hidden)}'}}\n"
    )
    agent = one.agent()
    order = one.released()
    (taken,) = agent.run_once()
    assert (taken.order, taken.outcome) == (order, "carried-out")
    assert (tmp_path / "act.saw").read_bytes() == VALUE + b"\n"
    kept = agent.journal.of_order(order, "receipt")[0].facts["output"]
    assert "TOKEN=[TOKEN]" in kept
    assert len(kept.encode()) <= 64 * 1024
    agent.journal.close()
    searched = [file for file in (tmp_path / "one").rglob("*") if file.is_file()]
    assert {"journal", "anchor", "desk.sqlite"} <= {file.name for file in searched}
    assert one.handed
    for found in (taken.says.encode(), *one.handed, *(file.read_bytes() for file in searched)):
        assert VALUE not in found
        assert json.dumps(VALUE.decode()).encode() not in found
    assert VALUE.decode() not in str(os.environ)


def test_a_secret_that_cannot_be_read_holds_an_act_up_before_it_has_begun(tmp_path: Path) -> None:
    one = Guarded(tmp_path / "one")
    token = a_file(tmp_path, 0o644)
    one.settings += f"secrets: {{TOKEN: 'file:{token}'}}\n"
    agent = one.agent()
    order = one.released()
    (taken,) = agent.run_once()
    assert taken.outcome == "waiting"
    assert "has mode 0644" in taken.says
    assert not agent.journal.of_order(order, "intent")
    token.chmod(stat.S_IRUSR)
    assert [taken.outcome for taken in agent.run_once()] == ["carried-out"]
    assert one.lines == ["orders"]
    assert agent.executor == NAME
