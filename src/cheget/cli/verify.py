"""``cheget verify``: a code, or the papers of an order, verified offline, step by step."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cheget.cli.plain import json_option, now, say
from cheget.errors import HouseError, MalformedDocumentError
from cheget.report.terminal import safe

if TYPE_CHECKING:
    from cheget.order.charter import Charter
    from cheget.order.proceeding import Proceeding
    from cheget.order.verify import Explanation

_FILE = click.Path(path_type=Path, dir_okay=False)
_ADDRESSED = re.compile(rb'\{"address":\{"executor":"([a-z0-9-]{1,64})",')
OWN_BUSINESS = 8  # from this step on it is about the executor's own clock, journal and crew
MARKS = {True: ("✓", "green"), False: ("✕", "red"), None: ("–", None)}  # noqa: RUF001


@click.command()
@click.argument("file", type=_FILE)
@click.option("--charter", "charter_file", type=_FILE, required=True,
              help="The charter's file, as `cheget people charter` writes it.")  # fmt: skip
@click.option("--executor", help="For which executor. [default: the one it is addressed to]")
@click.option("--at", "at_text", metavar="INSTANT", help="As of when. [default: now]")
@json_option
def verify(
    file: Path, charter_file: Path, executor: str | None, at_text: str | None, as_json: bool
) -> None:
    """Verify a code offline, and say what each step found.

    FILE is a code, or the papers of an order that `cheget log prove` writes. Steps 0 to 7 are
    anybody's to verify; 8 to 10 (time, once, crew) rest on the executor's own clock, journal
    and crew, and are only described. Exit status 0 only if steps 0 to 7 hold.

    Everything rests on the charter: compare the digest shown with the one you were told.
    """
    from cheget.order.documents import order_name

    data = _read(file).rstrip(b"\n")
    charter = _charter(charter_file)
    at = _instant(at_text)
    found = _ADDRESSED.match(data)
    kind = "papers" if found is None and executor is None else "code"
    named = executor or (found[1].decode() if found else "")
    explanation = _explain(data, named if kind == "code" else None, charter, at)
    rows = _rows(explanation, kind, at)
    holds = all(row["holds"] for row in rows if row["step"] < OWN_BUSINESS)
    order = _order(data)
    value = {
        "kind": kind, "order": order, "words": order_name(order) if order else None,
        "executor": named or None, "charter": charter.digest, "steps": rows, "holds": holds,
    }  # fmt: skip
    say(value, as_json, lambda: _print(value, explanation))
    if not holds:
        raise click.exceptions.Exit(1)


def _explain(data: bytes, executor: str | None, charter: Charter, at: int) -> Explanation:
    from cheget.order.circumstances import Circumstances
    from cheget.order.verify import Pinned, explain_code, explain_papers

    pinned = Pinned(charter)
    if executor is None:
        return explain_papers(data, pinned=pinned, now=at)
    return explain_code(data, executor=executor, pinned=pinned, circumstances=Circumstances(at))


def _rows(explanation: Explanation, kind: str, at: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {"step": one.number, "title": one.title, "holds": one.passed, "says": one.says}
        for one in explanation.steps
        if one.number < OWN_BUSINESS
    ]
    if kind == "papers":
        return rows
    proceeding = explanation.proceeding
    reached = all(row["holds"] for row in rows) and proceeding is not None
    said = _own(proceeding, at) if reached and proceeding is not None else ("not reached",) * 3
    for number, title, says in zip((8, 9, 10), ("time", "once", "crew"), said, strict=True):
        rows.append({"step": number, "title": title, "holds": None, "says": says})
    return rows


def _own(proceeding: Proceeding, at: int) -> tuple[str, str, str]:
    """What steps 8 to 10 will rest on, without pretending to have taken them."""
    from cheget.audit.instant import to_text

    action, release = proceeding.action, proceeding.release
    assert release is not None  # noqa: S101 - step 6 has held
    first, end = release.at + action.hold, release.at + action.hold + action.valid_for
    when = f"from {to_text(first)} at the earliest until {to_text(end)}"
    if at >= end:
        when = f"expired at {to_text(end)}"
    crews = [kind.id for kind in proceeding.law.chain.executors if kind.crew is not None]
    crew = "people beside it must concur" if crews else "nobody beside it is asked"
    return (
        f"the executor's own clock: {when}",
        "the executor's own journal: whether it acted before, and its limit",
        f"the executor's own business: {crew}",
    )


def _print(value: dict[str, Any], explanation: Explanation) -> None:
    click.echo(f"charter {value['charter']}")
    for row in value["steps"]:
        mark, colour = MARKS[row["holds"]]
        sign = click.style(mark, fg=colour) if colour else mark
        click.echo(f"{row['step']:>2}  {sign} {row['title']:<11} {safe(row['says'])}")
    if explanation.error is not None and explanation.error.hint and not value["holds"]:
        click.echo(f"                 {safe(explanation.error.hint)}")
    what = "The code" if value["kind"] == "code" else "The papers"
    if value["holds"]:
        click.echo(f"{what} of “{value['words']}”: steps 0 to 7 hold.")
    else:
        failed = next(row for row in value["steps"] if row["holds"] is False)
        click.echo(f"{what}: step {failed['step']} does not hold.")


def _order(data: bytes) -> str | None:
    from cheget.order.papers import unverified_order

    try:
        return unverified_order(data)
    except MalformedDocumentError:
        return None


def _charter(file: Path) -> Charter:
    from cheget.order.charter import read_charter

    data = _read(file).rstrip(b"\n")
    if data.startswith(b'{"charter":'):  # the first line of an exported ledger
        try:
            data = json.loads(data.split(b"\n", 1)[0])["charter"].encode()
        except (ValueError, KeyError, AttributeError):
            raise MalformedDocumentError(f"{file} holds no charter") from None
    try:
        return read_charter(data)
    except MalformedDocumentError as error:
        raise MalformedDocumentError(f"{file} holds no charter: {error}") from error


def _instant(text: str | None) -> int:
    from cheget.audit.instant import from_text

    if text is None:
        return now()
    try:
        return from_text(text)
    except ValueError as error:
        raise click.UsageError(f"--at: {error}") from None


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise HouseError(f"{file}: {error.strerror}") from error
