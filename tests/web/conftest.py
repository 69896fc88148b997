"""A house that is served, a browser, and people with passkeys in it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "cli"))

from terminal import EVERYBODY, PEOPLE, Shell, enrolled

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
CHAIN = """\
chain: wipe-database
title: Wiping the database
members: {ann: Ann, bob: Bob, cho: Cho, dee: Dee}
levels:
  - {level: request,  members: [ann, bob, cho], rule: any}
  - {level: team,     members: [ann, bob, cho], rule: any, veto: any}
  - {level: security, members: [dee],           rule: any}
executors: {production-db: The production database}
actions:
  wipe: {executors: [production-db], hold: 1m, parameters: {database: {one-of: [orders, billing]}}}
  purge: {executors: [production-db], acknowledge: [No backup is left.]}
amend: any of team and dee
"""
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Debian's Chromium. Without one there is nothing to test, and in CI that is a failure."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("no chromium on this machine")
        pytest.skip("no chromium to look with")
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update"]  # fmt: skip
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


@dataclass
class Served:
    """A house at an address, and whoever sits in it, in a browser of their own."""

    shell: Shell
    at: str
    browser: Any
    seats: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def context(self, **options: Any) -> Any:
        """A page of somebody's own, with an authenticator; what its console says is kept."""
        context = self.browser.new_context(**options)
        page = context.new_page()
        page.on("console", lambda one: self.faults.append(one.text) if one.type == "error" else 0)
        page.on("pageerror", lambda one: self.faults.append(str(one)))
        session = context.new_cdp_session(page)
        session.send("WebAuthn.enable", {"enableUI": False})
        session.send("WebAuthn.addVirtualAuthenticator", {"options": {
            "protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal",
            "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }})  # fmt: skip
        return page

    def invite(self, person: str) -> str:
        """A code for a passkey."""
        (one,) = json.loads(self.shell.must("people", "invite", person, "--json"))
        return str(one["invitation"])

    def enrol(self, *people: str) -> None:
        """Passkeys made on the page, and the amendment that names them agreed to by key files."""
        for person in people:
            page = self.seats[person] = self.context()
            page.goto(f"{self.at}/enrol?who={person}&invitation={self.invite(person)}")
            page.get_by_role("button", name="Make the passkey").click()
            page.wait_for_url("**/enrolled**")
        self.agree()

    def agree(self) -> None:
        """The charter takes up what the folder says now."""
        done = json.loads(self.shell.must("chain", "amend", "--key", "ann.key", "--yes", "--json"))
        while done["state"] == "proposed":
            done = json.loads(
                self.shell.must("chain", "amend", done["amendment"], "--key", "dee.key", "--yes",
                                "--json")
            )  # fmt: skip

    def sign_in(self, person: str) -> Any:
        """Their page, signed in."""
        page = self.seats[person]
        page.goto(f"{self.at}/")
        if not page.url.startswith(f"{self.at}/signin"):
            return page
        page.get_by_label("Your name on the roster").fill(person)
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_url(f"{self.at}/")
        return page


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, chromium: Any) -> Iterator[Served]:
    """A founded house with a page, served by a process of its own."""
    folder = tmp_path_factory.mktemp("served")
    before, environment = Path.cwd(), dict(os.environ)
    os.chdir(folder)
    os.environ["XDG_STATE_HOME"] = str(folder / "state")
    for name in ("SSH_AUTH_SOCK", "CHEGET_KEY", "CHEGET_HOUSE", "CHEGET_AT"):
        os.environ.pop(name, None)
    shell, port = Shell(folder), free_port()
    enrolled(shell, CHAIN, PEOPLE)
    at = f"http://localhost:{port}"
    settings = folder / "house.yaml"
    settings.write_text(f"{settings.read_text()}origin: {at}\n")
    for person in EVERYBODY:
        shell.must("people", "found", "--key", f"{person}.key", "--yes")
    shell.must("executor", "pin", "production-db", "--charter", shell.charter)
    log = (folder / "served.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "cheget", "serve", "--port", str(port)], cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, stdout=subprocess.PIPE,
        stderr=log, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["serving"] == at
        yield Served(shell, at, chromium)
    finally:
        process.terminate()
        process.communicate(timeout=20)
        log.close()
        os.chdir(before)
        os.environ.clear()
        os.environ.update(environment)


@pytest.fixture(scope="module")
def acted(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A released order whose executor sent its receipt, and what evidence of it holds."""
    from web.offline import case_of
    from web.stories import receipt, released

    sim = released(tmp_path_factory.mktemp("acted"))
    sent = receipt(sim)
    sim.desk.receive(sent)
    return sim, case_of(sim.desk.papers(sim.order), sim.charter, [sent])


@pytest.fixture(scope="module")
def verifier(chromium: Any, acted: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Its evidence file, open; by its end it has asked nobody and complained of nothing."""
    from cheget.report.evidence import evidence
    from web.offline import offline

    sim, case = acted
    file = tmp_path_factory.mktemp("evidence") / "order.html"
    sent = [one.encode() for one in case.receipts]
    file.write_text(evidence(case.papers.encode(), sent, sim.charter))
    found = offline(chromium).open(file)
    yield found
    assert found.asked == [file.as_uri()]
    assert not found.faults
    found.page.context.close()
