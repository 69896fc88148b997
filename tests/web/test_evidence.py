"""Evidence: an order as one file that verifies itself, in a real browser, from disk, offline."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cheget.order import canonical
from cheget.order.papers import open_envelope
from cheget.report.evidence import evidence
from cheget.service.amending import law_state
from simulator import ChainSimulator
from web.conftest import Served
from web.offline import Case, Verifier, offline
from web.stories import (
    DB,
    receipt,
    released,
)
from web.test_pages import transmit

pytestmark = pytest.mark.xdist_group("chromium")


# The file, as people meet it


@pytest.fixture(scope="module")
def house(served: Served) -> Served:
    served.enrol("ann", "bob", "dee")
    return served


def holding(house: Served) -> str:
    """The digest of the charter that holds now, as the folder has it."""
    from cheget.service.house import open_house, open_store

    store = open_store(open_house(house.shell.here))
    try:
        return store.read(law_state).charter.digest
    finally:
        store.close()


def downloaded(page: Any, target: Path) -> Path:
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Evidence").click()
    assert waiting.value.suggested_filename.startswith("order-")
    waiting.value.save_as(target)
    return target


def test_a_released_order_is_kept_from_its_page_and_verifies_elsewhere(
    house: Served, chromium: Any, tmp_path: Path
) -> None:
    """By passkeys, under a charter that was amended."""
    order = transmit(house, "ticket 1182")
    for person in ("bob", "dee"):
        page = house.sign_in(person)
        page.goto(f"{house.at}/orders/{order}")
        page.get_by_role("button", name="Concur").click()
    page.get_by_text("Released.").first.wait_for()
    kept = offline(chromium).open(downloaded(page, tmp_path / "kept.html"))
    heading = kept.page.locator("h1")
    assert "fits together" in heading.inner_text()
    digest = kept.page.locator("#digest").inner_text()
    assert digest.replace(" ", "") == holding(house)
    kept.page.get_by_label("The digest you have by another road").fill(digest.upper())
    assert heading.inner_text() == "✓ Everything in this file verifies."
    assert kept.page.locator("#state").inner_text().startswith("Released at")
    assert "bob concurs at team, in the seat of bob: counted" in kept.page.inner_text("#thread")
    assert "webauthn-" in kept.page.inner_text("#thread")
    kept.page.get_by_label("The digest you have by another road").fill("0" * 64)
    assert heading.inner_text() == "✕ NOT verified."
    assert kept.asked == [(tmp_path / "kept.html").as_uri()]
    assert not kept.faults
    kept.page.context.close()
    assert not house.faults


def test_a_refusal_is_in_the_file_with_its_reason_as_text(
    house: Served, chromium: Any, tmp_path: Path
) -> None:
    """In the file that a terminal writes too."""
    order = transmit(house, "</script><script>alert(1)</script>")
    bob = house.sign_in("bob")
    bob.goto(f"{house.at}/orders/{order}")
    bob.get_by_label("Why; signed").fill("<img src=x onerror=alert(1)> not on a Friday")
    bob.get_by_role("button", name="Refuse").click()
    bob.get_by_text("Stopped").first.wait_for()
    files = [downloaded(bob, tmp_path / "kept.html")]
    for how in ([], ["--at", house.at, "--key", "ann.key", "--as", "ann"]):
        files.append(tmp_path / f"{len(files)}.html")
        house.shell.must("order", "evidence", order, "-o", str(files[-1]), *how)
    for file in files:
        kept = offline(chromium).open(file)
        kept.page.get_by_label("The digest you have by another road").fill(holding(house))
        assert kept.page.locator("h1").inner_text() == "✓ Everything in this file verifies."
        said = kept.page.locator("#state").inner_text()
        assert said == "Stopped at team by bob. No code exists."
        assert "“<img src=x onerror=alert(1)> not on a Friday”" in kept.page.inner_text("#thread")
        assert "“</script><script>alert(1)</script>”" in kept.page.inner_text("#fields")
        assert not kept.page.locator("img").count()
        assert not kept.faults
        kept.page.context.close()


def test_nobody_gets_evidence_who_may_not_read(house: Served) -> None:
    page = house.context()
    page.goto(f"{house.at}/orders/{'0' * 64}/evidence")
    assert "/signin" in page.url
    ann = house.sign_in("ann")
    answer = ann.goto(f"{house.at}/orders/{'0' * 64}/evidence")
    assert answer.status == 409
    assert "there is no order" in ann.locator(".lead").inner_text()
    house.faults.clear()  # a browser's console names the status


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_the_file_is_good_for_whoever_reads_by_ear_or_keyboard(
    verifier: Verifier, look: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = verifier.page
    page.emulate_media(color_scheme="light" if look == "light" else "dark")
    page.set_viewport_size({"width": 390 if look == "phone" else 1280, "height": 844})
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_another_file_is_judged_by_a_copy_of_ones_own_and_papers_go_on_to_python(
    chromium: Any, acted: tuple[ChainSimulator, Case], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from terminal import Shell

    sim, _ = acted
    other = released(tmp_path / "other")
    other.refuse("dee")
    mine, theirs = tmp_path / "mine.html", tmp_path / "theirs.html"
    for one, file in ((sim, mine), (other, theirs)):
        file.write_text(evidence(one.desk.papers(one.order), [], one.charter))
    # Theirs holds a script that says yes to everything.
    theirs.write_text(theirs.read_text().replace("async function judge", "async function fair"))
    kept = offline(chromium).open(mine)
    kept.page.get_by_label("Judge another file").set_input_files(theirs)
    kept.page.get_by_text("Countermanded by dee").wait_for()
    for name in ("papers", "charter"):
        with kept.page.expect_download() as waiting:
            kept.page.get_by_role("button", name=f"Save the {name}").click()
        waiting.value.save_as(tmp_path / f"{name}.json")
    kept.page.context.close()
    assert (tmp_path / "papers.json").read_bytes() == other.desk.papers(other.order)
    monkeypatch.chdir(tmp_path)
    out, _ = Shell(tmp_path).run("verify", "papers.json", "--charter", "charter.json")
    assert other.charter.digest in out
    assert "countermanded by dee" in out


# What it must not pass


def mutations(sim: ChainSimulator, case: Case) -> Iterator[tuple[str, str, Case]]:
    """What was done, which line has to name it, and the file that came of it."""
    papers: dict[str, Any] = json.loads(case.papers)
    envelopes = papers["envelopes"]

    def but(**changes: Any) -> Case:
        return replace(case, papers=canonical.encode({**papers, **changes}).decode())

    def changed(place: int, change: Callable[[dict[str, Any]], None], *, headed: bool) -> Case:
        """An envelope changed; with ``headed`` its header follows, as no log's signature does."""
        value = json.loads(envelopes[place])
        change(value)
        stored = canonical.encode(value).decode()
        found = but(envelopes=[*envelopes[:place], stored, *envelopes[place + 1 :]])
        if not headed:
            return found
        return relogged(sim, json.loads(found.papers), case)

    def flip_signature(value: dict[str, Any]) -> None:
        raw = bytearray(base64.b64decode(value["signatures"][0]["sig"]))
        raw[40] ^= 1
        value["signatures"][0]["sig"] = base64.b64encode(raw).decode()

    def other_signer(value: dict[str, Any]) -> None:
        payload = json.loads(base64.b64decode(value["payload"]))
        payload["signer"] = "eve"
        value["payload"] = base64.b64encode(canonical.encode(payload)).decode()

    def refusal(value: dict[str, Any]) -> None:
        kind = "application/vnd.cheget.refusal.v1+json"
        value["payloadType"] = kind

    yield "flipped signature", "log of orders", changed(2, flip_signature, headed=False)
    yield "flipped signature, logged so", "signatures", changed(2, flip_signature, headed=True)
    yield "another signer, logged so", "signatures", changed(2, other_signer, headed=True)
    yield "another kind", "form", changed(2, refusal, headed=False)
    yield "an envelope less", "log of orders", but(envelopes=envelopes[:-1])
    yield "an envelope twice", "log of orders", but(envelopes=[*envelopes, envelopes[-1]])
    yield "two swapped", "log of orders", but(
        envelopes=[envelopes[0], envelopes[1], envelopes[3], envelopes[2], *envelopes[4:]]
    )  # fmt: skip
    cut = {**papers["slice"], "headers": papers["slice"]["headers"][:-1]}
    yield "a header less", "log of orders", but(slice=cut)
    peaks = [f"{'0' * 63}1", *papers["slice"]["peaks"][1:]]
    yield "another peak", "log of orders", but(slice={**papers["slice"], "peaks": peaks})
    earlier = [one.replace("2026-11-22T10:00", "2026-11-22T09:59") for one in cut["headers"]]
    last = papers["slice"]["headers"][-1:]
    yield "other times", "log of orders", but(
        slice={**papers["slice"], "headers": [*earlier, *last]}
    )  # fmt: skip
    for name in ("latest", "published"):
        note = papers[name]
        origin, size, rest = note.split("\n", 2)
        smaller = f"{origin}\n{int(size) - 1}\n{rest}"
        yield f"{name}: another size", "log of orders", but(**{name: smaller})
        spoilt = note[:-12] + ("A" if note[-12] != "A" else "B") + note[-11:]
        yield f"{name}: flipped signature", "log of orders", but(**{name: spoilt})
    yield "law: flipped root", "log of law", but(
        law={**papers["law"], "latest": papers["law"]["latest"].replace("\n7\n", "\n6\n")}
    )  # fmt: skip
    yield "law: an entry less", "log of law", but(
        law={**papers["law"], "envelopes": papers["law"]["envelopes"][:-1]}
    )  # fmt: skip
    digest, text = next(iter(papers["texts"].items()))
    yield "another text", "form", but(
        texts={**papers["texts"], digest: {**text, "text": "something else"}}
    )  # fmt: skip
    yield "other executors", "allowed", but(address={"executors": ["staging-db"]})
    yield "more executors", "allowed", but(address={"executors": [DB, "staging-db"]})
    yield "another order's digest", "form", but(order="0" * 64)
    yield "not canonical", "form", replace(case, papers=case.papers.replace(",", ", ", 1))
    yield "a key twice", "form", replace(
        case, papers=case.papers.replace('{"address"', '{"address":{},"address"', 1)
    )  # fmt: skip
    yield "a field more", "form", but(zeal=1)
    yield "no receipt", "receipts", replace(case, receipts=())
    yield "the receipt twice", "receipts", replace(case, receipts=case.receipts * 2)
    failed = receipt(sim, outcome="failed").decode()
    yield "another receipt", "receipts", replace(case, receipts=(failed,))
    yield "what is no receipt", "receipts", replace(case, receipts=(envelopes[0],))


def relogged(sim: ChainSimulator, papers: dict[str, Any], case: Case) -> Case:
    """The papers, with headers and checkpoints that fit, by whoever owns the log's key."""
    from cheget.audit.checkpoint import Checkpoint, assemble
    from cheget.audit.slice import Slice

    opened = {}
    for stored in papers["envelopes"]:
        filed = open_envelope(stored.encode())
        opened[filed.envelope.digest] = filed
    headers, left = [], list(papers["envelopes"])
    for text in papers["slice"]["headers"]:
        header = json.loads(text)
        if header.get("subject") == papers["order"]:
            stored = left.pop(0)
            header["envelope"] = open_envelope(stored.encode()).stored_digest
        headers.append(canonical.encode(header).decode())
    part = Slice.from_json({**papers["slice"], "headers": headers})
    key = sim.log_signers["orders"]
    point = Checkpoint("cheget.example/orders", part.size, part.roots({part.size})[part.size])
    note = assemble(point, key.sign(point.encode()), key.public.key).decode()
    told = {**papers, "slice": part.to_json(), "latest": note, "published": note}
    return replace(case, papers=canonical.encode(told).decode())


def test_every_mutation_is_refused_by_the_line_it_concerns(
    verifier: Verifier, acted: tuple[ChainSimulator, Case]
) -> None:
    sim, case = acted
    good = verifier.one(case)
    assert (good["verdict"], good["state"], good["receipts"]) == (
        "holds", "released", ["carried-out"],
    )  # fmt: skip
    assert verifier.one(relogged(sim, json.loads(case.papers), case))["verdict"] == "holds"
    cases = list(mutations(sim, case))
    told = verifier.judge(*(one for _, _, one in cases))
    found = [(what, line, said["line"]) for (what, line, _), said in zip(cases, told, strict=True)]
    assert [one for one in found if one[1] != one[2]] == []
    assert {said["verdict"] for said in told} == {"not"}


def test_another_charter_judges_nothing(
    verifier: Verifier, acted: tuple[ChainSimulator, Case], tmp_path: Path
) -> None:
    """One that gives dee's post to eve, or dee another key: the order's law isn't its."""
    _, case = acted
    value = json.loads(case.charter)
    for change in ("posts", "people", "logs", "twice", "small"):
        lie = json.loads(case.charter)
        match change:
            case "posts":
                lie["roster"]["posts"]["dee"] = "eve"
            case "people":
                lie["roster"]["people"]["dee"]["keys"][0]["key"] = "ab" * 32
            case "logs":
                lie["logs"]["orders"]["key"] = value["logs"]["law"]["key"]
            case "twice":
                lie["roster"]["people"]["dee"] = value["roster"]["people"]["eve"]
            case "small":
                lie["roster"]["people"]["dee"]["keys"][0]["key"] = "01" + "00" * 31
        said = verifier.one(replace(case, charter=canonical.encode(lie).decode()))
        assert said["verdict"] == "not"
        assert said["line"] in {"charter", "law"}
    for broken in ("", "{}", "[]", "null", case.charter[:-1], case.charter.replace(",", ", ", 1)):
        said = verifier.one(replace(case, charter=broken))
        assert (said["verdict"], said["line"]) == ("not", "charter")
    # A house whose charter everybody in it agreed to, save that dee never did.
    other = released(tmp_path)
    papers = json.loads(other.desk.papers(other.order))
    papers["law"]["envelopes"].pop()
    assert verifier.one(Case(case.charter, canonical.encode(papers).decode()))["verdict"] == "not"


def test_no_flipped_byte_survives(verifier: Verifier, acted: tuple[ChainSimulator, Case]) -> None:
    check_flips(verifier, acted[1], 61)


@pytest.mark.slow
def test_no_flipped_byte_survives_wherever_it_is(
    verifier: Verifier, acted: tuple[ChainSimulator, Case]
) -> None:
    check_flips(verifier, acted[1], 1)


def check_flips(verifier: Verifier, case: Case, every: int) -> None:
    """Each so many characters the lowest bit flipped, one at a time, in all that the file holds."""
    survived = verifier.page.evaluate(
        """async ([given, every]) => {
          const survived = [], flip = (text, place) => text.slice(0, place)
            + String.fromCharCode(text.charCodeAt(place) ^ 1) + text.slice(place + 1);
          for (const [name, text] of Object.entries({ ...given, receipts: given.receipts[0] })) {
            for (let place = 0; place < text.length; place += every) {
              const spoilt = flip(text, place);
              const one = { ...given, [name]: name === "receipts" ? [spoilt] : spoilt };
              if ((await judge(one)).verdict !== "not") survived.push([name, place]);
            }
          }
          return survived;
        }""",
        [case.given(), every],
    )
    assert survived == []
