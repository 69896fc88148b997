"""Sessions at the command line, as text files: command, exit status, what was said.

A line that begins with ``$`` is a command; what follows is its output, lines of standard error
behind ``!``, and ``[n]`` when the exit status is not 0. What differs from run to run stands as
a placeholder. ``SESSIONS=write`` writes the files anew from what happens.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shlex
import shutil
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cheget.cli import main
from cheget.order.documents import order_name

CHAIN = """\
chain: wipe-database
members: {ann: Ann, bob: Bob, cho: Cho, dee: Dee}
levels:
  - {level: request,  members: [ann, bob, cho], rule: any}
  - {level: team,     members: [ann, bob, cho], rule: any, veto: any}
  - {level: security, members: [dee],           rule: any, for: [wipe]}
executors: {production-db: The production database, reports: {title: Reports, count: 2}}
actions:
  wipe: {executors: [production-db], parameters: {database: {one-of: [orders, billing]}}}
  guarded-wipe: {executors: [production-db], conditions: [in-peril]}
conditions: {in-peril: {title: The state is in peril, attested-by: dee}}
amend: any of team and dee
"""
PEOPLE = """\
house: example
people: {ann: Ann, bob: Bob, cho: Cho, dee: Dee, robot: {machine: yes}}
"""
EVERYBODY = ("ann", "bob", "cho", "dee")


@dataclass
class Shell:
    """Somebody at a terminal that is none, in a folder of their own."""

    here: Path
    status: int = 0

    def run(self, *words: str) -> tuple[str, str]:
        """Run ``cheget`` with these words; what it said on both streams."""
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in "ab")
        argv, sys.argv = sys.argv, ["cheget", *words]
        try:
            with redirect_stdout(out), redirect_stderr(err):
                main.main()
        except SystemExit as done:
            self.status = done.code if isinstance(done.code, int) else 0
        finally:
            sys.argv = argv
        return tuple(one.buffer.getvalue().decode() for one in (out, err))  # type: ignore[return-value]

    def must(self, *words: str) -> str:
        """Run it, and insist on status 0."""
        out, err = self.run(*words)
        assert self.status == 0, err
        return out

    @property
    def charter(self) -> str:
        from cheget.service.house import open_house, open_store

        store = open_store(open_house(self.here))
        try:
            from cheget.order.charter import read_charter

            return read_charter(store.read(lambda tx: tx.charter()) or b"").digest
        finally:
            store.close()

    @property
    def orders(self) -> list[str]:
        return self._digests("order")

    @property
    def amendments(self) -> list[str]:
        return self._digests("amendment")[1:]

    def _digests(self, kind: str) -> list[str]:
        import sqlite3

        place = self.here / "desk" / "store.sqlite"
        if not place.exists():
            return []
        connection = sqlite3.connect(place)
        try:
            rows = connection.execute(
                "SELECT digest FROM entries WHERE kind = ? ORDER BY position", (kind,)
            )
            return [row[0] for row in rows]
        finally:
            connection.close()


def play(shell: Shell, text: str) -> str:
    """The session as it happens now, in the file's form."""
    found: list[str] = []
    for line in text.splitlines():
        if line.startswith("#"):
            found.append(line)
        if not line.startswith("$ "):
            continue
        found.append(line)
        shell.status = 0
        out, err = perform(shell, line[2:])
        found += said(shell, out) + [f"! {one}" for one in said(shell, err)]
        if shell.status:
            found.append(f"[{shell.status}]")
    return "\n".join(found) + "\n"


def perform(shell: Shell, command: str) -> tuple[str, str]:
    """One command: ``cheget …``, perhaps into a file; or an edit that a session needs."""
    if "$CHARTER" in command:
        command = command.replace("$CHARTER", shell.charter)
    for place, order in enumerate(shell.orders):
        command = command.replace(f"$WORDS{place}", order_name(order))
        command = command.replace(f"$ORDER{place}", order)
    for place, amendment in enumerate(shell.amendments):
        command = command.replace(f"$AMENDMENT{place}", amendment)
    invited = shell.here / "invited.json"
    for place, one in enumerate(json.loads(invited.read_text()) if invited.exists() else ()):
        command = command.replace(f"$INVITATION{place}", one["invitation"])
    command = re.sub(r"\$SHA256\(([^)]+)\)", lambda file: _sha256(file[1]), command)
    words = shlex.split(command)
    match words:
        case ["cheget", *rest, ">", file]:
            out, err = shell.run(*rest)
            Path(file).write_text(out)
            return "", err
        case ["cheget", *rest]:
            return shell.run(*rest)
        case ["edit", file, old, new]:
            old, new = (text.replace("\\n", "\n") for text in (old, new))
            assert old in Path(file).read_text(), f"{file} has no {old}"
            Path(file).write_text(Path(file).read_text().replace(old, new, 1))
        case ["write", file, text]:
            Path(file).write_text(text.replace("\\n", "\n"))
        case ["cut", file, size]:
            Path(file).write_bytes(Path(file).read_bytes()[: int(size)])
        case ["set", name, value]:
            os.environ[name] = value
        case ["unset", name]:
            del os.environ[name]
        case _:
            raise AssertionError(f"no command of a session: {command}")
    return "", ""


def _sha256(file: str) -> str:
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


def said(shell: Shell, text: str) -> list[str]:
    """Output with everything that differs from run to run made a placeholder."""
    text = text.replace(str(shell.here), "<here>")
    for place, order in enumerate(shell.orders):
        text = text.replace(order_name(order), f"<words {place}>").replace(
            order, f"<order {place}>"
        )
    for place, one in enumerate(shell.amendments):
        text = text.replace(order_name(one), f"<amendment {place}>")
    for pattern, placeholder in (
        (r'"checkpoint": "[^"]*"', '"checkpoint": "<note>"'),
        (r"\b[0-9a-f]{64}\b", "<digest>"),
        (r"^order  (?:[a-z]+ ){5}[a-z]+(?=   )", "order  <words>"),
        (r"\b[0-9a-f]{32}\b", "<128 bits>"),
        (r"(?:[0-9a-f]{8} ){7}[0-9a-f]{8}", "<digest in groups>"),
        (r"\b[0-9a-f]{16}\b", "<64 bits>"),
        (r"SHA256:[A-Za-z0-9+/]{43}", "<fingerprint>"),
        (r"AAAA[A-Za-z0-9+/]{60,}=*", "<key>"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "<instant>"),
        (r"\b[0-9,]{4,} bytes", "<size>"),
        (r"within (?:1 d|23 h 59 min)", "within <span>"),
        (r"; (?:1 d|23 h 59 min) left", "; <span> left"),
    ):
        text = re.sub(pattern, placeholder, text, flags=re.MULTILINE)
    return [line.rstrip() for line in text.splitlines()]


def house(
    shell: Shell, chain: str = CHAIN, people: str = PEOPLE, keys: tuple[str, ...] = EVERYBODY
) -> None:
    """A folder with a chain and people, and everybody's key."""
    (shell.here / "chains").mkdir()
    (shell.here / "chains" / "wipe-database.yaml").write_text(chain)
    (shell.here / "people.yaml").write_text(people)
    for person in keys:
        shell.must("key", "new", f"{person}.key", "--no-passphrase", "--comment", person)


def enrolled(shell: Shell, *setting: Any) -> None:
    """Everybody enrolled, and the executor."""
    house(shell, *setting)
    for person in (file.stem for file in sorted(shell.here.glob("*.key"))):
        shell.must("people", "enrol", person, "--key", f"{person}.key")
    shell.must("executor", "new", "production-db")
    settings = shell.here / "executors" / "production-db" / "executor.yaml"
    text = re.sub(r"^at: .*$", "at: [../..]", settings.read_text(), flags=re.MULTILINE)
    act = 'act: {wipe: {run: [/bin/echo, "wipes {database}"]}}'
    settings.write_text(text.replace("act: {}", act))


def founded(shell: Shell, *setting: Any) -> None:
    """The charter holds, and the executor pins it."""
    enrolled(shell, *setting)
    for person in EVERYBODY:
        shell.must("people", "found", "--key", f"{person}.key", "--yes")
    shell.must("executor", "pin", "production-db", "--charter", shell.charter)


def released(shell: Shell, *setting: Any) -> None:
    """An order, released."""
    founded(shell, *setting)
    shell.must("order", "transmit", "wipe", "database=orders", "--reason", "ticket 1182",
               "--key", "ann.key", "--yes")  # fmt: skip
    for person in ("bob", "dee"):
        shell.must("concur", shell.orders[0], "--key", f"{person}.key", "--yes")


def crewed(shell: Shell) -> None:
    """An order, released, to an executor with somebody beside it."""
    chain, people = CHAIN.replace(
        "production-db: The production database",
        "production-db: {title: The production database, crew: witness}",
    ), PEOPLE.replace("dee: Dee,", "dee: Dee, eve: Eve,")  # fmt: skip
    released(shell, chain, f"{people}posts: {{production-db/witness: eve}}\n", (*EVERYBODY, "eve"))


APART = """\
chain: wipe-database
members: {ann: Ann, bob: Bob, cho: Cho, dee: Dee}
levels:
  - {level: request,  members: [ann]}
  - {level: team,     members: [bob, cho], rule: any, veto: any}
  - {level: security, members: [dee], for: [wipe]}
  - {level: again,    members: [ann, dee], rule: any, for: [flush]}
executors: {production-db: The production database}
actions:
  wipe: {executors: [production-db], parameters: {database: {one-of: [orders, billing]}}}
  flush: {executors: [production-db]}
amend: bob and dee
"""


def sealable(shell: Shell) -> None:
    """A chain whose levels share nobody, and an executor whose act wants a sealed token."""
    founded(shell, APART)
    settings = shell.here / "executors" / "production-db" / "executor.yaml"
    text = settings.read_text().replace("guard: wrapper", "guard: sealed", 1)
    run = """[/bin/sh, -c, 'test ${#TOKEN} = 43 && echo "$1 with $TOKEN"', act, "{database}"]"""
    acts = f"secrets: {{TOKEN: seal}}\nact: {{wipe: {{run: {run}}}}}"
    text = re.sub(r"^act: .*$", lambda _: acts, text, flags=re.MULTILINE)
    settings.write_text(text)


def emergency(shell: Shell) -> None:
    """The charter holds, with an action that is looked at afterwards."""
    action = ("emergency-wipe: {executors: [production-db], limit: 1 per 7d,"
              ' review: "any of (cho, dee) within 48h"}')  # fmt: skip
    founded(shell, CHAIN.replace("conditions: {in", f"  {action}\nconditions: {{in"))


STARTS = {
    "sealable": sealable,
    "crewed": crewed,
    "emergency": emergency,
    "house": house,
    "enrolled": enrolled,
    "founded": founded,
    "released": released,
}


class Stage:
    """Each start made once, and copied for every session that begins there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def at(self, start: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
        """A shell in a fresh copy of that start."""
        for name in ("SSH_AUTH_SOCK", "CHEGET_KEY", "CHEGET_HOUSE", "CHEGET_PASSPHRASE_FILE",
                     "CHEGET_ANCHORS", "CHEGET_STORE"):  # fmt: skip
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr("getpass.getuser", lambda: "somebody")
        if start in STARTS:
            model = self._folder / start
            if not model.exists():
                model.mkdir()
                self._enter(model, monkeypatch)
                STARTS[start](Shell(model))
            shutil.copytree(model, here, dirs_exist_ok=True)
        self._enter(here, monkeypatch)
        return Shell(here)

    @staticmethod
    def _enter(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(folder)
        monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
