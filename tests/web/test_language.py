"""The pages in the reader's language: all of the signing path, and nothing of what is signed."""

from __future__ import annotations

import gettext
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from io import BytesIO
from string import Formatter
from threading import Barrier
from typing import Any

import httpx
import pytest
from babel.messages.catalog import Message
from starlette.requests import Request

from cheget.chain.saying import Said, said
from cheget.web.language import LONGEST, NAMES, again, asked_for, number, speak, tell
from cheget.web.rendering import page, script_words
from web import words
from web.conftest import Served
from web.test_pages import card

pytestmark = pytest.mark.xdist_group("chromium")
CATALOGUES = sorted(words.catalogues())
OWN = {"No backup is left."}  # of the chain's author, who wrote English
NAMES_OF_THINGS = {"cheget", "JSON", "beliefs", "yaml"}  # the same in every language
TEMPLATES = sorted((words.SRC / "web" / "templates").glob("*.html"))
PLACES = re.compile(r"%\((\w+)\)s")


@pytest.fixture(scope="module")
def house(served: Served) -> Served:
    served.enrol("ann", "bob", "dee")
    return served


def in_german(house: Served, person: str) -> Any:
    """Somebody's page, in a browser that asks for German."""
    page = house.seats[person]
    page.set_extra_http_headers({"Accept-Language": "de-DE,de;q=0.9,en;q=0.5"})
    page.goto(f"{house.at}/")
    if "/signin" in page.url:
        said_in_german(page)
        page.get_by_label("Ihr Name auf der Liste").fill(person)
        page.get_by_role("button", name="Mit einem Passkey anmelden").click()
        page.wait_for_url(f"{house.at}/")
    return page


def entries() -> Iterator[Message]:
    for path in CATALOGUES:
        yield from (one for one in words.read(path) if one.id)


def texts(said: object) -> list[str]:
    return list(said) if isinstance(said, list | tuple) else [str(said)]


def english() -> list[re.Pattern[str]]:
    """Every English message with a German one that differs, in pieces as they stand on a page."""
    found = []
    for one in entries():
        for text, told in zip(texts(one.id), texts(one.string), strict=True):
            kept = {piece.strip() for piece in re.split(r"<[^>]*>", told)}
            for piece in re.split(r"<[^>]*>", text):
                if piece.strip() in kept or not re.search(r"[a-z]{2}", PLACES.sub("", piece)):
                    continue
                parts = [re.escape(part) for part in PLACES.split(piece.strip())[::2]]
                found.append(re.compile(rf"(?<![\w.-]){'.+?'.join(parts)}(?![\w-])"))
    return found


def said_in_german(page: Any) -> None:
    """Nothing that a German reader sees or hears there is a message in English."""
    assert page.locator("html").get_attribute("lang") == "de"
    # The signed fields are named as they are signed; what others wrote stays as they wrote it.
    left_out = ".fields dt, .fields dd, code, [lang=en], blockquote"
    seen = page.evaluate(
        """(out) => {
          const kept = (one) => !one.parentElement.closest(out + ", script, style");
          const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          const found = [document.title];
          while (walk.nextNode()) if (kept(walk.currentNode)) found.push(walk.currentNode.data);
          for (const one of document.querySelectorAll("[aria-label], [placeholder], [data-of]"))
            for (const name of ["aria-label", "placeholder", "data-of"])
              if (one.hasAttribute(name) && !one.closest(out)) found.push(one.getAttribute(name));
          return found;
        }""",
        left_out,
    )
    lines = [said for one in seen if (said := " ".join(one.split())) and said not in OWN]
    for pattern in english():
        assert not [one for one in lines if pattern.fullmatch(one)], pattern.pattern
        if len(re.findall(r"[a-z]{2}", pattern.pattern)) > 3:  # more than a word
            assert not [one for one in lines if pattern.search(one)], pattern.pattern


def transmitted(house: Served, reason: str) -> Any:
    """Ann's page of an order that she transmitted in German."""
    ann = in_german(house, "ann")
    ann.goto(f"{house.at}/transmit")
    ann.get_by_role("heading", name="Es gibt keinen Startknopf.").wait_for()
    said_in_german(ann)
    wipe = card(ann, "wipe")
    wipe.get_by_label("Begründung").fill(reason)
    wipe.get_by_role("button", name="Unterschreiben und übermitteln zu team").click()
    ann.wait_for_url("**/orders/*")
    return ann


def narrow(page: Any) -> None:
    """German is longer: nothing scrolls sideways on a telephone, and axe finds nothing."""
    from axe_playwright_python.sync_playwright import Axe

    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.set_viewport_size({"width": 1280, "height": 900})


def test_an_order_goes_from_sign_in_to_release_in_german(house: Served) -> None:
    ann = transmitted(house, "Vorgang 1182")
    bob, dee = in_german(house, "bob"), in_german(house, "dee")
    ann.get_by_text("Wartet bei team.").wait_for()
    said_in_german(ann)
    bob.goto(f"{house.at}/")
    assert "Befehl wartet auf Sie." in bob.locator("h1").inner_text()
    said_in_german(bob)
    narrow(bob)
    bob.goto(ann.url)
    bob.get_by_text("Eine Ablehnung stoppt diesen Befehl, bei team.").wait_for()
    said_in_german(bob)
    narrow(bob)
    bob.get_by_role("button", name="Zustimmen").click()
    bob.get_by_text("Zugestimmt um").wait_for()
    # Without being asked to, ann's page has followed, in her language.
    ann.get_by_text("Wartet bei security.").wait_for()
    dee.goto(ann.url)
    dee.get_by_role("button", name="Zustimmen").click()
    dee.get_by_text("Es gibt einen Code, für den benannten Ausführer").first.wait_for()
    said_in_german(dee)
    narrow(dee)
    assert house.shell.must("show", ann.url.rsplit("/", 1)[1]).startswith("Released. One code")
    assert not house.faults


def test_a_refusal_in_german_is_signed_as_it_was_written_and_its_markup_is_text(
    house: Served,
) -> None:
    """Attack: values go into a translated message as text, whatever they are."""
    ann = transmitted(house, "<img src=x onerror=alert(1)> %(who)s %s")
    bob = in_german(house, "bob")
    bob.goto(ann.url)
    bob.get_by_label("Begründung").fill("<script>alert(1)</script> %(at)s 100 %")
    bob.get_by_role("button", name="Ablehnen").click()
    bob.get_by_role("heading", name="Gestoppt bei team. Es gibt keinen Code.").wait_for()
    quoted = bob.locator("blockquote").first.inner_text()
    assert quoted.startswith("„<script>alert(1)</script> %(at)s 100 %“")
    assert bob.locator("main script, main img").count() == 0
    said_in_german(bob)
    narrow(bob)
    assert not house.faults


def test_what_the_script_says_is_german_too_and_what_the_desk_says_is_marked_as_english(
    house: Served,
) -> None:
    order = transmitted(house, "to be asked about").url.rsplit("/", 1)[1]
    bob = in_german(house, "bob")
    bob.goto(f"{house.at}/orders/{order}")
    bob.get_by_role("button", name="Etwas fragen").click()
    bob.get_by_text("Was ist die Frage?").wait_for()

    def lie(route: Any) -> None:
        body = {**json.loads(route.request.post_data), "decision": "concur"}
        route.continue_(post_data=json.dumps(body))

    bob.route(f"**/orders/{order}/draft", lie)
    bob.get_by_role("button", name="Ablehnen").click()
    bob.get_by_text("der Server entwarf etwas anderes, als gewählt war").wait_for()
    bob.unroute(f"**/orders/{order}/draft")
    assert bob.locator("[data-said]").get_attribute("lang") is None
    house.shell.must("countermand", order, "--reason", "enough", "--key", "ann.key", "--yes")
    bob.get_by_text("Widerrufen von ann.").first.wait_for()
    stranger = house.context(locale="de-DE")
    stranger.goto(f"{house.at}/signin")
    stranger.get_by_label("Ihr Name auf der Liste").fill("Nobody?")
    stranger.get_by_role("button", name="Mit einem Passkey anmelden").click()
    stranger.locator(".note.bad").wait_for()
    assert stranger.locator(".note.bad").get_attribute("lang") == "en"
    house.faults.clear()  # the browser's own word on the 400 that is meant


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    ["/orders", "/chain", "/executors", "/people", "/log", "/log/1", "/audit", "/readiness",
     "/assessment", "/enrol", "/nonsense"],
)  # fmt: skip
def test_every_other_page_is_german_but_for_prose_that_is_marked_as_english(
    house: Served, path: str
) -> None:
    ann = in_german(house, "ann")
    ann.goto(f"{house.at}{path}")
    said_in_german(ann)
    narrow(ann)
    house.faults.clear()  # of the page that isn't there


def test_an_amendment_is_agreed_to_in_german(house: Served) -> None:
    chain = house.shell.here / "chains" / "wipe-database.yaml"
    before = chain.read_text()
    chain.write_text(before.replace("hold: 1m", "hold: 2m"))
    done = json.loads(house.shell.must("chain", "amend", "--key", "ann.key", "--yes", "--json"))
    chain.write_text(before)
    dee = in_german(house, "dee")
    dee.get_by_text("Eine Änderung der Satzung wartet auf Sie:").wait_for()
    dee.goto(f"{house.at}/amendments/{done['amendment']}")
    dee.get_by_role("heading", name="Vorgeschlagen. Es fehlt die Zustimmung: amend von").wait_for()
    said_in_german(dee)
    narrow(dee)
    dee.get_by_role("button", name="Ablehnen").click()
    dee.get_by_role("heading", name="Beendet: abgelehnt von dee.").wait_for()
    said_in_german(dee)
    assert not house.faults


def test_a_language_is_chosen_by_hand_at_the_foot_of_a_page_and_stays(house: Served) -> None:
    page = house.context()
    page.goto(f"{house.at}/signin")
    assert page.locator("html").get_attribute("lang") == "en"
    page.get_by_role("link", name="Deutsch").click()
    page.get_by_role("heading", name="Wer ist da?").wait_for()
    assert page.url == f"{house.at}/signin"
    page.goto(f"{house.at}/orders")
    page.get_by_role("heading", name="Wer ist da?").wait_for()
    page.get_by_role("link", name="English").click()
    page.get_by_role("heading", name="Who are you?").wait_for()
    assert not house.faults


@pytest.mark.parametrize(
    "after", ["https://evil.example", "//evil.example", "/\\evil.example", "/%0d%0aX: y", "/a b",
              "javascript:alert(1)", "/.//evil.example"],
)  # fmt: skip
def test_the_choice_of_a_language_leads_to_no_other_site(house: Served, after: str) -> None:
    """Attack: an open redirect by the link that chooses."""
    answer = httpx.get(f"{house.at}/language/de", params={"after": after})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"


def test_a_link_to_a_language_sets_one_of_ours_and_only_from_a_page_of_ours(
    house: Served,
) -> None:
    def cookies(code: str, site: str) -> dict[str, str]:
        answer = httpx.get(f"{house.at}/language/{code}", headers={"Sec-Fetch-Site": site})
        return dict(answer.cookies)

    assert cookies("de", "same-origin") == {"cheget-language": "de"}
    assert cookies("de", "cross-site") == {}
    assert cookies("de", "same-site") == {}
    assert cookies("../../etc/passwd", "same-origin") == {}
    assert cookies("xx", "same-origin") == {}


def test_programs_are_answered_in_english_whatever_they_ask_for(house: Served) -> None:
    ask = {"Accept-Language": "de", "Accept": "application/json"}
    told = httpx.get(f"{house.at}/nothing-here", headers=ask)
    assert told.headers["content-type"] == "application/problem+json"
    assert told.json() == httpx.get(f"{house.at}/nothing-here").json()


@pytest.mark.parametrize(
    ("cookie", "header", "code"),
    [
        ("", None, "en"), ("", "", "en"), ("", "de", "de"), ("", "DE-at", "de"),
        ("", "fr, de;q=0.8, en;q=0.7", "de"), ("", "en, de", "en"), ("", "de, en", "de"),
        ("", "de;q=0.5, en;q=0.9", "en"), ("", "de;q=0, fr", "en"), ("", "de;q=0.1,*;q=0.5", "en"),
        ("", "de ; q=1.000", "de"), ("", "de-Latn-DE-1996", "de"),
        ("en", "de", "en"), ("de", "en", "de"), ("xx", "de", "de"), ("../de", "en", "en"),
    ],
)  # fmt: skip
def test_a_browser_gets_the_language_that_it_likes_best_of_ours(
    cookie: str, header: str | None, code: str
) -> None:
    assert asked_for(cookie, header) == code


@pytest.mark.parametrize(
    "header",
    ["de;q=2", "de;q=1.5", "de;q=0.1234", "de;q=-1", "de;q=nan", "de;q=inf", "de;q=1e9", "de;x=1",
     "de;;", "de en", "../de", "de\x00", "d\u00e9", "de" * 400, "de," * LONGEST, "-" * LONGEST,
     ",".join(["de"] * 300), f"de{'-a' * 200}", "de, de;q=", ";q=1", "%(x)s"],
)  # fmt: skip
def test_a_hostile_accept_language_asks_for_nothing(header: str) -> None:
    """Attack: endless, nonsense, numbers out of range: English, and no more than that."""
    assert asked_for("", header) == "en"


def test_hostile_headers_do_no_harm_to_the_house(house: Served) -> None:
    for header in ("de" * 5000, "de;q=nan", "\x01de", "*" * 2000):
        answer = httpx.get(f"{house.at}/signin", headers={"Accept-Language": header})
        assert answer.status_code in {200, 400}
        assert answer.status_code != 200 or '<html lang="en">' in answer.text


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda one: one.name)
def test_no_text_of_a_template_stands_outside_the_catalogue(path: Any) -> None:
    """A new text goes through ``_()`` or ``{% trans %}``, in attributes too."""
    text = re.sub(r"{% trans.*?{% endtrans %}", "", path.read_text(), flags=re.DOTALL)
    text = re.sub(r"{{.*?}}|{%.*?%}|<code.*?</code>", "", text, flags=re.DOTALL)
    named = re.findall(r'(?:aria-label|placeholder|data-of|alt)="([^"]*)"', text)
    plain = re.sub(r"<[^>]*>", " ", " ".join([text, *named]))
    assert set(re.findall(r"[^\W\d_]{2,}", plain)) <= NAMES_OF_THINGS


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda one: one.parts[-3])
def test_a_catalogue_has_exactly_the_messages_that_the_code_says(path: Any) -> None:
    """After a change of words: ``make words``, and translate what is new."""
    known, wanted = words.read(path), words.collected()
    assert {str(one.id) for one in wanted} == {str(one.id) for one in known}
    for one in known:
        assert one.id == "" or all(texts(one.string)), one.id
        assert not one.fuzzy or one.id == "", one.id
    assert not known.obsolete


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda one: one.parts[-3])
def test_what_pages_load_is_what_the_catalogue_compiles_to(path: Any) -> None:
    with path.with_suffix(".mo").open("rb") as file:
        loaded = gettext.GNUTranslations(file)
    now = gettext.GNUTranslations(BytesIO(words.compiled(words.read(path))))
    told, wanted = (
        {key: value for key, value in vars(one)["_catalog"].items() if key}
        for one in (loaded, now)
    )  # fmt: skip
    assert told == wanted
    assert [vars(loaded)["plural"](n) for n in range(5)] == [int(n != 1) for n in range(5)]


def test_every_language_offered_has_a_catalogue_and_none_lies_unused() -> None:
    assert {path.parts[-3] for path in CATALOGUES} | {"en"} == set(NAMES)


def test_a_translation_has_the_placeholders_and_the_markup_of_its_message() -> None:
    """No entry can name a value that is not there, nor bring in a tag or end an attribute."""
    tag = re.compile(r"<[^>]*>")
    for one in entries():
        whole = texts(one.id)
        for number_, told in enumerate(texts(one.string)):
            text = whole[min(number_, len(whole) - 1)]
            assert sorted(PLACES.findall(told)) == sorted(PLACES.findall(text)), text
            assert "%" not in PLACES.sub("", told), text
            assert sorted(tag.findall(told)) == sorted(tag.findall(text)), text
            assert not set("<>\"'&") & set(tag.sub("", told)), text
            assert not [name for _, name, _, _ in Formatter().parse(told) if name], text


def test_the_script_says_what_its_catalogue_holds() -> None:
    """The page finds the script's messages as the collector does."""
    method, folders, pattern, keywords = words.SOURCES[-1]
    found = {
        message for folder in folders for _, _, message, _, _ in words.extract_from_dir(
            words.SRC / folder, [(pattern, method)], {}, keywords
        )
    }  # fmt: skip
    assert found == set(in_language("de", script_words))
    assert in_language("en", script_words) == {}


def in_language(code: str, said: Any, *given: Any, **named: Any) -> Any:
    """What is said when somebody has chosen that language."""
    scope = {"type": "http", "method": "GET", "path": "/x",
             "headers": [(b"cookie", f"cheget-language={code}".encode())]}  # fmt: skip

    def run() -> Any:
        waits = speak(Request(scope))
        with pytest.raises(StopIteration):
            waits.send(None)
        return said(*given, **named)

    return copy_context().run(run)


def test_what_the_core_said_is_english_until_a_page_says_it_again() -> None:
    inner = said("%(state)s at %(level)s.", state=said("Stopped"), level="Stopped")
    whole = said("%(ended)s No code exists.", ended=inner)
    assert whole == "Stopped at Stopped. No code exists."
    assert type(whole[:7]) is str
    assert isinstance(whole, Said)
    assert in_language("de", again, whole) == "Gestoppt bei Stopped. Es gibt keinen Code."
    assert again(whole) == whole
    assert in_language("de", again, "Stopped") == "Stopped"  # a name, not a message
    assert (
        in_language("de", tell, "%(who)s refused", who="100 % %(x)s") == "100 % %(x)s hat abgelehnt"
    )
    assert in_language("de", number, 1980) == "1.980"
    assert number(1980) == "1,980"


def test_readers_of_two_languages_at_once_each_hear_their_own(house: Served) -> None:
    """Threads share the templates and the catalogues, and no language."""
    both = Barrier(2)

    def waited() -> str:
        both.wait(10)  # until the other has spoken too
        return tell("Refuse")

    def shown(code: str) -> bool:
        answer = httpx.get(f"{house.at}/signin", headers={"Accept-Language": code})
        said = {"de": "Wer ist da?", "en": "Who are you?"}[code]
        return f'<html lang="{code}">' in answer.text and said in answer.text

    with ThreadPoolExecutor(2) as pool:
        told = pool.map(lambda code: in_language(code, waited), ["de", "en"])
        assert list(told) == ["Ablehnen", "Refuse"]
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(shown, ["de", "en"] * 20))


def test_a_catalogue_entry_cannot_make_markup_of_a_value() -> None:
    """Attack: values in a translated message are escaped, in text and in attributes."""
    scope = {"type": "http", "method": "GET", "path": "/enrolled", "headers": [],
             "query_string": b""}  # fmt: skip
    evil = "\"><script>alert('1')</script>"

    class Charter:
        digest, version = "0" * 64, 1

    def shown() -> str:
        answer = page(
            Request(scope), "enrol.html", done=True, who=evil, invitation="", reader=None,
            me=None, house=evil, charter=Charter, waiting=0, halted=True, rp_id=evil,
        )  # fmt: skip
        return bytes(answer.body).decode()

    told = in_language("de", shown)
    assert "der Passkey wartet" in told
    assert "ist angehalten" in told
    assert "<script>alert" not in told
    assert told.count("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;") >= 3
