"""What ``--json`` prints is what ``spec/json`` says, for every verb that takes it."""

from __future__ import annotations

import json
import re
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest
from jsonschema import Draft202012Validator
from manual import commands
from referencing import Registry, Resource
from terminal import EVERYBODY, Shell, Stage

from cheget.cli import main
from cheget.errors import StoreError

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "spec" / "json"
PAGE = ROOT / "docs" / "json.md"
SCHEMAS = {
    file.name.removesuffix(".schema.json"): json.loads(file.read_text("utf-8"))
    for file in FOLDER.glob("*.schema.json")
}
REGISTRY: Registry[Any] = Registry().with_resources(
    (f"{name}.schema.json", Resource.from_contents(schema)) for name, schema in SCHEMAS.items()
)
# Verbs whose schema goes by another name; all others are named after their words.
SHARED = dict.fromkeys(("concur", "refuse", "ask", "countermand", "review"), "answer") | {
    "watch": "show",
    "people-remove": "chain-amend",
    "people-replace": "chain-amend",
}
PENDING = {"prove"} - SCHEMAS.keys()  # still to be written
BESIDE = {
    "defs",
    "error",
    "log-export",
    "prove-tree",
    "serve",
}  # shared, of every verb, and JSON without being asked


def schema_of(path: str) -> str:
    """The schema of ``cheget executor run``."""
    name = path.removeprefix("cheget ").replace(" ", "-")
    return SHARED.get(name, name)


TAKERS = {
    path: schema_of(path)
    for path, command in commands()
    if any("--json" in option.opts for option in command.params)
}


def check(schema: str, value: Any) -> Any:
    """The value, valid by that schema."""
    Draft202012Validator(SCHEMAS[schema], registry=REGISTRY).validate(value)
    return value


class House:
    """A shell that says everything as JSON, and looks each answer up in its schema."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell

    def lines(self, words: str, *more: str, status: int = 0, schema: str | None = None) -> Any:
        """The values that a command prints, a line each."""
        given = words.split()
        self.shell.status = 0
        out, err = self.shell.run(*given, *more, "--json")
        assert self.shell.status == status, (words, out, err)
        if schema is None:
            called = [path for path in TAKERS if f"cheget {words} ".startswith(f"{path} ")]
            schema = TAKERS[max(called, key=len)]
        return [check(schema, json.loads(line)) for line in out.splitlines()]

    def says(self, words: str, *more: str, status: int = 0, schema: str | None = None) -> Any:
        """The one value that a command prints."""
        (value,) = self.lines(words, *more, status=status, schema=schema)
        return value

    def fails(self, words: str, *more: str, status: int = 2) -> Any:
        """The error that a command prints, and nothing else."""
        value = self.says(words, *more, status=status, schema="error")
        assert value["status"] == status
        return value["error"]


@pytest.fixture
def at(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda start: House(stage.at(start, tmp_path, monkeypatch))


def test_every_verb_that_takes_json_has_a_schema_and_none_is_left_over() -> None:
    assert set(TAKERS.values()) - PENDING | BESIDE == set(SCHEMAS)


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_a_schema_is_one_and_describes_every_key(name: str) -> None:
    schema = SCHEMAS[name]
    Draft202012Validator.check_schema(schema)
    assert schema["title"]
    assert schema["description"]
    for part in parts(schema):
        if "properties" not in part:
            continue
        assert part["additionalProperties"] is False
        for key, value in part["properties"].items():
            found = value.get("description")
            if found is None:
                found = SCHEMAS["defs"]["$defs"][value["$ref"].rpartition("/")[2]]["description"]
            assert found.endswith("."), (name, key)


def parts(schema: Any) -> Any:
    """Each schema within a schema."""
    if isinstance(schema, dict):
        yield schema
        schema = list(schema.values())
    if isinstance(schema, list):
        for one in schema:
            yield from parts(one)


def test_states_effects_and_outcomes_are_those_of_the_program() -> None:
    from typing import get_args

    from cheget.order.proceeding import Effect, State

    defs = SCHEMAS["defs"]["$defs"]
    assert tuple(defs["state"]["enum"]) == get_args(State)
    assert set(defs["effect"]["enum"]) == set(get_args(Effect))


def test_assessments_designs_sweeps_and_trees(at: Any) -> None:
    house = at("empty")
    Path("chain.yaml").write_text(
        "chain: publish\nmembers: {ann: Ann, bob: Bob, cho: Cho}\nlevels:\n"
        "  - {level: request, members: [ann]}\n"
        "  - {level: team, members: [bob, cho], rule: any}\n"
    )
    Path("beliefs.yaml").write_text(
        "beliefs: guess\nchain: publish\nmembers: {everyone: {refuses: 10% to 30%}}\n"
        "expect: carried out > 90%\n"
        "situations: {legitimate: {everyone: {refuses: 4%}}, rogue: {everyone: {refuses: 80%}}}\n"
    )
    both = house.says("assess chain.yaml beliefs.yaml", status=1)["assessments"]
    whole = house.says("assess chain.yaml beliefs.yaml --all", status=1)["assessments"]
    assert [one["person"] for one in whole[0]["change"]["importance"]]
    assert [one["situation"] for one in both] == ["legitimate", "rogue"]
    assert both[0]["carried_out"]["mean"] == pytest.approx(1 - 0.04**2)
    assert [one["expect"]["verdict"] for one in both] == ["supported", "contradicted"]
    drawn = house.says("assess chain.yaml beliefs.yaml --method mc --runs 4000")["assessments"]
    assert {one["carried_out"]["method"] for one in drawn} == {"sampled"}
    missing = house.fails("assess chain.yaml beliefs.yaml --situation war")
    assert missing["hint"] == "the beliefs have: legitimate, rogue"
    found = house.says(
        "design chain.yaml beliefs.yaml --most 3 --always 90% --never 10% -o new.yaml"
    )
    assert found["considered"] == 7
    (level,) = found["cheapest"]["levels"]
    assert house.says("check new.yaml")[0]["levels"][1]["members"] == [
        f"team-{number + 1}" for number in range(level["people"])
    ]
    assert house.says("design chain.yaml beliefs.yaml --never 0%", status=1)["cheapest"] is None
    cells = house.says("sweep chain.yaml beliefs.yaml --vary everyone.refuses=0..50%:2 --csv t.csv")
    assert [one["mean"] for one in cells["cells"]] == pytest.approx([1, 0.75])
    assert Path("t.csv").read_text().splitlines()[0] == "everyone.refuses,carried_out"
    tree = ROOT / "tests" / "proof" / "quorum.xml"
    said = house.says(f"prove {tree} --open-psa --probability", schema="prove-tree")
    assert (said["minimal_cut_sets"], said["probability"]) == (1, 0.25)


def test_before_there_is_a_house(at: Any) -> None:
    house = at("empty")
    made = house.says("key new ann.key --no-passphrase --comment ann")
    shown = house.says("key show ann.key")
    assert {**shown, "file": "ann.key"} == made
    names = [one["scenario"] for one in house.says("scenarios")]
    assert "file" in house.says(f"scenarios {names[0]}")
    assert "about" in house.says(f"scenarios {names[0]} --about")
    Path("broken.yaml").write_text("chain: broken\n")
    found = house.says("check broken.yaml", *names, status=1)
    assert [one["sound"] for one in found] == [False, *[True] * len(names)]


def test_what_could_be_sealed(at: Any) -> None:
    house = at("empty")
    (firmware,) = house.says("check --sealed release-firmware")
    assert [(one["action"], one["shares"]) for one in firmware["sealing"]] == [
        ("beta", 6), ("stable", 9),
    ]  # fmt: skip
    wipe, council = house.says("check --sealed wipe-database eu-council", status=1)
    assert [one["opens"] for one in wipe["sealing"]] == [["ann", "bob", "dee"], ["ann"]]
    assert "would take 1,051 shares" in council["sealing"][0]["refused"]


def test_a_house_is_made_and_rehearsed(at: Any) -> None:
    house = at("empty")
    made = house.says("init wipe-database")
    assert made["proved"][0] == "5 claims hold."
    played = house.says("rehearse --yes")
    assert (played["outcome"], played["again"]) == ("carried-out", False)
    assert house.says("rehearse --refuse bob", status=1)["state"] == "stopped"


def test_what_an_edit_changes(at: Any) -> None:
    house = at("house")
    same = house.says("diff wipe-database wipe-database")
    assert (same["weaker"], same["stronger"]) == (False, False)
    other = house.says("diff bank-wire wipe-database", status=1)
    assert {one["verdict"] for one in other["ladders"]} == {"new", "gone"}
    text = Path("chains/wipe-database.yaml").read_text()
    Path("after.yaml").write_text(text.replace("members: [dee],", "members: [dee, cho],").replace(
        "rule: any, for: [wipe]", "rule: any, veto: all, for: [wipe]"
    ))  # fmt: skip
    found = house.says("diff chains/wipe-database.yaml after.yaml --action wipe", status=1)
    assert [one["verdict"] for one in found["ladders"]] == ["weaker"]


def test_an_invitation(at: Any) -> None:
    house = at("house")
    (invited,) = house.says("people invite ann")
    code = invited["invitation"]
    made = house.says(f"people enrol ann --key ann.key --invitation {code} -o ann.json")
    assert made["house"] is None
    assert house.says("people list")["invited"] == {"ann": invited["until"]}
    assert house.says("people enrol --document ann.json")["who"] == "ann"
    assert house.says("auditor invite kpx --until 2027-01-04")["role"] == "auditor"
    assert house.says("people list")["invited"] == {}


def test_founding(at: Any) -> None:
    house = at("house")
    for person in EVERYBODY:
        drawn = house.says(f"people enrol {person} --key {person}.key")["drawn"]
        assert drawn is (person == EVERYBODY[0])
    assert house.says("executor new production-db")["chain"] == "wipe-database"
    assert house.says("executor status production-db")["charter"] is None
    assert house.says("people list")["state"] == "not-proposed"
    said = [house.says(f"people found --yes --key {person}.key") for person in EVERYBODY]
    assert [one["person"] for one in said] == list(EVERYBODY)
    assert [one["state"] for one in said] == ["proposed"] * 3 + ["founded"]
    again = house.says("people found --yes --key ann.key")
    assert again == {**said[-1], "person": None}
    pinned = house.says(f"executor pin production-db --charter {again['charter']}")
    assert pinned["charter"] == house.says("people list")["charter"] == again["charter"]


def test_a_charter_that_is_refused(at: Any) -> None:
    house = at("enrolled")
    house.says("people found --yes --key ann.key")
    refused = house.says("people found --refuse --yes --key bob.key")
    assert (refused["person"], refused["state"]) == ("bob", "refused")
    assert house.says("people list")["state"] == "refused"


def test_an_order_down_the_chain(at: Any) -> None:
    house = at("founded")
    wipe = "order transmit wipe database=orders --key ann.key --yes --reason"
    first = house.says(wipe, "ticket 1182")["order"]
    assert [one["order"] for one in house.says("inbox --key bob.key")["waiting"]] == [first]
    assert [one["order"] for one in house.says("inbox --key dee.key")["ahead"]] == [first]
    asked = house.says(f"ask {first} --key bob.key --yes --reason", "which backup?")
    assert asked["effect"] == "kept"
    assert house.says(f"concur {first} --key bob.key --yes")["effect"] == "counts"
    assert house.says(f"concur {first} --key dee.key --yes")["state"] == "released"
    assert [one["outcome"] for one in house.lines("executor run production-db --once")] == [
        "carried-out"
    ]
    shown = house.says(f"show {first}")
    assert shown["carried_out"] is True
    assert shown["reason"] == "ticket 1182"
    assert [one["reason"] for one in shown["questions"]] == ["which backup?"]
    assert shown.pop("outputs") == {"production-db": "wipes orders\n"}
    assert house.lines(f"watch {first}") == [shown]
    assert house.says("executor status production-db")["heads"]["orders"]["size"] == 9
    assert house.says(f"log redact {first} --yes")["erased"] == 4
    erased = house.says(f"show {first}")
    assert (erased["reason"], erased["questions"][0]["reason"]) == (None, None)
    assert house.says("log verify")["states"] == {"released": 1}
    house.shell.must("log", "export", "-o", "ledger.jsonl")
    for line in Path("ledger.jsonl").read_text().splitlines():
        check("log-export", json.loads(line))
    assert house.says("log verify --file ledger.jsonl")["receipts"] == 1


def test_the_law_is_amended_and_a_key_given_up(at: Any) -> None:
    house = at("founded")
    order = house.says("order transmit wipe database=orders --key bob.key --yes")["order"]
    shown = house.says("people remove cho --dry-run")
    assert (shown["state"], shown["closes"], shown["amendment"]) == ("dry-run", [order], None)
    proposed = house.says("people remove cho --key ann.key --yes")
    assert (proposed["state"], proposed["version"]) == ("proposed", 2)
    assert house.says("people list")["amendments"] == [proposed["words"]]
    held = house.says(f"chain amend {proposed['amendment']} --key dee.key --yes")
    assert (held["state"], held["needs"][0]["agreed"]) == ("holds", ["ann", "dee"])
    assert house.says("people list")["version"] == 2
    assert house.says("people list")["differs"]
    house.shell.must("key", "new", "bob2.key", "--no-passphrase")
    house.says("people enrol bob --key bob2.key")
    replaced = house.says("people replace bob --key ann.key --yes")
    assert [one["about"] for one in replaced["changes"]] == ["bob", "bob"]
    absence = house.says("away --until 2096-01-04 --key bob.key --yes")["absences"][0]
    assert (absence["until"], absence["ended"]) == ("2096-01-04T00:00:00Z", False)
    given_up = house.says("key revoke dee.key --key dee.key --yes")
    assert (given_up["person"], given_up["left"]) == ("dee", [])
    assert house.says(f"chain amend {replaced['amendment']} --dry-run")["state"] == "ended"


def test_a_house_that_is_backed_up_and_put_back(at: Any, tmp_path: Path) -> None:
    from cheget.service.backup import read_backup
    from cheget.service.restoring import restore

    house = at("founded")
    made = house.says("backup b.json --with-log-keys")
    assert (made["entries"]["law"], made["log_keys"]) == (5, True)
    assert house.fails("backup b.json", status=1)["kind"] == "BackupError"
    restore(tmp_path / "again", *read_backup(Path("b.json")), 0)
    assert house.fails("log verify --house again", status=1)["kind"] == "GoneBackError"
    resumed = house.says("log resume --house again --yes")
    assert (resumed["despite"], resumed["restored"]) == ([], "1970-01-01T00:00:00Z")
    assert house.fails("log resume --house again --yes")["kind"] == "HouseError"


def test_an_order_that_is_stopped_and_one_that_is_taken_back(at: Any) -> None:
    house = at("founded")
    wipe = "request wipe database=orders --key ann.key --yes"  # by its everyday word
    first, second = (house.says(wipe, schema="order-transmit")["order"] for _ in "ab")
    refused = house.says(f"refuse {first} --key dee.key --yes --reason", "not today")
    assert (refused["effect"], refused["state"]) == ("stops", "stopped")
    ended = house.says(f"show {first}")["ended"]
    assert (ended["level"], ended["by"]) == ("security", "dee")
    assert house.says(f"countermand {second} --key ann.key --yes")["state"] == "countermanded"
    assert [one["state"] for one in house.says("order list")] == ["stopped", "countermanded"]
    assert house.says("order list --open") == []
    attested = house.says("attest in-peril --action guarded-wipe --for 2h --key dee.key --yes")
    guarded = house.says("order transmit guarded-wipe --key ann.key --yes")["order"]
    digest = attested["attestation"]
    assert house.says(f"show {guarded}")["attestations"] == [digest]
    assert house.says(f"countermand {digest} --key dee.key --yes")["attestation"] == digest


def test_a_crew_beside_an_executor(at: Any) -> None:
    house = at("crewed")
    (order,) = house.shell.orders
    (waits,) = house.lines("executor run production-db --once")
    assert waits["outcome"] == "waiting"
    beside = f"{order} --beside production-db --key eve.key --yes"
    concurred, refused = house.says(f"concur {beside}"), house.says(f"refuse {beside}")
    assert {**concurred, "answer": refused["answer"]} == refused


def test_an_outcome_that_nobody_knows_and_a_clock_are_settled(at: Any) -> None:
    house = at("released")
    settings = Path("executors/production-db/executor.yaml")
    settings.write_text(settings.read_text().replace("/bin/echo", "/bin/false"))
    house.lines("executor run production-db --once", status=1)
    status = house.says("executor status production-db", status=1)
    assert [one["outcome"] for one in status["orders"]] == ["unknown"]
    settled = house.says(
        f"executor settle production-db {status['orders'][0]['order']}"
        " --outcome carried-out --looked bob --yes"
    )
    assert settled["looked"] == "bob"
    assert house.says("executor settle production-db --clock --yes")["clock"] == "settled"


def test_a_code_verifies_or_says_which_step_does_not(at: Any) -> None:
    house = at("released")
    (order,) = house.shell.orders
    house.shell.must("people", "charter", "-o", "charter.json")
    house.shell.must("log", "prove", order, "-o", "papers.json")
    house.shell.must("order", "code", order, "--executor", "production-db", "-o", "code.json")
    papers = house.says("verify papers.json --charter charter.json")
    code = house.says("verify code.json --charter charter.json")
    assert (papers["kind"], code["kind"]) == ("papers", "code")
    assert papers["order"] == code["order"] == order
    assert [one["holds"] for one in code["steps"]] == [*[True] * 8, *[None] * 3]
    other = house.says("verify code.json --charter charter.json --executor reports-0001", status=1)
    assert other["holds"] is False
    Path("nonsense").write_text("nonsense")
    assert house.says("verify nonsense --charter charter.json", status=1)["order"] is None


def test_a_ceremony(at: Any) -> None:
    house = at("sealable")
    checked = house.says("seal production-db --check", status=1)
    assert [one["refused"] is None for one in checked["actions"]] == [True, False]
    sealed = house.says(
        "seal production-db --action wipe --generate TOKEN --generate KEY=ed25519 --key ann.key"
        " --serials 2 --yes"
    )
    assert (sealed["secrets"], [*sealed["public"]]) == (["KEY", "TOKEN"], ["KEY"])
    assert Path(sealed["public"]["KEY"]).read_text().startswith("-----BEGIN PUBLIC KEY-----")
    added = house.says(
        "seal production-db --action wipe --generate TOKEN --key ann.key --serials 2 --add --yes"
    )
    assert [(one["first"], one["last"]) for one in added["actions"]] == [(3, 4)]
    assert house.says("seal production-db --action wipe --check")["actions"][0]["left"] == 4
    order = house.says("order transmit wipe database=orders --key ann.key --yes")["order"]
    assert house.says(f"show {order}")["executors"] == ["production-db/1"]
    for person in ("bob", "dee"):
        house.says(f"concur {order} --key {person}.key --yes")
    house.shell.must("people", "charter", "-o", "charter.json")
    house.shell.must("log", "prove", order, "-o", "papers.json")
    house.shell.must("order", "code", order, "--executor", "production-db", "-o", "code.json")
    for file in ("papers.json", "code.json"):
        assert house.says(f"verify {file} --charter charter.json")["order"] == order
    (ran,) = house.lines("executor run production-db --once")
    assert ran["outcome"] == "carried-out"
    house.shell.must("log", "export", "-o", "ledger.jsonl")
    for line in Path("ledger.jsonl").read_text().splitlines():
        check("log-export", json.loads(line))
    assert house.says("log verify --file ledger.jsonl")["receipts"] == 1
    assert house.fails("seal production-db --key ann.key --yes", status=1)["kind"] == "SealError"


def test_beliefs_out_of_answers(at: Any) -> None:
    house = at("empty")
    Path("given.yaml").write_text("refuse: 1 - 4\nunreachable: 1 - 5\nreplaced: no\n"
                                  "expect: less likely than not\n")  # fmt: skip
    said = house.says("beliefs ask vault-unseal --answers given.yaml -o mine.yaml")
    assert (said["beliefs"], said["phrase"], said["verdict"]) == (
        "mine", "very likely", "contradicted",
    )  # fmt: skip
    assert Path("mine.yaml").exists()


def test_a_brief(at: Any) -> None:
    said = at("empty").says("brief vault-unseal -o brief.html")
    assert [one["situation"] for one in said["beside"]] == ["rogue"]
    assert Path("brief.html").exists()


def test_notices(at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from cheget.service.house import open_house
    from cheget.service.notices.opening import open_book

    house = at("founded")
    monkeypatch.setenv("HOOK", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    with Path("house.yaml").open("a") as file:
        file.write("notices: {channels: {hook: {webhook: 'http://localhost:1', secret: env:HOOK}},"
                   " people: {bob: [hook]}}\n")  # fmt: skip
    house.shell.must("order", "transmit", "wipe", "database=orders", "--key", "ann.key", "--yes")
    (due,) = house.says("notices list")["due"]
    assert (due["whom"], due["kind"]) == ("bob", "asked")
    assert house.says("notices preview", *house.shell.orders)["now"] == [
        {"channel": "hook", "whom": "bob"}
    ]
    (tried,) = house.says("notices test bob", status=1)["channels"]
    assert tried["sent"] is False
    assert house.says("notices retry", status=1) == {"retried": []}
    with closing(open_book(open_house(house.shell.here))) as book:
        book._ask("INSERT INTO notices VALUES ($1, $2, 'asked', 'team', 'bob', 0, 'hook', 'dead',"
                  " 8, 1, 0, 'away')", due["key"], due["order"])  # fmt: skip
    assert house.says("notices list", status=1)["dead"][0]["fault"] == "away"
    assert house.says("notices retry") == {"retried": [due["key"]]}
    assert house.says("notices list")["open"][0]["attempts"] == 0


def test_errors(at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    house = at("released")
    (order,) = house.shell.orders
    assert house.fails("inbox --house /")["kind"] == "HouseError"
    assert house.fails("inbox --wrong")["kind"] == "UsageError"
    assert house.fails("executor settle production-db")["hint"] == "cheget executor settle --help"
    assert house.fails("request wype --key ann.key --yes", status=1)["step"] == 3
    assert house.fails(f"concur {order} --key bob.key --yes", status=1)["hint"] == "cheget inbox"
    settings = Path("executors/production-db/executor.yaml")
    settings.write_text(settings.read_text().replace("/bin/echo", "echo"))
    fault = house.fails("executor run production-db --once", status=1)
    assert (fault["line"], fault["expected"]) == (24, "/…")
    house.shell.must("log", "export", "-o", "ledger.jsonl")
    ledger = Path("ledger.jsonl")
    ledger.write_text(ledger.read_text().replace("concurrence.v1", "refusal.v1"))
    assert house.fails("log verify --file ledger.jsonl", status=1)["step"] >= 0
    for name, secret in (("right", "open sesame"), ("wrong", "open barley")):
        Path(name).write_text(secret)
    monkeypatch.setenv("CHEGET_PASSPHRASE_FILE", "right")
    house.says("key new locked.key")
    monkeypatch.setenv("CHEGET_PASSPHRASE_FILE", "wrong")
    Path("other").mkdir()
    Path("other/people.yaml").write_text("house: other\npeople: {ann: Ann}\n")
    Path("other/chains").mkdir()
    Path("other/chains/one.yaml").write_text(Path("chains/wipe-database.yaml").read_text())
    failed = house.fails("people enrol ann --key locked.key --house other")
    assert failed["kind"] == "WrongPassphraseError"


def test_an_error_of_any_kind_is_valid(capsys: pytest.CaptureFixture[str], at: Any) -> None:
    at("empty")
    said = {"error": main.described(StoreError("the disk is full")), "status": 2}
    assert check("error", said)["error"]["kind"] == "StoreError"


def test_a_question_left_unanswered_is_an_error(at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    house = at("enrolled")

    def leaves(question: str, *, abort: bool) -> None:
        raise click.Abort

    monkeypatch.setattr("cheget.cli.plain.is_asked", lambda: True)
    monkeypatch.setattr(click, "confirm", leaves)
    assert house.fails("people found --key ann.key")["kind"] == "Abort"


def test_the_page_shows_every_schema_and_its_examples_are_valid() -> None:
    found = {}
    for section in re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)[1:]:
        link = re.search(r"\(\.\./spec/json/([a-z-]+)\.schema\.json\)", section)
        if link is not None:
            blocks = re.findall(r"```json\n(.*?)```", section, re.DOTALL)
            assert blocks, section
            found[link[1]] = [check(link[1], json.loads(block)) for block in blocks]
    assert found.keys() == SCHEMAS.keys() - {"defs"}, "docs/json.md has an example of each"


@pytest.mark.slow
def test_the_demo_leaves_nothing_behind(
    at: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = at("empty")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    said = house.says("demo")
    assert said["first"]["codes"] == 0
    assert said["second"]["codes"] == said["second"]["carried_out"] == 20
    assert said["second"]["refused_by_others"] == said["second"]["shown_to_others"]
    assert said["folder"] is None
    assert not list(scratch.iterdir())
    kept = house.says("demo --folder kept")
    assert kept["folder"] == "kept"
    proved = house.says("log verify --house kept")
    assert proved["receipts"] == kept["audit"]["receipts"] == 20
    assert proved["states"] == {"released": 1, "stopped": 1}
    assert house.says(f"show {kept['second']['order']} --house kept")["carried_out"] is True
    refused = house.fails("demo --folder kept")
    assert refused["message"] == "kept: File exists"
    assert not list(scratch.iterdir())
