"""Attacks on the pages: by the server behind them, by other sites, by whoever may not read."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from web.conftest import Served
from web.test_pages import card, transmit


@pytest.fixture(scope="module")
def house(served: Served) -> Served:
    served.enrol("ann", "bob")
    return served


def asked(
    house: Served, path: str, body: dict[str, Any] | None = None, **headers: str
) -> tuple[int, bytes]:
    """What the house answers to somebody without a browser."""
    method = "GET" if body is None else "POST"
    answer = httpx.request(
        method, f"{house.at}{path}", json=body, headers=headers, follow_redirects=True
    )
    return answer.status_code, answer.content


def cookie_of(page: Any) -> dict[str, Any]:
    (one,) = [one for one in page.context.cookies() if one["name"] == "cheget-session"]
    return dict(one)


def test_page_shows_one_order_and_signs_another(house: Served) -> None:
    """A server that drafts an answer to another order, or another answer, gets no signature."""
    first, second = transmit(house, "one"), transmit(house, "another")
    bob = house.sign_in("bob")

    def lie(route: Any) -> None:
        told = route.fetch(url=f"{house.at}/orders/{second}/draft")
        route.fulfill(response=told)

    bob.route(f"**/orders/{first}/draft", lie)
    bob.goto(f"{house.at}/orders/{first}")
    bob.get_by_role("button", name="Refuse").click()
    bob.get_by_text("Nothing was signed: the server drafted an answer to another order").wait_for()
    bob.unroute(f"**/orders/{first}/draft")

    def turn(route: Any) -> None:
        body = {**json.loads(route.request.post_data), "decision": "concur"}
        route.continue_(post_data=json.dumps(body))

    bob.route(f"**/orders/{first}/draft", turn)
    bob.get_by_role("button", name="Refuse").click()
    bob.get_by_text("something else than was chosen").wait_for()
    bob.unroute(f"**/orders/{first}/draft")
    assert "Waits at team" in house.shell.must("show", first)


def lied(page: Any, path: str, **changes: Any) -> None:
    """A server that drafts something else than it was asked for."""

    def turn(route: Any) -> None:
        route.continue_(post_data=json.dumps({**json.loads(route.request.post_data), **changes}))

    page.route(path, turn)


def test_a_server_that_puts_other_words_into_somebodys_mouth_gets_no_signature(
    house: Served,
) -> None:
    """The reason's digest is signed: it has to be of what stands in the field."""
    order = transmit(house, "words")
    bob = house.sign_in("bob")
    bob.goto(f"{house.at}/orders/{order}")
    bob.get_by_label("Why; signed").fill("too late")
    lied(bob, f"**/orders/{order}/draft", reason="with pleasure")
    bob.get_by_role("button", name="Refuse").click()
    bob.get_by_text("drafted another reason than yours").wait_for()
    bob.unroute(f"**/orders/{order}/draft")

    def other_salt(route: Any) -> None:
        told = route.fetch().json()
        told["texts"][0]["text"] = "too late"
        route.fulfill(json={**told, "texts": [{**told["texts"][0], "salt": "00" * 16}]})

    bob.route(f"**/orders/{order}/draft", other_salt)
    bob.get_by_role("button", name="Refuse").click()
    bob.get_by_text("drafted another reason than yours").wait_for()
    bob.unroute(f"**/orders/{order}/draft")


def test_a_server_that_drafts_another_order_than_was_composed_gets_no_signature(
    house: Served,
) -> None:
    ann = house.sign_in("ann")
    ann.goto(f"{house.at}/transmit")
    wipe = card(ann, "wipe")
    wipe.get_by_label("database").select_option("orders")
    lied(ann, "**/transmit/draft", **{"parameter.database": "billing"})
    wipe.get_by_role("button", name="Sign and transmit to team").click()
    ann.get_by_text("drafted another parameters.database").wait_for()
    ann.unroute("**/transmit/draft")


def test_a_server_that_drafts_another_absence_or_the_end_of_another_key_gets_no_signature(
    house: Served,
) -> None:
    bob = house.sign_in("bob")
    bob.goto(f"{house.at}/people")
    bob.get_by_label("Away until").fill("2031-01-04")
    lied(bob, "**/people/draft", until="2099-01-01")
    bob.get_by_role("button", name="Sign that you are away").click()
    bob.get_by_text("drafted another until").wait_for()
    bob.unroute("**/people/draft")
    lied(bob, "**/people/draft", decision="revocation", key="00")
    bob.get_by_role("button", name="Sign that you are away").click()
    bob.get_by_text("drafted another until").wait_for()
    bob.get_by_role("button", name="Give up key file").first.click()
    bob.get_by_text("drafted another key").wait_for()
    bob.unroute("**/people/draft")


def test_what_is_rendered_is_what_is_signed(house: Served) -> None:
    """The fields shown come from the bytes that go to the passkey, whatever else a server says."""
    order = transmit(house, "look closely")
    bob = house.sign_in("bob")
    bob.goto(f"{house.at}/orders/{order}")
    sent: list[dict[str, Any]] = []
    bob.on("request", lambda one: sent.append(json.loads(one.post_data))
           if one.method == "POST" and one.url.endswith(order) else None)  # fmt: skip
    bob.get_by_label("Why; signed").fill("seen")
    bob.get_by_role("button", name="Concur").click()
    bob.get_by_text("You concurred at").wait_for()
    (handed,) = sent
    payload = base64.urlsafe_b64decode(handed["payload"] + "==")
    client = base64.urlsafe_b64decode(handed["assertion"]["clientDataJSON"] + "==")
    from cheget.order.envelope import digest

    expected = bytes.fromhex(digest("concurrence", payload))
    said = json.loads(client)["challenge"]
    assert base64.urlsafe_b64decode(said + "==") == expected


def test_another_site_can_make_a_browser_sign_nothing_in(house: Served) -> None:
    """A form of another site has no header of ours, and gets no cookie along with it."""
    ann = house.sign_in("ann")
    cookie = cookie_of(ann)
    assert (cookie["sameSite"], cookie["httpOnly"]) == ("Strict", True)
    token = f"cheget-session={cookie['value']}"
    status, _ = asked(house, "/transmit/draft", {"action": "wipe"}, Cookie=token)
    assert status == 422
    frames = ann.request.get(f"{house.at}/orders").headers["content-security-policy"]
    assert "frame-ancestors 'none'" in frames
    assert "require-trusted-types-for 'script'" in frames


PAGES = (
    "/", "/orders", "/transmit", "/chain", "/executors", "/people", "/log", "/events", "/audit",
    "/audit.json", "/audit/orders.csv", "/readiness", "/assessment", "/log/0", "/chain/x/proof",
    "/amendments/x",
)  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_reads_by_someone_who_may_not(house: Served, path: str) -> None:
    """Without a session, with one that is spoilt: to the door, and nothing is told."""
    for cookie in ({}, {"Cookie": "cheget-session=x.y"}):
        _, body = asked(house, path, **cookie)
        assert b"Who are you?" in body


def test_an_invitation_is_for_one_person_and_once(house: Served) -> None:
    code = house.invite("cho")
    page = {"X-Cheget": "page"}
    status, body = asked(house, "/enrol/start", {"who": "dee", "invitation": code}, **page)
    assert (status, b"not known here" in body) == (409, True)
    status, body = asked(house, "/enrol/start", {"who": "cho", "invitation": ""}, **page)
    assert (status, b"by invitation" in body) == (409, True)
    house.enrol("cho")


def test_who_only_reads_leaves_no_passkey_waiting(house: Served) -> None:
    """A stolen session makes no key of its own: one that the person has signs first."""
    bob, page = house.sign_in("bob"), {"X-Cheget": "page"}
    stolen = {**page, "Cookie": f"cheget-session={cookie_of(bob)['value']}"}
    for body in ({}, {"nonce": "0" * 32}, {"session": {}}, {"session": "x"}):
        sent = {"who": "bob", "invitation": "", **body}
        status, said = asked(house, "/enrol/start", sent, **stolen)
        assert status in {400, 409}, said
    sent = []
    bob.on("request", lambda one: sent.append(one.post_data_json) if one.method == "POST" else 0)
    bob.goto(f"{house.at}/enrol")
    bob.get_by_role("button", name="Make the passkey").click()
    bob.wait_for_url("**/enrolled**")
    (start,) = [one for one in sent if "session" in one]
    status, said = asked(house, "/enrol/start", start, **stolen)
    assert (status, b"has been shown before" in said) == (401, True)
    nonce = {"who": "ann", "invitation": "", "nonce": sent[-1]["nonce"]}
    ann = {**page, "Cookie": f"cheget-session={cookie_of(house.sign_in('ann'))['value']}"}
    status, said = asked(house, "/enrol/start", nonce, **ann)
    assert (status, b"for somebody else" in said) == (409, True)
    house.agree()
    bob.context.clear_cookies()
    house.sign_in("bob")


def test_another_site_signs_nobody_out(house: Served) -> None:
    cookie = f"cheget-session={cookie_of(house.sign_in('ann'))['value']}"
    for origin in ({}, {"Origin": "https://evil.example"}):
        status, _ = asked(house, "/signout", {}, Cookie=cookie, **origin)
        assert status == 403
    ann = house.seats["ann"]
    ann.get_by_role("button", name="Sign out").click()
    ann.wait_for_url("**/signin")


@pytest.mark.parametrize("who", ["c*", "[a-z]*", "../invited/cho", "/etc/x", "**/cho"])
def test_a_name_is_no_pattern_and_no_path(house: Served, who: str) -> None:
    """Whoever asks learns nothing of who is invited, and reads no other folder."""
    code = house.invite("cho")
    body = {"who": who, "invitation": f"{code.partition('-')[0]}-{'0' * 32}"}
    status, said = asked(house, "/enrol/start", body, **{"X-Cheget": "page"})
    assert (status, b"was invited" in said) == (409, False)


def test_a_sign_in_leads_back_and_to_no_other_site(house: Served) -> None:
    page = house.seats["bob"]
    for asked_for, reached in (
        ("/log", "/log"), ("//evil.example", "/"), ("/\\evil.example", "/"), ("javascript:1", "/"),
    ):  # fmt: skip
        page.context.clear_cookies()
        page.goto(f"{house.at}/signin?who=bob&next={asked_for}")
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_url(f"{house.at}{reached}")


def test_a_server_that_drafts_an_answer_for_a_sign_in_gets_no_signature(house: Served) -> None:
    order = transmit(house, "signed elsewhere")
    bob = house.sign_in("bob")
    drafted = bob.request.post(
        f"{house.at}/orders/{order}/draft",
        data={"decision": "concur"},
        headers={"X-Cheget": "page"},
    )
    assert drafted.ok
    bob.route("**/signin/draft", lambda one: one.fulfill(body=drafted.body(), status=200))
    bob.goto(f"{house.at}/signin?who=bob")
    bob.get_by_role("button", name="Sign in with a passkey").click()
    bob.get_by_text("something else than was chosen").wait_for()
    bob.unroute("**/signin/draft")


@pytest.mark.parametrize(
    "body", [{}, {"who": 7}, {"who": ["ann"]}, {"who": "\x00"}, {"who": "Ann Example"}]
)
@pytest.mark.parametrize(
    "path", ["/signin", "/signin/draft", "/enrol", "/enrol/start", "/enrol/draft"]
)
def test_nonsense_is_refused_and_no_fault(house: Served, path: str, body: dict[str, Any]) -> None:
    status, _ = asked(house, path, body, **{"X-Cheget": "page"})
    assert 400 <= status < 500
