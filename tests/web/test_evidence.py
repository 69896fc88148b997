"""Evidence: an order as one file that verifies itself, in a real browser, from disk, offline."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cheget.errors import (
    BadSignatureError,
    CharterError,
    MalformedDocumentError,
)
from cheget.order import canonical
from cheget.order.charter import Charter, Law, Person, read_charter
from cheget.order.documents import Absence, Receipt
from cheget.order.draft import enclose
from cheget.order.keys import PublicKey, check_public_key, verify
from cheget.order.papers import Address, decode_papers, open_envelope
from cheget.order.passkey import EDDSA, ES256
from cheget.order.verify import Pinned
from cheget.report.evidence import evidence, gathered
from cheget.service.amending import answer_amendment, law_state
from docket import chain_of
from motions import amend, propose, revoke, titled
from passkeys import ORIGIN, PARTY, Authenticator
from simulator import ChainSimulator, scenario
from web.chance import LADDERS, WEIGHED, played
from web.conftest import Served
from web.forging import forgeries
from web.offline import Case, Verifier, by_python, case_of
from web.test_pages import transmit

pytestmark = pytest.mark.xdist_group("chromium")

VECTORS = Path(__file__).parents[1] / "vectors"
DB = "production-db"


def released(folder: Path, **how: Any) -> ChainSimulator:
    """A wipe that everybody agreed to."""
    sim = ChainSimulator(scenario("wipe-database"), folder, **how)
    sim.transmit("ann", "wipe", [DB], database="orders", reason="<b>ticket</b> & 1182")
    sim.ask("bob", "which backup?")
    sim.release()
    return sim


def receipt(sim: ChainSimulator, executor: str = DB, **changes: Any) -> bytes:
    """What an executor says that it did."""
    release = sim.desk.proceeding(sim.order).release
    heads = [sim.desk.head(log) for log in ("law", "orders")]
    facts = {
        "acted_at": sim.clock.now(), "crew": (), "deployment": sim.deployment,
        "executor": executor, "law": heads[0], "order": sim.order, "orders": heads[1],
        "outcome": "carried-out", "output": "0" * 64,
        "release": release.digest if release else "0" * 64, **changes,
    }  # fmt: skip
    return enclose(Receipt(**facts), sim.executor_signers[executor])


@pytest.fixture(scope="module")
def acted(tmp_path_factory: pytest.TempPathFactory) -> tuple[ChainSimulator, Case]:
    """A released order whose executor sent its receipt, and its evidence."""
    sim = released(tmp_path_factory.mktemp("acted"))
    sent = receipt(sim)
    sim.desk.receive(sent)
    return sim, case_of(sim.desk.papers(sim.order), sim.charter, [sent])


def offline(chromium: Any, **how: Any) -> Verifier:
    return Verifier(chromium.new_context(offline=True, **how).new_page())


@pytest.fixture(scope="module")
def verifier(
    chromium: Any, acted: tuple[ChainSimulator, Case], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Verifier]:
    sim, case = acted
    file = tmp_path_factory.mktemp("evidence") / "order.html"
    sent = [one.encode() for one in case.receipts]
    file.write_text(evidence(case.papers.encode(), sent, sim.charter))
    found = offline(chromium).open(file)
    yield found
    assert found.asked == [file.as_uri()]
    assert not found.faults
    found.page.context.close()


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


# Where Python and the page have to agree


def test_the_vectors_of_keys_are_taken_and_refused_alike(verifier: Verifier) -> None:
    files = sorted((VECTORS / "keys").glob("*.txt"))
    cases = []
    for file in files:
        lines = file.read_text().splitlines()[1:]
        cases.append(dict(one.split(": ") if ": " in one else (one[:-1], "") for one in lines))
    told = verifier.page.evaluate(
        """async (cases) => {
          const told = [];
          for (const { scheme, key, message, signature } of cases) {
            try {
              await checkSignature({ scheme, key }, null, unhex(message), unhex(signature));
              await pointOf({ scheme, key });
              told.push("accept");
            } catch (error) {
              told.push(error instanceof Refused ? "reject" : String(error));
            }
          }
          return told;
        }""",
        cases,
    )
    assert [(file.stem, one) for file, one in zip(files, told, strict=True)] == [
        (file.stem, case["expect"]) for file, case in zip(files, cases, strict=True)
    ]


def test_the_vectors_of_documents_are_read_and_refused_alike(verifier: Verifier) -> None:
    """Of the kinds that an order's papers can hold; the others it takes for unknown."""
    expected, stored = [], []
    for file in sorted((VECTORS / "documents").glob("*.txt")):
        head, _, envelope = file.read_bytes().partition(b"\n\n")
        expect, kind, _ = head.decode().split("\n")
        beyond = kind in {"kind: enrolment", "kind: seal", "kind: session"}
        expected.append((file.stem, "reject" if beyond else expect.removeprefix("expect: ")))
        stored.append(envelope.decode("latin-1"))
    told = verifier.page.evaluate(
        """async (all) => {
          const told = [];
          for (const one of all) {
            try { await openEnvelope(one); told.push("accept"); }
            catch (error) { told.push(error instanceof Refused ? "reject" : String(error)); }
          }
          return told;
        }""",
        stored,
    )
    assert list(zip([name for name, _ in expected], told, strict=True)) == expected


MESSAGE = b"DSSEv1 41 application/vnd.cheget.order.v1+json 2 {}"
USES: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("good", {}), ("second page", {"origin": PARTY.origins[1]}),
    ("says nothing of frames", {"client": {"crossOrigin": None, "more": "x"}}),
    ("extended", {"flags": 0x85, "behind": b"extension data"}),
    ("not present", {"flags": 4}), ("not verified", {"flags": 1}),
    ("another origin", {"origin": "https://evil.example.com"}),
    ("no https", {"origin": "http://cheget.example.com"}), ("slash", {"origin": f"{ORIGIN}/"}),
    ("another house", {"rp_id": "example.com"}), ("behind", {"behind": b"x"}),
    ("made, not asked", {"client": {"type": "webauthn.create"}}),
    ("framed", {"client": {"crossOrigin": True}}),
    ("framed in words", {"client": {"crossOrigin": "false"}}),
    ("framed by", {"client": {"topOrigin": ORIGIN}}),
    ("another document", {"client": {"challenge": "AAAA"}}),
)  # fmt: skip


def assertions(scheme: str) -> Iterator[tuple[str, PublicKey, bytes]]:
    for name, how in USES:
        one = Authenticator(scheme, **how)
        yield name, one.public, one.sign(MESSAGE)
    one = Authenticator(scheme)
    said = one.client_data(MESSAGE)
    for name, client in (
        ("twice", said.replace(b'"type"', b'"origin": "https://x", "type"')),
        ("twice, spelt otherwise", said.replace(b'"type"', b'"or\\u0069gin": "x", "type"')),
        ("twice, deep", said[:-1] + b', "more": [{"a": 1, "b": {"a": 2}, "a": 3}]}'),
        ("once in each", said[:-1] + b', "more": [{"a": ":"}, {"a": "\\"{"}]}'),
        ("empty", b""), ("a list", b"[]"), ("cut", said[:-1]), ("null", b"null"),
        ("no text", b"\xff{}"), ("too long", said[:-1] + b" " * 4096 + b"}"),
        ("inherited", b'{"__proto__": ' + said + b"}"),
    ):  # fmt: skip
        yield name, one.public, one.sign(MESSAGE, client)
    yield "another key", Authenticator(scheme, seed=8).public, one.sign(MESSAGE)
    other = Authenticator(EDDSA if scheme == ES256 else ES256)
    yield "another scheme", other.public, one.sign(MESSAGE)
    good = json.loads(one.sign(MESSAGE))
    for name, value in (
        ("a field more", {**good, "zeal": ""}), ("padded", {**good, "signature": "AA=="}),
        ("no signature", {**good, "signature": ""}), ("number", {**good, "signature": 1}),
        ("malformed DER", {**good, "signature": "AAAA" + good["signature"][4:]}),
        ("longer DER", {**good, "signature": good["signature"][:92] + "AAAA"}),
    ):  # fmt: skip
        yield name, one.public, canonical.encode(value)
    yield "spaced", one.public, json.dumps(good).encode()


@pytest.mark.parametrize("scheme", [ES256, EDDSA])
def test_passkeys_are_taken_and_refused_alike(verifier: Verifier, scheme: str) -> None:
    names, cases, expected = [], [], []
    for name, public, signature in assertions(scheme):
        try:
            verify(public, MESSAGE, signature)
            expected.append("accept")
        except BadSignatureError:
            expected.append("reject")
        names.append(name)
        cases.append({"scheme": public.scheme, "key": public.key.hex(), "sig": signature.hex()})
    party = {"rp_id": PARTY.rp_id, "origins": list(PARTY.origins)}
    told = verifier.page.evaluate(
        """async ([message, party, cases]) => {
          const told = [];
          for (const one of cases) {
            try {
              await checkSignature(one, party, unhex(message), unhex(one.sig));
              told.push("accept");
            } catch (error) {
              told.push(error instanceof Refused ? "reject" : String(error));
            }
          }
          return told;
        }""",
        [MESSAGE.hex(), party, cases],
    )
    assert list(zip(names, told, strict=True)) == list(zip(names, expected, strict=True))
    assert set(expected) == {"accept", "reject"}


@pytest.mark.parametrize(
    "key", [bytes(65), b"\x04" + bytes(64), b"\x02" + bytes(64), b"\x04" + b"\xff" * 64]
)
def test_a_p256_key_off_its_curve_is_no_key(verifier: Verifier, key: bytes) -> None:
    with pytest.raises(CharterError):
        check_public_key(PublicKey(ES256, key))
    told = verifier.page.evaluate(
        "async (key) => { try { await pointOf({scheme: 'webauthn-es256', key}); return ''; }"
        " catch (error) { return error.message; } }",
        key.hex(),
    )
    assert told


def codes() -> Iterator[tuple[str, bytes]]:
    """The codes of the vectors, as the papers that a reader would be shown."""
    for file in sorted((VECTORS / "codes").glob("*.txt")):
        code = file.read_bytes().partition(b"\n\n")[2]
        try:
            papers = decode_papers(code)
        except MalformedDocumentError:
            yield file.stem, code
            continue
        assert isinstance(papers.address, Address)
        serial = papers.address.serial
        listed = DB if serial is None or file.stem == "sealed-no-serial" else f"{DB}/{serial}"
        yield file.stem, replace(papers, address=(listed,)).encode()


def under(papers: bytes, first: Charter) -> Charter:
    """The charter that has the law which the order names; the first where none has."""
    try:
        shown = decode_papers(papers)
    except MalformedDocumentError:
        return first
    filed = next(
        one for one in map(open_envelope, shown.log.envelopes) if one.envelope.digest == shown.order
    )
    law = getattr(filed.unverified, "law", "")
    all_ = (first, *map(read_charter, shown.law.charters))
    return next((one for one in all_ if law in one.law_digests), first)


def test_the_vectors_of_codes_are_judged_alike(verifier: Verifier) -> None:
    """A law that changed on the way is for Python; of the rest nothing is left undecided."""
    charter = read_charter((VECTORS / "codes" / "charter.json").read_bytes())
    found = dict(codes())
    cases = [case_of(one, under(one, charter)) for one in found.values()]
    told = dict(zip(found, verifier.judge(*cases), strict=True))
    for name, papers in found.items():
        said = told[name]
        amended = json.loads(papers)["law"].get("charters") if said["verdict"] != "not" else None
        python = by_python(papers, charter)
        ours = (said["verdict"], said["state"], said["counted"])
        assert ours == python or (amended and said["verdict"] == "undecided"), (name, said, python)
    assert sum(one["verdict"] == "holds" for one in told.values()) > 5
    code = (VECTORS / "codes" / "released.txt").read_bytes().partition(b"\n\n")[2]
    assert "a code for an executor" in verifier.one(case_of(code, charter))["says"]


# Houses of many kinds, and ladders by chance

DEPUTIES = """
    chain: posted
    members:
      ann: Ann
      bob: {title: Bob, deputy: dep after 10m}
      cho: Cho
      dan: Dan
      dep: Deputy
    levels:
      - {level: head, members: [ann, dan], rule: any}
      - {level: middle, members: [bob, cho, dan], rule: 2 of members, veto: cho}
      - {level: last, members: [dep, ann], rule: any}
    executors: {thing: {title: Thing, count: 2}}
    actions:
      act: {executors: [thing], at-most: 2, decide-within: 2h, acknowledge: [It is irreversible.]}
      red: {executors: [thing], decide-within: 2h, conditions: [line],
            parameters: {sum: {number: 0 to 10.5}, what: {text: up to 20}, how: sha256,
                         plan: {file: up to 1KiB}}}
      quick: {executors: [thing], decide-within: 2h, review: cho or dan within 1h}
    conditions: {line: {title: Crossed, attested-by: any of (bob, cho)}}
    amend: ann
    """.replace("any of (bob, cho)", '"any of (bob, cho)"')


def leave(sim: ChainSimulator, who: str) -> str:
    now = sim.clock.now()
    document = Absence(sim.deployment, now, sim.fresh().hex(), who, now + 3600)
    stored = enclose(document, sim.signers[who])
    answer_amendment(sim.store, stored, sim.clock, sim.text(""))
    return open_envelope(stored).envelope.digest


def act(folder: Path) -> ChainSimulator:
    sim = ChainSimulator(chain_of(DEPUTIES), folder)
    sim.transmit("ann", "act", ["thing-0001", "thing-0002"])
    return sim


def deputy_in_time(sim: ChainSimulator) -> None:
    sim.clock.turn(600)
    sim.concur("dep", seat="bob")
    sim.concur("cho")


def deputy_within_an_absence(sim: ChainSimulator) -> None:
    away = leave(sim, "bob")
    sim.desk.concur(sim.concurrence("dep", "bob", absence=away))
    sim.concur("dan")
    sim.refuse("dep")


def vetoed(sim: ChainSimulator) -> None:
    sim.ask("bob")
    sim.concur("bob")
    sim.refuse("cho", "")


def refused_without_end(sim: ChainSimulator) -> None:
    sim.refuse("bob")
    sim.concur("cho", "dan")


def expired(sim: ChainSimulator) -> None:
    sim.concur("cho")
    sim.clock.turn(8000)
    sim.refuse("bob")


def amended_since(sim: ChainSimulator) -> None:
    sim.release()
    amend(sim, titled(sim, "another"), "ann")


def amendment_proposed(sim: ChainSimulator) -> None:
    """Proposed, and nobody agreed."""
    sim.release()
    propose(sim, titled(sim, "another"))


def key_given_up(sim: ChainSimulator) -> None:
    sim.concur("cho")
    revoke(sim, "cho")


def key_given_up_elsewhere(sim: ChainSimulator) -> None:
    revoke(sim, "dan")
    sim.concur("cho", "bob")
    sim.concur("dep")


def red(sim: ChainSimulator) -> None:
    line = sim.attest("bob", "line", "red", lasts=1800)
    plan = b"a plan"
    sim.transmit(
        "ann", "red", ["thing-0002"], attestations=[line], files=[plan], sum="10.50",
        what="", how="0" * 64, plan=hashlib.sha256(plan).hexdigest(),
    )  # fmt: skip


def no_answer(sim: ChainSimulator) -> None:
    """Transmitted, and nothing else."""


def reviewed(sim: ChainSimulator) -> None:
    sim.transmit("ann", "quick", ["thing-0001"])
    sim.release()
    sim.review("cho")


def attested(sim: ChainSimulator) -> None:
    red(sim)
    sim.release()


def attestation_lapsed(sim: ChainSimulator) -> None:
    red(sim)
    sim.clock.turn(1800)
    sim.ask("bob")


def attestation_taken_back(sim: ChainSimulator) -> None:
    red(sim)
    (line,) = sim.desk.proceeding(sim.order).order.attestations
    sim.countermand("bob", line)


def receipts(sim: ChainSimulator) -> None:
    sim.release()
    for number, outcome in ((1, "failed"), (1, "carried-out"), (2, "unknown")):
        sim.desk.receive(receipt(sim, f"thing-000{number}", outcome=outcome))


HOUSES = [
    deputy_in_time, deputy_within_an_absence, vetoed, refused_without_end, expired,
    amended_since, amendment_proposed, key_given_up, key_given_up_elsewhere, attested,
    attestation_lapsed, attestation_taken_back, receipts,
]  # fmt: skip
UNDECIDED = {amended_since}


@pytest.mark.parametrize("story", HOUSES, ids=lambda one: one.__name__)
def test_an_order_of_any_kind_is_judged_alike(
    verifier: Verifier, story: Callable[[ChainSimulator], None], tmp_path: Path
) -> None:
    sim = act(tmp_path)
    story(sim)
    papers = sim.desk.papers(sim.order)
    verdict, state, people = by_python(papers, sim.charter)
    assert verdict == "holds"
    said = verifier.one(case_of(papers, sim.charter, sim_receipts(sim)))
    if story in UNDECIDED:
        assert (said["verdict"], state) == ("undecided", "closed")
        assert "cheget verify" in said["says"]
        return
    assert (said["verdict"], said["state"], said["counted"]) == ("holds", state, people), said


def sim_receipts(sim: ChainSimulator) -> list[bytes]:
    from serving import counter_of

    return counter_of(sim).receipt_envelopes(sim.order)


def test_an_order_under_a_later_charter_is_judged_by_that_one(
    verifier: Verifier, tmp_path: Path
) -> None:
    """With passkeys, by both curves; what came before is for whoever told the digest."""
    from attacks.test_law import Amender
    from serving import counter_of

    law = Amender(ChainSimulator(chain_of(DEPUTIES), tmp_path / "house"))
    phones = {"cho": Authenticator(), "dan": Authenticator(EDDSA, seed=9)}
    now = law.charter
    people = {
        **now.people, **{who: Person((*now.people[who].keys, one.public))
                         for who, one in phones.items()},
    }  # fmt: skip
    terms = replace(now.terms, rp_id=PARTY.rp_id, origins=PARTY.origins)
    changed = law.next(people=people, terms=terms)
    law.agree(law.propose(changed, enrolled=list(phones.items())), "ann")
    sim = law.sim
    sim.clock.turn(1)
    sim.law = law.charter.laws[sim.chain.id]
    sim.transmit("ann", "act", ["thing-0001"])
    sim.signers.update(phones)
    sim.release()
    first = Pinned(sim.charter)
    text = gathered(counter_of(sim), sim.order, first, sim.clock.now())
    papers, held = sim.desk.papers(sim.order), law.charter
    assert verifier.one(case_of(papers, sim.charter))["line"] == "law"
    said = verifier.one(case_of(papers, held))
    assert (said["verdict"], said["state"]) == ("holds", "released")
    block = text.partition('id="evidence">')[2].partition("</script>")[0]
    assert json.loads(block)["charter"].encode() == held.payload
    spoilt = papers.replace(b'"salt":"', b'"salt":"0', 1)
    assert verifier.one(case_of(spoilt, held))["verdict"] == "not"


def test_a_sealed_executors_order_is_judged_alike(verifier: Verifier, tmp_path: Path) -> None:
    sim = ChainSimulator(scenario("wipe-database"), tmp_path, sealing=True)
    sim.seal(DB, "wipe", password=b"secret")
    sim.transmit("ann", "wipe", [f"{DB}/1"], database="orders")
    sim.release()
    papers = sim.desk.papers(sim.order)
    said = verifier.one(case_of(papers, sim.charter))
    assert (said["verdict"], said["state"], said["counted"]) == by_python(papers, sim.charter)


STORIES = [
    no_answer, red, deputy_in_time, deputy_within_an_absence, vetoed, expired, attested,
    attestation_taken_back, key_given_up, reviewed,
]  # fmt: skip


@pytest.mark.parametrize("story", STORIES, ids=lambda one: one.__name__)
def test_what_everybodys_keys_would_sign_is_judged_alike(
    verifier: Verifier, story: Callable[[ChainSimulator], None], tmp_path: Path
) -> None:
    """A field or header changed, signed and logged anew: only the rules refuse it."""
    sim = act(tmp_path)
    story(sim)
    check_forgeries(verifier, sim, sim.charter, tmp_path, every=4)


@pytest.mark.slow
@pytest.mark.parametrize("later", [False, True], ids=["first", "later"])
@pytest.mark.parametrize("story", STORIES, ids=lambda one: one.__name__)
def test_all_that_everybodys_keys_would_sign_is_judged_alike(
    verifier: Verifier, story: Callable[[ChainSimulator], None], tmp_path: Path, *, later: bool
) -> None:
    """Under a first charter, and by the digest of one that came later."""
    sim = ChainSimulator(chain_of(DEPUTIES), tmp_path / "house")
    if later:
        amend(sim, titled(sim, "another"), "ann")
        sim.clock.turn(60)
    sim.transmit("ann", "act", ["thing-0001", "thing-0002"])
    story(sim)
    check_forgeries(verifier, sim, sim.store.read(law_state).charter, tmp_path, every=1)


def check_forgeries(
    verifier: Verifier, sim: ChainSimulator, charter: Charter, folder: Path, every: int
) -> None:
    forged = list(forgeries(sim))[::every]
    told = verifier.judge_many([case_of(one, charter) for _, one in forged], folder)
    differ = []
    for (what, papers), said in zip(forged, told, strict=True):
        python = by_python(papers, charter)
        if (said["verdict"], said["state"], said["counted"]) != python:
            differ.append((what, said["verdict"], said["line"], said["says"], python))
    assert differ == []
    assert {one["verdict"] for one in told} == {"holds", "not"}


@pytest.mark.parametrize("law", [LADDERS, WEIGHED], ids=["ladders", "weighed"])
def test_whoever_counts_by_chance_counts_alike(verifier: Verifier, law: Law) -> None:
    """The count of the page against the fold, entry by entry, with those that fit no state."""
    dice = random.Random(law.chain.id)
    cases, expected = zip(*(played(law, dice) for _ in range(400)), strict=True)
    told = verifier.page.evaluate(
        """async ([law, cases]) => {
          const told = [];
          for (const { at, entries } of cases) {
            try {
              const p = await fold(law, entries, [], new Map());
              lapse(p, at);
              const people = counted(p).map((one) => one.person).join();
              told.push(`${stateOf(p)} ${people} ${p.release?.digest ?? ""}`);
            } catch (error) {
              told.push(error instanceof Refused ? "unfit" : String(error));
            }
          }
          return told;
        }""",
        [{**law.to_json(), "digest": law.digest}, list(cases)],
    )
    assert [pair for pair in zip(expected, told, strict=True) if pair[0] != pair[1]] == []
    states = {one.partition(" ")[0] for one in expected}
    assert states >= {"unfit", "open", "stopped", "released", "expired", "countermanded"}, states
