"""``cheget executor test``: what an executor refuses, and what the ways round it come to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cheget.cli.plain import folder_option, json_option, say
from cheget.cli.running import FOLDER, NAME
from cheget.errors import HouseError
from cheget.report.kept import TESTS, append_line, read_lines
from cheget.report.terminal import safe

if TYPE_CHECKING:
    from cheget.cli.install import Place


@click.command("test")
@NAME
@FOLDER
@folder_option
@json_option
def test(name: str, own: Path | None, folder: Path | None, as_json: bool) -> None:
    """Try what it must refuse, and each way round it. The act itself is never run.

    Refusals are tried with real codes of a throwaway house, by this executor's own file and
    verifier. Ways round are the commands under `bypass`, which are run, and must be denied.
    The result is kept in tests.jsonl. Exit 1 when a way round is open, or anything else failed.
    """
    from cheget.cli.install import place_of

    place = place_of(name, own, folder)
    value = trial_of(place, name)
    append_line(place.folder / TESTS, value)  # an agent at work holds the journal
    say(value, as_json, lambda: _print(value))
    if not value["passed"]:
        raise click.exceptions.Exit(1)


def trial_of(place: Place, name: str) -> dict[str, Any]:
    """Every refusal and every way round, tried now, as JSON."""
    from cheget.audit.instant import to_text
    from cheget.cli.install import read_pinned, read_settings
    from cheget.cli.plain import now
    from cheget.cli.refusals import refusals
    from cheget.executor.ways import try_way

    settings = read_settings(place, name)
    charter = read_pinned(place, settings)
    if not settings.acts:
        raise HouseError(f"{place.settings} holds no act yet: there is nothing to guard")
    refused = [
        {"action": one.action, "tried": one.what, "refused": one.refused, "says": one.says}
        for one in refusals(settings, charter)
    ]
    ways = [
        {"as": one.of, "result": one.result, "says": one.says, "status": one.status}
        for one in map(try_way, settings.bypass)
    ]
    passed = all(one["refused"] is not False for one in refused) and all(
        one["result"] == "denied" for one in ways
    )
    return {
        "executor": name, "at": to_text(now()), "charter": charter.digest,
        "guard": settings.guard, "refusals": refused, "ways_round": ways, "passed": passed,
    }  # fmt: skip


def last_trial(place: Place) -> dict[str, Any] | None:
    """When it was tested last, and how many ways round were open; None before it was."""
    if not (lines := read_lines(place.folder / TESTS)):
        return None
    found = lines[-1]
    return {
        "at": found["at"], "passed": found["passed"],
        "ways_round": sum(one["result"] == "not-denied" for one in found["ways_round"]),
    }  # fmt: skip


def _print(value: dict[str, Any]) -> None:
    for action in dict.fromkeys(one["action"] for one in value["refusals"]):
        mine = [one for one in value["refusals"] if one["action"] == action]
        shown = "  ".join(f"{one['tried']}: {_refused(one['refused'])}" for one in mine)
        click.echo(f"{action} (guard {value['guard']})\n  {shown}")
        for one in mine:
            if one["refused"] is False:
                click.echo(f"  {one['tried']}: {safe(one['says'])}")
    click.echo("ways round" if value["ways_round"] else "ways round: none is listed under bypass")
    for one in value["ways_round"]:
        said = f"  {safe(one['says'])}" if one["says"] else ""
        click.echo(f"  {safe(one['as'])}: {_result(one['result'])}{said}")
    click.echo(_verdict(value))


def _verdict(value: dict[str, Any]) -> str:
    open_ = sum(one["result"] == "not-denied" for one in value["ways_round"])
    errors = sum(one["result"] == "error" for one in value["ways_round"])
    failed = sum(one["refused"] is False for one in value["refusals"])
    said = [
        f"{count} {noun if count == 1 else many}"
        for count, noun, many in (
            (open_, "way round this chain", "ways round this chain"),
            (errors, "way round could not be tried", "ways round could not be tried"),
            (failed, "check failed", "checks failed"),
        )
        if count
    ]
    return f"{', '.join(said)}." if said else "Nothing that was tried got past it."


def _refused(refused: bool | None) -> str:
    if refused is None:
        return "does not apply"
    return click.style("as it must ✓", fg="green") if refused else click.style("NO ✕", fg="red")


def _result(result: str) -> str:
    match result:
        case "denied":
            return click.style("denied ✓", fg="green")
        case "not-denied":
            return click.style("NOT DENIED ✕", fg="red")
        case _:
            return click.style("ERROR ✕", fg="red")
