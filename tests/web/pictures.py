"""Pictures of the pages, for ``docs/pages.md``: ``make pictures``. Needs chromium.

The demo is served and somebody sits in it; what is taken is what they see.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
PAGES = (
    "orders", "transmit", "chain", "executors", "people", "log", "readiness", "audit", "signin",
    "enrol",
)  # fmt: skip


def seated(browser: Any, at: str) -> Any:
    """Somebody's page, with an authenticator, in the seat of the head of intelligence."""
    page = browser.new_context(viewport=DESKTOP).new_page()
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable", {"enableUI": False})
    session.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal",
        "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }})  # fmt: skip
    page.goto(f"{at}/seats")
    page.locator("li.seat", has_text="Head of Intelligence").get_by_role("button").click()
    page.get_by_role("button", name="Make the passkey").click()
    page.wait_for_url("**/enrolled**")
    page.wait_for_timeout(3000)  # until the others have agreed
    page.goto(f"{at}/signin?who=intelligence")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{at}/")
    return page


def take(page: Any, name: str, *, phone: bool = True) -> None:
    """The page as it is, on a desk and on a phone."""
    for size, of in ((DESKTOP, ""), (PHONE, "-phone")):
        if of and not phone:
            continue
        page.set_viewport_size(size)
        page.wait_for_timeout(200)
        whole = name in {"assessment", "chain", "inbox", "orders", "seats"}
        page.screenshot(path=FOLDER / f"{name}{of}.png", full_page=whole, animations="disabled")
    page.set_viewport_size(DESKTOP)


def main() -> None:
    """Take them all."""
    FOLDER.mkdir(exist_ok=True)
    chromium = shutil.which("chromium") or sys.exit("there is no chromium")
    command = [sys.executable, "-u", "-m", "cheget", "demo", "--serve", "--port", "0"]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as demo,
        sync_playwright() as playwright,
    ):
        assert demo.stdout is not None
        at = next(
            found[1] for line in demo.stdout
            if (found := re.search(r"Open (http://\S+)/seats", line))
        )  # fmt: skip
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = seated(browser, at)
        page.goto(f"{at}/seats")
        take(page, "seats", phone=False)
        page.get_by_role("button", name="Let the president transmit").click()
        page.get_by_text("Your refusal stops").wait_for()
        page.wait_for_timeout(15_000)  # the chief, operations and others concur meanwhile
        take(page, "order")
        order = page.url
        page.goto(f"{at}/")
        take(page, "inbox")
        page.goto(order)
        page.get_by_label("Why; signed").fill("No battlefield advantage. Only the downside.")
        page.get_by_role("button", name="Refuse").click()
        page.get_by_text("Stopped").first.wait_for()
        take(page, "stopped")
        for name in PAGES:
            page.goto(f"{at}/{name}")
            take(page, name)
        entries = page.request.get(f"{at}/audit.json").json()["entries"]
        amendment = [one["digest"] for one in entries if one["kind"] == "amendment"][-1]
        for name, path in (("amendment", f"amendments/{amendment}"), ("entry", "log/5")):
            page.goto(f"{at}/{path}")
            take(page, name)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "evidence.html"
            file.write_bytes(page.request.get(f"{order}/evidence").body())
            page.goto(file.as_uri())
            page.wait_for_timeout(3000)
            take(page, "evidence")
        page.goto(f"{at}/assessment")
        page.locator("main a").first.click()
        page.locator("svg.chart").first.wait_for()
        take(page, "assessment")
        browser.close()
        demo.terminate()


if __name__ == "__main__":
    main()
