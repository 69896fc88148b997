"""``docs/sealing.md`` from its ceremony to the act: at the command line, and nowhere in clear."""

from __future__ import annotations

import io
import itertools
import json
import re
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from terminal import Shell, Stage, house

from cheget.cli import sealable
from cheget.errors import HouseError, StoreError
from sealing import IMAGE, SCRIPT, forms
from simulator import SCENARIOS
from test_docs import commands, matches

PAGE = (Path(__file__).parents[2] / "docs" / "sealing.md").read_text()
FIRMWARE = ("ci", "ida", "jon", "kai", "lea", "max", "nia", "oto", "pia")
WIPE = ("ann", "bob", "cho", "dan", "dee", "eve")


def founded(shell: Shell, name: str, executor: str, people: tuple[str, ...]) -> None:
    """A house of a scenario, with everybody's key file, founded; its executor pinned."""
    text = (SCENARIOS / f"{name}.yaml").read_text().replace("    hold: 1h\n", "")
    listed = "".join(f"  {p}: {{name: {p.title()}, machine: {'yes' if p == 'ci' else 'no'}}}\n"
                     for p in people)  # fmt: skip
    house(shell, text, f"house: example\npeople:\n{listed}", people)
    for person in people:
        shell.must("people", "enrol", person, "--key", f"{person}.key")
    shell.must("executor", "new", executor)
    for person in people:
        if person != "ci":
            shell.must("people", "found", "--key", f"{person}.key", "--yes")
    shell.must("executor", "pin", executor, "--charter", shell.charter)


@pytest.fixture
def shell(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    (tmp_path / "house").mkdir()
    return stage.at("empty", tmp_path / "house", monkeypatch)


def everything(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file that anybody has written, and every table of the store, row by row."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path), path.read_bytes()
    tables = sqlite3.connect(folder / "desk" / "store.sqlite")
    for (name,) in tables.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        for row in tables.execute(f"SELECT * FROM {name}"):  # noqa: S608 - our own tables
            yield (
                name,
                b" ".join(one if isinstance(one, bytes) else str(one).encode() for one in row),
            )
    tables.close()


def test_a_signing_key_that_was_made_sealed_signs_and_is_in_no_file_table_or_answer(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    founded(shell, "release-firmware", "signer", FIRMWARE)
    made: list[bytes] = []
    make = sealable._signing_key
    monkeypatch.setattr(sealable, "_signing_key", lambda: (made.extend(pair := make()), pair)[1])
    here = shell.here
    (here.parent / "sign.py").write_text(SCRIPT)
    settings = here / "executors" / "signer" / "executor.yaml"
    run = f'[{sys.executable}, {here.parent}/sign.py, "{{image}}", {here}/signature, "{{version}}"]'
    text = settings.read_text().replace("guard: wrapper", "guard: sealed")
    acts = f"secrets: {{SIGNING_KEY: seal}}\nact: {{beta: {{run: {run}}}}}"
    text = re.sub(r"^act: .*$", lambda _: acts, text, flags=re.MULTILINE)
    settings.write_text(re.sub(r"^at: .*$", "at: [../..]", text, flags=re.MULTILINE))
    (here / "image").write_bytes(IMAGE)
    answers: list[str] = []

    def step(*words: str) -> None:
        answers.extend(shell.run(*words))
        assert shell.status == 0, answers[-1]
        wanted = forms(made[0])
        found = [*everything(here), *((words[0], one.encode()) for one in answers)]
        assert len(found) > 60
        for where, data in found:
            assert not [one for one in wanted if one in data], where

    step("seal", "signer", "--generate", "SIGNING_KEY=ed25519", "--serials", "2",
         "--key", "nia.key", "--yes")  # fmt: skip
    step("order", "transmit", "beta", "image=@image", "version=4.2", "--key", "ci.key", "--yes")
    (order,) = shell.orders
    step("show", order, "--json")
    step("concur", order, "--key", "kai.key", "--yes")
    assert not (here / "signature").exists()
    step("concur", order, "--key", "lea.key", "--yes")
    step("order", "code", order, "--executor", "signer")
    step("log", "export")
    step("executor", "run", "signer", "--once", "--json")
    assert '"carried-out"' in answers[-2]
    public = load_pem_public_key((here / "seals" / "signer" / "SIGNING_KEY.pem").read_bytes())
    public.verify((here / "signature").read_bytes(), IMAGE)  # type: ignore[union-attr, call-arg]
    step("executor", "status", "signer", "--json")
    step("log", "verify", "--json")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "what is sealed?"),
        (["--secret", "KEY"], "KEY: VARIABLE=FILE"),
        (["--secret", "KEY=missing"], "missing: No such file"),
        (["--secret", "KEY=empty"], "the secret KEY is empty"),
        (["--secret", "KEY=nul"], "holds a zero byte"),
        (["--secret", "KEY=large"], "over 65,536 bytes"),
        (["--secret", "PATH=token"], "PATH: a variable in capitals, each once"),
        (["--secret", "KEY=token", "--generate", "KEY"], "KEY: a variable in capitals, each once"),
        (["--generate", "KEY=rsa"], "KEY=rsa: a password, or =ed25519"),
    ],
)
def test_what_is_no_secret_is_not_sealed(
    shell: Shell, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    for name, value in (("empty", b"\n"), ("nul", b"a\0b"), ("large", b"x" * 65_537),
                        ("token", b"x")):  # fmt: skip
        Path(name).write_bytes(value)
    given = tuple(b for a, b in itertools.pairwise(words) if a == "--secret")
    made = tuple(b for a, b in itertools.pairwise(words) if a == "--generate")
    with pytest.raises((click.UsageError, HouseError)) as found:
        sealable.secrets_of(given, made)
    assert says in str(found.value.message)


def test_a_secret_is_read_from_standard_input_without_its_line_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = io.TextIOWrapper(io.BytesIO(b"correct horse\n"))
    monkeypatch.setattr("sys.stdin", given)
    secrets, public = sealable.secrets_of(("KEY=-",), ("OTHER",))
    assert (secrets["KEY"], len(secrets["OTHER"]), public) == (b"correct horse", 43, {})


def test_the_refusal_of_the_page_prints_what_it_shows(shell: Shell) -> None:
    (check, refused), _ = commands(PAGE)
    founded(shell, "wipe-database", "production-db", WIPE)
    out, _ = shell.run(*check.split()[1:])
    assert (shell.status, matches(refused, out.splitlines())) == (1, True), out


def test_the_ceremony_of_the_page_prints_what_it_shows(shell: Shell) -> None:
    _, (seal, sealed) = commands(PAGE)
    founded(shell, "release-firmware", "signer", FIRMWARE)
    out = shell.must(*seal.split()[1:], "--yes")
    assert matches(sealed, out.splitlines()), out


def test_a_program_remembers_to_which_order_it_gave_a_share(shell: Shell) -> None:
    founded(shell, "release-firmware", "signer", FIRMWARE)
    shell.must("seal", "signer", "--generate", "SIGNING_KEY", "--serials", "1", "--key", "nia.key",
               "--yes")  # fmt: skip
    (shell.here / "image").write_bytes(IMAGE)
    shutil.copytree(shell.here / "desk", shell.here / "before")
    beta = ("order", "transmit", "beta", "image=@image", "version=4.2", "--key", "ida.key", "--yes")
    shell.must(*beta)
    given = list((shell.here / "state" / "cheget").glob("*-given/*"))
    assert [one.read_text() for one in given] == shell.orders
    # The store is put back to before that order; the program's own folder isn't.
    shutil.rmtree(shell.here / "desk")
    (shell.here / "before").rename(shell.here / "desk")
    _, err = shell.run(*beta)
    assert shell.status == 1
    assert "signer has no serial left for beta" in err
    assert shell.orders == []
    # Nor by way of an older program's choice: what signs refuses too.
    with pytest.MonkeyPatch.context() as forgetful:
        forgetful.setattr("cheget.keyring.handing.Given.has", lambda *_: False)
        _, err = shell.run(*beta)
    assert shell.status == 1
    assert "serial 1 of signer went to another order" in err


def test_an_amendment_voids_what_was_sealed_and_a_new_ceremony_seals_anew(shell: Shell) -> None:
    founded(shell, "release-firmware", "signer", FIRMWARE)
    sealed = ("seal", "signer", "--generate", "SIGNING_KEY", "--serials", "2", "--yes", "--key")
    shell.must(*sealed, "nia.key")
    (shell.here / "image").write_bytes(IMAGE)
    beta = ("order", "transmit", "beta", "image=@image", "version=4.2", "--key", "ida.key", "--yes")
    shell.must(*beta)
    # A second key for lea, proved and agreed to: her share is dealt to both from now on.
    shell.must("key", "new", "lea2.key", "--no-passphrase")
    shell.must("people", "enrol", "lea", "--key", "lea2.key")
    amendment = json.loads(shell.must("chain", "amend", "--key", "ida.key", "--yes", "--json"))[
        "amendment"
    ]
    for person in ("kai", "lea", "nia", "oto"):
        shell.must("chain", "amend", amendment, "--key", f"{person}.key", "--yes")
    _, err = shell.run(*beta)
    assert shell.status == 1
    assert "no serial left for beta" in err
    assert "a change of the law voids all" in err
    assert " 0 serials left." in shell.must("seal", "signer", "--check")
    assert "serials 3 to 4" in shell.must(*sealed, "nia.key")
    shell.must(*beta)
    for key in ("kai.key", "lea2.key"):
        shell.must("concur", shell.orders[1], "--key", key, "--yes")
    assert "Released." in shell.must("show", shell.orders[1])


def test_a_serial_whose_order_the_desk_did_not_take_is_passed_over(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    founded(shell, "release-firmware", "signer", FIRMWARE)
    shell.must("seal", "signer", "--generate", "SIGNING_KEY", "--serials", "2", "--key", "nia.key",
               "--yes")  # fmt: skip
    (shell.here / "image").write_bytes(IMAGE)
    beta = ("order", "transmit", "beta", "image=@image", "version=4.2", "--key", "ida.key", "--yes")

    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr("cheget.service.desk.Desk.transmit", full)
        shell.run(*beta)
    assert (shell.status, shell.orders) == (2, [])
    out = shell.must(*beta)
    assert "executors    1: signer/2" in out
