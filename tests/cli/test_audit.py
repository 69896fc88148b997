"""A report on a period: what it holds, what it calls a fault, and what it lets nobody inject."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from terminal import Shell, Stage

from cheget.audit.header import Header
from cheget.audit.instant import to_text
from cheget.chain.people import People
from cheget.cli.audit_tables import show
from cheget.cli.context import Pins
from cheget.errors import HouseError
from cheget.executor.agent import Taken
from cheget.executor.journal import Journal
from cheget.order.chronicle import Period
from cheget.order.documents import Receipt, order_name
from cheget.order.draft import draft_review, enclose
from cheget.order.papers import open_envelope
from cheget.report.auditing import Report, gather
from cheget.report.kept import MOST, append_line, keep_refused, read_lines
from cheget.report.sections import SECTIONS, written
from cheget.service.clock import SystemClock
from cheget.service.house import House
from motions import amend, following, revoke
from simulator import START, ChainSimulator, scenario

DB = "production-db"
DAY = 86_400


class Audited:
    """A simulated house in a folder, with reports on it."""

    def __init__(self, folder: Path) -> None:
        self.sim = ChainSimulator(scenario("wipe-database"), folder)
        sim = self.sim
        self.house = House(
            folder, People("example", ()), (sim.chain,), sim.deployment, sim.charter.terms
        )
        self.executor = folder / "executors" / DB
        self.executor.mkdir(parents=True)

    def on(self, start: int = START, end: int | None = None) -> Report:
        now = self.sim.clock.now()
        pins = Pins(self.sim.desk.charter, self.sim.store.read(lambda tx: tx.charters()))
        return gather(self.house, self.sim.desk, Period(start, end or now + 1, now), pins)

    def faults(self, **period: int) -> list[str]:
        """Without what this version's proof of the law says of amendments."""
        return [one for one in self.on(**period).faults if "the logs are not proved" not in one]

    def tested(self, *, passed: bool) -> None:
        way = {"as": "ann", "result": "denied" if passed else "not-denied", "says": "", "status": 0}
        append_line(self.executor / "tests.jsonl", {
            "at": to_text(self.sim.clock.now()), "charter": "", "executor": DB, "guard": "custody",
            "passed": passed, "refusals": [], "ways_round": [way],
        })  # fmt: skip


@pytest.fixture
def audited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Audited:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return Audited(tmp_path / "house")


@pytest.fixture
def busy(audited: Audited) -> Audited:
    """A wipe that was refused, an emergency that nobody looked at, dan's leaving: a day each."""
    sim = audited.sim
    sim.transmit("ann", "wipe", [DB], database="orders", reason="ticket 1182")
    sim.clock.turn(60)
    sim.refuse("cho", "=HYPERLINK(evil)")
    sim.clock.turn(DAY)
    sim.transmit("bob", "emergency-wipe", [DB], database="orders")
    sim.concur("dee")
    sim.clock.turn(DAY)
    law = sim.charter
    left = following(
        sim,
        people={name: one for name, one in law.people.items() if name != "dan"},
        posts={post: who for post, who in law.posts.items() if who != "dan"},
    )
    amend(sim, left, "ann", "bob", "cho", "dee", "eve")
    sim.clock.turn(3 * DAY)
    return audited


def column(rows: list[dict[str, Any]], *names: str) -> list[Any]:
    return [tuple(row[name] for name in names) if names[1:] else row[names[0]] for row in rows]


def test_each_order_and_each_answer_of_a_period_is_told(busy: Audited) -> None:
    report = busy.on()
    assert column(report.orders, "action", "originator", "state") == [
        ("wipe", "ann", "stopped"), ("emergency-wipe", "bob", "expired"),
    ]  # fmt: skip
    assert report.orders[0]["reason"] == "ticket 1182"
    assert report.orders[0]["refused"] == ["cho"]
    assert report.orders[1]["concurred"] == ["bob (request)", "dee (second)"]
    answers = [one for one in report.entries if one["log"] == "orders"]
    assert column(answers, "kind", "person", "effect") == [
        ("order", "ann", "counts"), ("refusal", "cho", "stops"),
        ("order", "bob", "counts"), ("concurrence", "dee", "releases"),
    ]  # fmt: skip


def test_a_period_shows_its_own_entries_and_orders_as_they_stood_at_its_end(busy: Audited) -> None:
    first = busy.on(START, START + 60)
    assert column(first.orders, "action", "state") == [("wipe", "open")]
    assert column(first.entries, "kind")[-1:] == ["order"]
    second = busy.on(START + 60, START + DAY)
    assert column(second.orders, "action", "state") == [("wipe", "stopped")]
    assert column(second.entries, "kind", "person") == [("refusal", "cho")]
    (law, orders) = second.logs
    assert (law["entries"], orders["entries"]) == (0, 1)
    assert (orders["begins"], orders["begins_root"]) == (
        first.logs[1]["ends"], first.logs[1]["ends_root"],
    )  # fmt: skip


def test_an_order_whose_time_runs_out_in_a_period_is_told_there(busy: Audited) -> None:
    released = START + 60 + DAY
    after = busy.on(released + 60, released + DAY)
    assert column(after.orders, "action", "state") == [("emergency-wipe", "expired")]
    assert column(busy.on(released + 60, released + 120).orders, "action") == []


def test_periods_that_meet_share_no_entry_and_lose_none(busy: Audited) -> None:
    now = busy.sim.clock.now() + 1

    def entries(start: int, end: int) -> list[tuple[Any, ...]]:
        # What an entry did may show only later: an amendment is open until it holds.
        found = busy.on(start, end).entries
        return column(found, "log", "position", "at", "digest", "person", "about", "text")

    for cut in (START + 1, START + 60, START + 61, START + DAY + 60, START + 3 * DAY):
        assert entries(START, cut) + entries(cut, now) == entries(START, now)


def test_the_charter_in_force_and_who_could_have_released_by_date(busy: Audited) -> None:
    changed = START + 60 + 2 * DAY
    rows = busy.on().charters
    assert column(rows, "version", "actions", "least", "coalitions") == [
        (1, ["wipe"], 4, 8), (1, ["emergency-wipe"], 2, 14),
        (2, ["wipe"], 4, 2), (2, ["emergency-wipe"], 2, 9),
    ]  # fmt: skip
    assert rows[0]["in_each"] == []
    assert rows[2]["in_each"] == ["ann", "bob", "cho"]
    assert (rows[0]["until"], rows[2]["since"]) == (to_text(changed),) * 2
    assert column(busy.on(START, START + DAY).charters, "version") == [1, 1]
    assert column(busy.on(changed, changed + DAY).charters, "version") == [2, 2]


def test_who_holds_no_key_could_not_have_released(audited: Audited) -> None:
    audited.sim.clock.turn(DAY)
    revoke(audited.sim, "dee")
    audited.sim.clock.turn(DAY)
    rows = audited.on(START + DAY).charters
    assert column(rows, "keyless", "actions", "in_each") == [
        (["dee"], ["wipe"], ["eve"]), (["dee"], ["emergency-wipe"], []),
    ]  # fmt: skip
    assert column(audited.on(START + DAY).people, "change", "who") == [("key revoked", "dee")]


def test_who_leaves_is_told_with_what_brought_it_about(busy: Audited) -> None:
    found = busy.on(START + DAY).people
    assert column(found, "change", "who", "by") == [
        ("left", "dan", "charter 2"), ("key gone", "dan", "charter 2"),
        ("post left", "dan", "charter 2"),
    ]  # fmt: skip
    law = [one for one in busy.on(START + DAY).entries if one["log"] == "law"]
    assert column(law, "kind", "effect")[0] == ("amendment", "it holds")
    assert column(law, "effect")[-1] == "takes effect"


def test_an_emergency_that_nobody_reviewed_is_a_fault_in_every_later_report(busy: Audited) -> None:
    released = START + 60 + DAY
    assert busy.faults(start=START, end=released + 2 * DAY) == []
    (fault,) = busy.faults(start=START, end=released + 2 * DAY + 1)
    assert fault.startswith("review overdue: emergency-wipe, ")
    late = busy.on(released + 3 * DAY)
    assert column(late.emergencies, "review", "originator") == [("overdue", "bob")]
    assert late.orders == [], "nothing else happened to it"
    assert not late.passed


def test_a_review_ends_the_fault_and_says_who_looked(busy: Audited) -> None:
    busy.sim.review("dee", "it was I who concurred")
    (row,) = busy.on(START + 4 * DAY).emergencies
    assert (row["review"], row["reviewed_by"], row["findings"]) == (
        "late", ["dee, who had concurred"], ["it was I who concurred"],
    )  # fmt: skip
    assert busy.faults(start=START) == []
    busy.sim.clock.turn(DAY)
    assert busy.on(busy.sim.clock.now()).emergencies == []


def test_an_emergency_that_was_never_released_asks_for_no_review(audited: Audited) -> None:
    sim = audited.sim
    sim.transmit("ann", "emergency-wipe", [DB], database="orders")
    sim.refuse("eve")
    (row,) = audited.on().emergencies
    assert (row["state"], row["review"], row["until"]) == ("stopped", "none", None)
    assert audited.on().passed
    sim.clock.turn(DAY)
    assert audited.on(START + DAY).emergencies == [], "and is told in its own period alone"


def test_logs_that_prove_are_no_fault_and_logs_that_do_not_are(audited: Audited) -> None:
    sim = audited.sim
    sim.transmit("ann", "wipe", [DB], database="orders")
    report = audited.on()
    assert report.passed
    assert [(one["log"], one["proved"], one["size"]) for one in report.logs] == [
        ("law", True, 7), ("orders", True, 8),
    ]  # fmt: skip
    with sqlite3.connect(audited.house.folder / "desk.sqlite") as connection:
        connection.execute("UPDATE executors SET list = 'staging-db'")
    connection.close()
    report = audited.on()
    (fault,) = report.faults
    assert fault.startswith("the logs are not proved: the orders log, entry 7")
    assert {one["proved"] for one in report.logs} == {False}
    assert report.orders, "what the store shows is told all the same"


def test_a_log_that_holds_what_fits_no_state_is_not_told_as_if_it_did(audited: Audited) -> None:
    sim = audited.sim
    sim.transmit("ann", "emergency-wipe", [DB], database="orders")
    sim.concur("dee")
    known = sim.desk.proceeding(sim.order)
    document = draft_review(known, signer="bob", finding=sim.text("x"), now=sim.clock.now())
    stored = enclose(document, sim.signers["bob"])
    filed = open_envelope(stored)
    leaf = Header(sim.clock.now(), filed.stored_digest, "review", 2, sim.order).encode()
    sim.store.write(
        lambda tx: tx.append(
            "orders", leaf, subject=sim.order, seq=2, kind="review",
            digest=filed.envelope.digest, envelope=stored,
        )
    )  # fmt: skip
    report = audited.on()
    assert [one.partition(":")[0] for one in report.faults] == [
        "the logs are not proved", "the logs can't be read",
    ]  # fmt: skip
    assert report.orders == report.entries == []


def test_a_log_that_shrank_since_it_was_seen_is_a_fault(audited: Audited, tmp_path: Path) -> None:
    audited.sim.transmit("ann", "wipe", [DB], database="orders")
    assert audited.on().passed
    restored = Audited(tmp_path / "restored")
    (fault,) = restored.on().faults
    assert "where 8 were seen before" in fault


def test_texts_that_were_erased_stay_erased_in_every_form(busy: Audited) -> None:
    sim = busy.sim
    sim.review("eve", "somebody's address")
    texts = [one["text"] for one in busy.on().entries]
    assert {"ticket 1182", "somebody's address"} <= set(texts)

    def erase(tx: Any) -> None:
        for kind in ("order", "review", "refusal"):
            for entry in tx.of_kind("orders", kind):
                document: Any = open_envelope(entry.envelope).unverified
                tx.erase_text(getattr(document, "reason", None) or document.finding)

    sim.store.write(erase)
    report = busy.on()
    assert report.orders[0]["reason"] is None
    assert report.emergencies[0]["findings"] == [None]
    said = "".join(written(report).values()) + json.dumps(report.sections) + terminal(report)
    for text in ("ticket 1182", "HYPERLINK", "somebody's address"):
        assert text not in said
    assert "(erased)" in terminal(report)
    assert report.logs[1]["proved"] == busy.on().logs[1]["proved"]


def terminal(report: Report) -> str:
    from contextlib import redirect_stdout

    with redirect_stdout(io.StringIO()) as out:
        show(report)
    return out.getvalue()


def test_each_section_is_a_table_that_reads_back_as_it_was_written(busy: Audited) -> None:
    report = busy.on()
    tables = written(report)
    assert set(tables) == {"report", *SECTIONS}
    for name, rows in report.sections.items():
        found = list(csv.DictReader(io.StringIO(tables[name])))
        assert len(found) == len(rows)
        for read, row in zip(found, rows, strict=True):
            assert list(read) == SECTIONS[name][1].split() == list(row)
            for column_, value in row.items():
                if isinstance(value, str) and not value.startswith("="):
                    assert read[column_] == value
    heads = {name: text.splitlines()[0] for name, text in tables.items()}
    empty = written(busy.on(START - DAY, START - 1))
    assert heads == {name: text.splitlines()[0] for name, text in empty.items()}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\uff1d1", " =1"])
def test_no_spreadsheet_computes_what_somebody_wrote(audited: Audited, text: str) -> None:
    audited.sim.transmit("ann", "wipe", [DB], database="orders", reason=text)
    keep_refused(
        audited.executor, DB, Taken("0" * 64, "refused", text, step=4), SystemClock().now()
    )
    audited.sim.clock.at = SystemClock().now() + 60
    report = audited.on()
    tables = {
        name: list(csv.DictReader(io.StringIO(text))) for name, text in written(report).items()
    }
    assert [one["text"] for one in tables["entries"]][-1] == f"'{text}"
    assert [one["says"] for one in tables["refused"]] == [f"'{text}"]
    assert report.entries[-1]["text"] == text


def test_nothing_from_outside_steers_a_terminal_or_a_file(audited: Audited) -> None:
    evil = "\x1b[2J\x1b]0;owned\x07[red]"
    keep_refused(
        audited.executor, DB, Taken("0" * 64, "refused", evil, step=4), SystemClock().now()
    )
    audited.sim.clock.at = SystemClock().now() + 60
    report = audited.on()
    assert "\x1b" not in terminal(report)
    assert "\\x1b[2J" in terminal(report), "it is shown, and does nothing"
    assert "[red]" in terminal(report), "no markup either"
    assert not any("\x1b" in text for text in written(report).values())


def test_what_executors_refused_is_told_by_folder_journal_and_log(audited: Audited) -> None:
    audited.sim.transmit("ann", "wipe", [DB], database="orders")
    order = audited.sim.order
    keep_refused(
        audited.executor, DB, Taken(order, "refused", "expired", step=8), SystemClock().now()
    )
    at = SystemClock().now()
    audited.sim.clock.at = at + 60
    (row,) = audited.on(at - 60).refused
    assert (row["executor"], row["words"], row["step"], row["says"], row["told_by"]) == (
        DB, order_name(order), 8, "expired", "folder",
    )  # fmt: skip
    assert audited.on(START, START + DAY).refused == []
    (audited.executor / "refused.jsonl").write_text('{"at": "now"}\n')
    (fault,) = audited.on().faults
    assert fault.startswith(f"what {DB} refused can't be read")


def test_a_journal_that_is_damaged_or_hidden_is_a_fault(
    audited: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = audited.executor / "journal.jsonl"
    journal.write_bytes(b"nonsense\n")
    (fault,) = audited.on().faults
    assert fault.startswith(f"what {DB} refused can't be read: ")
    assert "record 0 is damaged" in fault

    def hidden(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("cheget.report.guarding.read_records", hidden)
    (fault,) = audited.on().faults
    assert "Permission denied" in fault


def test_a_receipt_that_says_refused_is_told_once_though_a_journal_says_it_too(
    audited: Audited,
) -> None:
    sim = audited.sim
    sim.transmit("ann", "wipe", [DB], database="orders")
    sim.release()
    release = sim.desk.proceeding(sim.order).release
    assert release is not None
    receipt = Receipt(
        sim.clock.now(), (), sim.deployment, DB, sim.desk.head("law"), sim.order,
        sim.desk.head("orders"), "refused", "0" * 64, release.digest,
    )  # fmt: skip
    sim.desk.receive(enclose(receipt, sim.executor_signers[DB]))
    journal = Journal(
        audited.executor / "journal.jsonl", audited.executor / "anchor", executor=DB,
        identity=bytes(16), now=sim.clock.now(),
    )  # fmt: skip
    journal.append("outcome", sim.clock.now(), order=sim.order, outcome="refused")
    journal.close()
    report = audited.on()
    (row,) = report.refused
    assert (row["order"], row["step"], row["told_by"]) == (sim.order, None, "log")
    assert report.orders[0]["receipts"] == [f"{DB}: refused"]
    assert column(report.entries, "person", "about")[-1] == (DB, "refused")
    assert report.passed


def test_what_a_crew_refused_is_told_before_its_receipt_is_handed_over(audited: Audited) -> None:
    sim = audited.sim
    sim.transmit("ann", "wipe", [DB], database="orders")
    journal = Journal(
        audited.executor / "journal.jsonl", audited.executor / "anchor", executor=DB,
        identity=bytes(16), now=sim.clock.now(),
    )  # fmt: skip
    journal.append("outcome", sim.clock.now(), order=sim.order, outcome="refused")
    journal.append("outcome", sim.clock.now(), order="0" * 64, outcome="carried-out")
    journal.close()
    (row,) = audited.on().refused
    assert (row["order"], row["step"], row["told_by"]) == (sim.order, 10, "journal")


def test_an_executor_keeps_a_refusal_once_and_never_without_end(tmp_path: Path) -> None:
    path = tmp_path / "refused.jsonl"
    for _ in range(2):
        keep_refused(tmp_path, DB, Taken("0" * 64, "refused", "not released", step=6), 0)
    keep_refused(tmp_path, DB, Taken("0" * 64, "refused", "its crew refused", b"receipt"), 0)
    keep_refused(tmp_path, DB, Taken("0" * 64, "waiting", "held until later", step=8), 0)
    keep_refused(tmp_path, DB, Taken("0" * 64, "carried-out", "done"), 0)
    assert len(read_lines(path)) == 1
    keep_refused(tmp_path, DB, Taken("0" * 64, "waiting", "over the limit", step=9), 0)
    assert [one["step"] for one in read_lines(path)] == [6, 9]
    line = path.read_text().splitlines()[0]
    path.write_text("".join(f"{line}\n" for _ in range(MOST)))
    keep_refused(tmp_path, DB, Taken("1" * 64, "refused", "another", step=6), 0)
    assert len(read_lines(path)) == MOST


@pytest.mark.parametrize("text", ["one\u2028two\x85three", "a\nb", '"}', ""])
def test_what_was_kept_reads_back_whatever_ends_of_lines_it_holds(
    tmp_path: Path, text: str
) -> None:
    keep_refused(tmp_path, DB, Taken("0" * 64, "refused", text, step=6), 0)
    keep_refused(tmp_path, DB, Taken("1" * 64, "refused", text, step=6), 0)
    assert [one["says"] for one in read_lines(tmp_path / "refused.jsonl")] == [text, text]


def test_a_file_that_nobody_could_have_kept_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "refused.jsonl"
    keep_refused(tmp_path, DB, Taken("0" * 64, "refused", "no", step=6), 0)
    monkeypatch.setattr("cheget.report.kept.LARGEST", 10)
    with pytest.raises(HouseError, match="10 are all"):
        read_lines(path)


def test_the_last_test_of_a_guard_decides(audited: Audited) -> None:
    sim = audited.sim
    (row,) = audited.on().guards
    assert (row["at"], row["says"]) == (None, "never tested")
    assert audited.on().passed
    audited.tested(passed=False)
    (fault,) = audited.on().faults
    assert fault == f"the guard of {DB} did not pass its test: ann"
    sim.clock.turn(DAY)
    audited.tested(passed=True)
    assert audited.on().passed
    assert column(audited.on().guards, "passed") == [False, True]
    assert audited.on(START, START + DAY).faults == [fault], "as it stood at the period's end"
    sim.clock.turn(DAY)
    (row,) = audited.on(START + 2 * DAY).guards
    assert row["says"] == f"tested last at {to_text(START + DAY)}"


def test_a_chain_that_is_too_entangled_says_so_in_its_row(
    audited: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cheget.report import powers

    original = powers.accounts
    monkeypatch.setattr(powers, "accounts", lambda chain, people: original(chain, people, steps=1))
    rows = audited.on().charters
    assert all(row["least"] is None and row["not_proved"] for row in rows)
    assert "not proved" in terminal(audited.on())


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    def turn(seconds: int) -> None:
        shown = SystemClock().now() + seconds
        monkeypatch.setattr(SystemClock, "now", lambda _: shown)

    return turn


def test_the_verb_says_no_while_something_is_at_fault(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, later: Callable[[int], None]
) -> None:
    shell = stage.at("emergency", tmp_path, monkeypatch)
    ever = ("audit", "report", "--from", "2020-01-01", "--to", "2100-01-01")
    shell.must("order", "transmit", "emergency-wipe", "--key", "ann.key", "--yes")
    shell.must("concur", shell.orders[0], "--key", "bob.key", "--yes")
    assert "Nothing is at fault." in shell.must(*ever)
    later(3 * DAY)
    out, _ = shell.run(*ever)
    assert shell.status == 1
    assert "✕ review overdue: emergency-wipe, " in out
    shell.status = 0
    shell.must("review", shell.orders[0], "--reason", "late", "--key", "dee.key", "--yes")
    assert "Nothing is at fault." in shell.must(*ever)


def test_a_code_that_its_executor_refused_is_in_the_report(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = stage.at("released", tmp_path, monkeypatch)
    shell.must("countermand", shell.orders[0], "--key", "ann.key", "--yes")
    shell.run("executor", "run", DB, "--once")
    assert shell.status == 1
    shell.status = 0
    value = json.loads(
        shell.must("audit", "report", "--from", "2020-01-01", "--to", "2100-01-01", "--json")
    )
    (row,) = value["refused"]
    assert (row["order"], row["step"], row["told_by"]) == (shell.orders[0], 7, "folder")
    assert row["says"].startswith("countermanded by ann")


def test_a_folder_is_written_whole_and_nothing_in_it_is_overwritten(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell: Shell = stage.at("released", tmp_path, monkeypatch)
    ever = ("audit", "report", "--from", "2020-01-01", "--to", "2100-01-01", "--csv", "out")
    shell.must(*ever)
    found = {one.name for one in Path("out").iterdir()}
    assert found == {f"{name}.csv" for name in ("report", *SECTIONS)}
    assert "passed,yes\n" in Path("out/report.csv").read_text()
    shell.run(*ever)
    assert shell.status == 2
