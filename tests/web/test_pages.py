"""People in browsers: enrolled, signed in, asked, answering, each with a passkey of their own."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from cheget.audit.merkle import leaf_hash, root_from_path
from cheget.order.documents import order_name
from web.conftest import Served

pytestmark = pytest.mark.xdist_group("chromium")


@pytest.fixture(scope="module")
def house(served: Served) -> Served:
    served.enrol("ann", "bob", "dee")
    return served


def card(page: Any, action: str) -> Any:
    """What somebody fills in to transmit an action."""
    return page.locator("section.card", has=page.get_by_role("heading", name=f"{action} ·"))


def transmit(house: Served, reason: str) -> str:
    """An order by ann, on her page; its digest."""
    ann = house.sign_in("ann")
    ann.goto(f"{house.at}/transmit")
    wipe = card(ann, "wipe")
    wipe.get_by_label("database").select_option("orders")
    wipe.get_by_label("Why; signed").fill(reason)
    wipe.get_by_role("button", name="Sign and transmit to team").click()
    ann.wait_for_url("**/orders/*")
    return str(ann.url.rsplit("/", 1)[1])


def test_an_order_goes_down_the_ladder_by_passkeys_and_is_carried_out(house: Served) -> None:
    order = transmit(house, "ticket 1182")
    ann, bob, dee = house.seats["ann"], house.sign_in("bob"), house.sign_in("dee")
    assert "order waits for you" in bob.locator("h1").inner_text()
    assert "Nothing waits" in dee.locator("h1").inner_text()
    bob.get_by_role("link", name="wipe of Wiping the database").click()
    bob.get_by_role("button", name="Concur").click()
    bob.get_by_text("You concurred at").wait_for()
    # Without being asked to, ann's page has followed.
    ann.get_by_text("Waits at security.").wait_for()
    dee.goto(f"{house.at}/orders/{order}")
    dee.get_by_label("Why; signed").fill("as agreed")
    dee.get_by_role("button", name="Concur").click()
    dee.get_by_text("Released.").first.wait_for()
    ann.get_by_text("Released.").first.wait_for()
    assert "every entry proved: 1 order" in house.shell.must("log", "verify")
    assert house.shell.must("show", order).startswith("Released")
    assert not house.faults


def test_a_refusal_is_signed_and_its_reason_stands_on_everybodys_page(house: Served) -> None:
    order = transmit(house, "ticket 1183")
    bob = house.sign_in("bob")
    bob.goto(f"{house.at}/orders/{order}")
    assert bob.get_by_text("Your refusal stops this order").count()
    bob.get_by_label("Why; signed").fill("<script>alert(1)</script>\nnot on a Friday")
    bob.get_by_role("button", name="Refuse").click()
    bob.get_by_text("Stopped").first.wait_for()
    ann = house.seats["ann"]
    ann.get_by_text("not on a Friday").wait_for()
    assert (
        ann.locator("blockquote").first.inner_text().startswith("“<script>alert(1)</script> not on")
    )
    assert not house.faults


def test_what_is_typed_survives_a_page_that_follows(house: Served) -> None:
    order = transmit(house, "ticket 1184")
    bob = house.sign_in("bob")
    bob.goto(f"{house.at}/orders/{order}")
    bob.get_by_label("Why; signed").fill("I am still typing")
    ann = house.seats["ann"]
    ann.get_by_label("Why; signed").fill("which backup?")
    ann.get_by_role("button", name="Ask something").click()
    bob.get_by_text("which backup?").wait_for()
    assert bob.get_by_label("Why; signed").input_value() == "I am still typing"
    ann.get_by_text("which backup?").wait_for()
    ann.wait_for_load_state()
    ann.get_by_role("button", name="Countermand").click()
    bob.get_by_text("Countermanded by ann").first.wait_for()
    assert not house.faults


def amended(house: Served, hold: str) -> str:
    """An amendment of the hold, proposed by ann in a terminal; its digest."""
    chain = house.shell.here / "chains" / "wipe-database.yaml"
    before = chain.read_text()
    chain.write_text(before.replace("hold: 1m", f"hold: {hold}"))
    done = json.loads(house.shell.must("chain", "amend", "--key", "ann.key", "--yes", "--json"))
    chain.write_text(before)
    assert done["state"] == "proposed"
    return str(done["amendment"])


def test_an_amendment_waits_in_the_inbox_of_whoever_has_a_say(house: Served) -> None:
    digest = amended(house, "2m")
    waits = "An amendment of the charter waits for you"
    assert house.sign_in("ann").get_by_text(waits).count() == 0
    dee = house.sign_in("dee")
    dee.get_by_text(waits).get_by_role("link").click()
    dee.get_by_text("hold: 1m → 2m").or_(dee.get_by_text("hold").first).first.wait_for()
    dee.get_by_label("Why; signed").fill("one minute is enough")
    dee.get_by_role("button", name="Refuse").click()
    dee.get_by_role("heading", name="Ended").wait_for()
    assert house.sign_in("dee").get_by_text(waits).count() == 0
    ann = house.seats["ann"]
    ann.goto(f"{house.at}/amendments/{digest}")
    ann.get_by_text("dee refused").wait_for()
    assert not house.faults


def test_an_amendment_is_agreed_to_on_a_page_and_holds(house: Served) -> None:
    order = transmit(house, "under the old law")
    digest = amended(house, "3m")
    bob = house.sign_in("bob")
    bob.goto(f"{house.at}/amendments/{digest}")
    bob.get_by_role("link", name=order_name(order)).wait_for()
    bob.get_by_role("heading", name="Who has to agree").wait_for()
    dee = house.sign_in("dee")
    dee.goto(f"{house.at}/amendments/{digest}")
    dee.get_by_role("button", name="Agree").click()
    dee.get_by_role("heading", name="Holds").wait_for()
    bob.goto(f"{house.at}/orders/{order}")
    bob.get_by_role("heading", name="Closed").wait_for()
    assert not house.faults


def test_whoever_proposed_an_amendment_takes_it_back_on_its_page(house: Served) -> None:
    digest = amended(house, "9m")
    ann = house.sign_in("ann")
    ann.goto(f"{house.at}/amendments/{digest}")
    ann.get_by_role("button", name="Take it back").click()
    ann.get_by_role("heading", name="Ended: countermanded by ann").wait_for()


def test_somebody_says_that_they_are_away_and_that_they_are_back(house: Served) -> None:
    bob = house.sign_in("bob")
    bob.goto(f"{house.at}/people")
    bob.get_by_label("Away until").fill("2031-01-04")
    bob.get_by_role("button", name="Sign that you are away").click()
    bob.get_by_text("You are away until 2031-01-04").wait_for()
    bob.get_by_role("button", name="I am back").click()
    bob.get_by_role("button", name="Sign that you are away").wait_for()
    assert not house.faults


def test_a_key_is_given_up_on_the_page_and_reads_no_longer(house: Served) -> None:
    house.enrol("cho")
    cho = house.sign_in("cho")
    cho.goto(f"{house.at}/people")
    cho.get_by_role("button", name="Give up passkey").click()
    cho.wait_for_url("**/signin**")
    cho.get_by_label("Your name on the roster").fill("cho")
    cho.get_by_role("button", name="Sign in with a passkey").click()
    cho.locator(".note.bad").wait_for()
    house.faults.clear()  # the browser's own word on the 401 that is meant


def test_an_auditor_reads_by_a_link_and_is_asked_nothing(house: Served) -> None:
    done = json.loads(
        house.shell.must("auditor", "invite", "kim", "--until", "2026-12-31", "--json")
    )
    kim = house.context()
    kim.goto(f"{house.at}/signin#visit={done['token']}")
    kim.get_by_role("button", name="Come in").click()
    kim.wait_for_url("**/audit")
    for path in ("/orders", "/people", "/log", "/chain", "/executors"):
        kim.goto(f"{house.at}{path}")
        kim.get_by_text("kim, auditor").wait_for()
    kim.goto(f"{house.at}/transmit")
    kim.wait_for_url("**/signin**")
    assert "visit=" not in kim.url


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/orders",
        "/order",
        "/transmit",
        "/chain",
        "/executors",
        "/people",
        "/amendment",
        "/log",
        "/log/1",
        "/audit",
        "/readiness",
        "/assessment",
        "/signin",
        "/enrol",
    ],
)
@pytest.mark.parametrize("look", ["light", pytest.param("dark", marks=pytest.mark.slow), "phone"])
def test_a_page_is_good_for_whoever_reads_by_ear_or_keyboard(
    house: Served, path: str, look: str
) -> None:
    """No fault that axe finds, none in the console, and nothing that scrolls sideways."""
    from axe_playwright_python.sync_playwright import Axe

    page = house.sign_in("ann")
    page.emulate_media(color_scheme="light" if look == "light" else "dark")
    page.set_viewport_size({"width": 390 if look == "phone" else 1280, "height": 844})
    if path == "/order":
        transmit(house, "ticket 1185")
    elif path == "/amendment":
        page.goto(f"{house.at}/amendments/{amended(house, '7m')}")
        page.get_by_role("button", name="Take it back").wait_for()
    else:
        page.goto(f"{house.at}{path}")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not house.faults
    if path == "/amendment":
        page.get_by_role("button", name="Take it back").click()
        page.get_by_role("heading", name="Ended").wait_for()


@pytest.mark.parametrize(
    ("path", "said"), [(f"/orders/{'0' * 64}", "there is no order"), ("/nonsense", "Not Found")]
)
def test_what_is_not_here_is_said_on_a_page_and_to_programs_as_a_problem(
    house: Served, path: str, said: str
) -> None:
    page = house.sign_in("ann")
    answer = page.goto(f"{house.at}{path}")
    assert answer.status in {404, 409}
    assert said in page.locator(".lead").inner_text()
    page.get_by_role("link", name="Back to your inbox").click()
    page.wait_for_url(f"{house.at}/")
    told = page.request.get(f"{house.at}{path}", headers={"Accept": "application/json"})
    assert told.headers["content-type"] == "application/problem+json"
    house.faults.clear()  # a browser's console names the status


def test_nobody_reads_without_a_session(house: Served) -> None:
    page: Any = house.context()
    page.goto(f"{house.at}/orders")
    assert page.url.startswith(f"{house.at}/signin")
    page.get_by_label("Your name on the roster").fill("ann")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_text("Nothing was signed").wait_for()


def test_readiness_says_who_has_answered_and_who_holds_one_key(house: Served) -> None:
    order = transmit(house, "who is there?")
    house.shell.must("refuse", order, "--key", "dee.key", "--yes")
    ann = house.sign_in("ann")
    ann.goto(f"{house.at}/readiness")
    row = ann.get_by_role("row", name="dee")
    assert "ago" in row.inner_text()
    assert ann.get_by_role("row", name="cho").get_by_text("has never answered").count() == 1
    assert ann.get_by_text("production-db").first.count() == 1


def test_an_assessment_stands_beside_the_chain_it_is_of(house: Served) -> None:
    """The house's own beliefs come first; the page that stands alone has every chart."""
    ann = house.sign_in("ann")
    ann.goto(f"{house.at}/assessment")
    ann.get_by_role("link", name="careful").or_(ann.locator("main li a")).first.click()
    ann.locator("svg.chart:visible").first.wait_for()
    assert " %." in ann.locator("h1").inner_text()
    ann.get_by_role("link", name="Every chart and number").click()
    ann.get_by_text("Every number, and how it was got").wait_for()
    assert not house.faults


def test_an_audit_report_is_a_page_a_table_and_json(house: Served) -> None:
    ann = house.sign_in("ann")
    ann.goto(f"{house.at}/audit")
    assert ann.locator("h1").inner_text() == "Nothing is at fault."
    orders = ann.request.get(f"{house.at}/audit/orders.csv")
    assert orders.headers["content-type"].startswith("text/csv")
    assert orders.text().startswith("words,order,chain")
    assert ann.request.get(f"{house.at}/audit.json").json()["passed"] is True
    for wrong in ("since=2026-13-45", "since=2031-01-01&until=2031-02-01", "since=x"):
        assert ann.request.get(f"{house.at}/audit.json?{wrong}").status in {400, 422}


def test_the_chain_stands_with_its_proof_and_the_whole_proof_is_a_page_to_print(
    house: Served,
) -> None:
    ann = house.sign_in("ann")
    ann.goto(f"{house.at}/chain")
    ann.get_by_text("can stop it alone").first.wait_for()
    ann.get_by_role("link", name="Every coalition").click()
    ann.get_by_text("cheget prove wipe-database").wait_for()
    assert not house.faults


def test_a_second_device_opens_an_order_by_its_code_and_reads_the_same_words(
    house: Served,
) -> None:
    order = transmit(house, "look at this on your telephone")
    ann = house.seats["ann"]
    ann.get_by_text("On a second device").click()
    drawing = ann.locator("svg.qr")
    drawing.wait_for()
    assert drawing.get_attribute("data-holds") == f"{house.at}/orders/{order}"
    phone = house.sign_in("dee")
    phone.goto(str(drawing.get_attribute("data-holds")))
    assert phone.locator(".words").inner_text() == ann.locator(".words").inner_text()


def test_the_log_is_searched_by_person_words_and_kind_and_an_entry_proves_itself(
    house: Served,
) -> None:
    order = transmit(house, "to be found again")
    words = order_name(order)
    ann = house.seats["ann"]
    ann.goto(f"{house.at}/log?q={words.replace(' ', '-')}&kind=order")
    assert ann.locator("tbody tr").count() == 1
    ann.locator("tbody tr a").first.click()
    ann.get_by_text("“to be found again”").wait_for()
    values = [
        one.inner_text() for one in ann.locator(".beside dd").all()
    ]  # leaf, its hash, the path, the root
    leaf, said, *path, root = values
    position = int(ann.url.rsplit("/", 1)[1])
    assert leaf_hash(leaf.encode()).hex() == said
    size = int(
        re.findall(r"the ([\d,]+) entries", ann.locator(".beside").inner_text())[0].replace(",", "")
    )
    found = root_from_path(bytes.fromhex(said), position, size, [bytes.fromhex(o) for o in path])
    assert found.hex() == root
    ann.goto(f"{house.at}/log?q=nobody")
    ann.get_by_text("Nothing of that").wait_for()
    assert ann.request.get(f"{house.at}/log/999999").status == 404


EVIL = '<script>alert(1)</script>{{ 7*7 }}"><img src=x onerror=alert(2)>'


def test_a_reason_full_of_script_is_text_on_every_page_in_the_terminal_and_the_log(
    house: Served,
) -> None:
    order = transmit(house, EVIL)
    bob = house.sign_in("bob")
    bob.goto(f"{house.at}/orders/{order}")
    bob.get_by_label("Why; signed").fill(EVIL)
    bob.get_by_role("button", name="Refuse").click()
    bob.get_by_role("heading", name="Stopped").wait_for()
    dialogs: list[str] = []
    bob.on("dialog", lambda one: (dialogs.append(one.message), one.dismiss()))
    size = int(bob.request.get(f"{house.at}/audit.json").json()["logs"][1]["size"])
    paths = ["/", "/orders", f"/orders/{order}", "/log", f"/log/{size - 1}", "/audit", "/readiness"]
    for path in paths:
        bob.goto(f"{house.at}{path}")
        assert bob.locator("main script, main img").count() == 0, path
        assert "49" not in bob.locator("blockquote").all_inner_texts(), path
    assert not dialogs
    shown = house.shell.must("show", *order_name(order).split())
    assert "<script>alert(1)</script>" in shown
    assert not house.faults


def test_whoever_concurs_acknowledges_first_and_whoever_refuses_need_not(house: Served) -> None:
    ann, bob = house.sign_in("ann"), house.sign_in("bob")
    for ending in ("Concur", "Refuse"):
        ann.goto(f"{house.at}/transmit")
        purge = card(ann, "purge")
        purge.get_by_label("No backup is left.").check()
        purge.get_by_role("button", name="Sign and transmit to team").click()
        ann.wait_for_url("**/orders/*")
        bob.goto(ann.url)
        bob.get_by_role("button", name=ending).click()
        if ending == "Concur":
            bob.get_by_text("acknowledges each of these first").wait_for()
            bob.get_by_label("No backup is left.").check()
            bob.get_by_role("button", name="Concur").click()
            bob.get_by_text("You concurred at").wait_for()
        else:
            bob.get_by_role("heading", name="Stopped").wait_for()
    assert not house.faults


def test_a_guards_one_honest_word_stands_beside_its_executor(house: Served) -> None:
    ann = house.sign_in("ann")
    ann.goto(f"{house.at}/executors")
    ann.get_by_text("production-db guard not tested here").wait_for()
    settings = house.shell.here / "executors" / "production-db" / "executor.yaml"
    before = settings.read_text()
    settings.write_text(f"{before}bypass:\n  - {{as: anybody, try: [/bin/true]}}\n")
    house.shell.run("executor", "test", "production-db")
    settings.write_text(before)
    ann.reload()
    ann.get_by_text("got round: anybody").wait_for()


def purged(house: Served) -> str:
    """An order to purge, released by passkeys; its digest."""
    ann, bob, dee = (house.sign_in(one) for one in ("ann", "bob", "dee"))
    ann.goto(f"{house.at}/transmit")
    purge = card(ann, "purge")
    purge.get_by_label("No backup is left.").check()
    purge.get_by_role("button", name="Sign and transmit to team").click()
    ann.wait_for_url("**/orders/*")
    for page, then in ((bob, "You concurred at"), (dee, "Released.")):
        page.goto(ann.url)
        page.get_by_label("No backup is left.").check()
        page.get_by_role("button", name="Concur").click()
        page.get_by_text(then).first.wait_for()
    return str(ann.url.rsplit("/", 1)[1])


def test_an_executor_acts_by_passkeys_alone_and_an_auditor_verifies_it_elsewhere(
    house: Served,
) -> None:
    settings = house.shell.here / "executors" / "production-db" / "executor.yaml"
    settings.write_text(settings.read_text().replace("act: {", "act: {purge: {run: [/bin/true]}, "))
    purged(house)
    house.shell.run("executor", "run", "production-db", "--once")  # others wait in their hold
    house.seats["ann"].get_by_role("heading", name="Carried out").wait_for()
    done = json.loads(
        house.shell.must("auditor", "invite", "kim", "--until", "2026-12-31", "--json")
    )
    kim = house.context()
    kim.goto(f"{house.at}/signin#visit={done['token']}")
    kim.get_by_role("button", name="Come in").click()
    kim.wait_for_url("**/audit")
    kim.get_by_text("carried out").first.wait_for()
    ledger = kim.request.get(f"{house.at}/v1/ledger")
    (house.shell.here / "elsewhere.jsonl").write_bytes(ledger.body())
    said = house.shell.must("log", "verify", "--file", "elsewhere.jsonl")
    assert "every entry proved" in said


def test_whoever_concurred_recalls_a_released_order_in_its_hold(house: Served) -> None:
    order = transmit(house, "to be recalled")
    bob, dee = house.sign_in("bob"), house.sign_in("dee")
    for page in (bob, dee):
        page.goto(f"{house.at}/orders/{order}")
        page.get_by_role("button", name="Concur").click()
        page.get_by_text("concurred at").or_(page.get_by_text("Released.")).first.wait_for()
    bob.get_by_text("Released.").first.wait_for()
    bob.reload()
    bob.get_by_role("button", name="Countermand").click()
    dee.get_by_role("heading", name="Countermanded by bob").wait_for()
    out, _ = house.shell.run("executor", "run", "production-db", "--once")
    assert "wipes" not in out
    assert not house.faults
