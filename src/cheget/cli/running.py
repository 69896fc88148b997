"""``cheget executor run`` and ``settle``: an agent at work, and what a person says after it."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cheget.cli.plain import house_option, is_asked, json_option, now, say
from cheget.errors import ChegetError, HouseError, JournalError
from cheget.report.terminal import safe

if TYPE_CHECKING:
    from cheget.cli.sources import Asked
    from cheget.executor.agent import Agent, Taken

FILE = click.Path(path_type=Path, dir_okay=False)
NAME = click.argument("name")
FOLDER = click.option(
    "--folder", "own", type=click.Path(path_type=Path, file_okay=False),
    help="The executor's own folder. [default: executors/NAME in the house]",
)  # fmt: skip
ANCHOR = click.option(
    "--anchor", "anchors", type=click.Path(path_type=Path, file_okay=False),
    envvar="CHEGET_ANCHORS",
    help="Folder of the journal's anchor, outside the backup set. [default: your state folder]",
)  # fmt: skip
LONG = 25  # seconds that a house over the network is asked to wait for something new
CLEAR_NO = {"refused", "failed", "unknown"}


@click.command()
@NAME
@click.option("--once", is_flag=True, help="Ask every source once, and leave.")
@click.option("--every", default="2s", metavar="SPAN", show_default=True, help="How often to ask.")
@click.option("--code", "codes", type=FILE, multiple=True, help="A code; again for each.")
@click.option("--stop", "stops", type=FILE, multiple=True, help="A stop, by hand.")
@FOLDER
@ANCHOR
@house_option
@json_option
def run(
    name: str, once: bool, every: str, codes: tuple[Path, ...], stops: tuple[Path, ...],
    own: Path | None, anchors: Path | None, folder: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Take codes, verify them, act once, and sign receipts.

    It asks the places that executor.yaml names under `at`, and the files given. A code that was
    carried may lack a stop, so every place named is asked even then; where `at` is left out,
    the files alone. With --once the exit status is 1 if an order was refused, or its act
    failed or is unknown.
    """
    from cheget.cli.install import open_agent, place_of, read_pinned, read_settings
    from cheget.cli.sources import FolderCrew, opened

    place = place_of(name, own, folder)
    settings = read_settings(place, name)
    read_pinned(place, settings)  # said before anybody is asked
    seconds = _seconds(every)
    crew = FolderCrew(place.folder / "crew")
    with opened(settings.sources, place.folder, codes, stops, _warn, name) as sources:
        if not sources:
            raise HouseError(
                f"{name} has nobody to ask", hint="`at: [FOLDER]` in executor.yaml, or --code FILE"
            )
        agent = open_agent(place, name, anchors, sources, crew)
        try:
            clear = _rounds(agent, sources, place.folder, 0 if once else seconds, as_json)
        except KeyboardInterrupt:
            return
        finally:
            agent.journal.close()
    if not clear:
        raise click.exceptions.Exit(1)


def _rounds(
    agent: Agent, sources: Sequence[Asked], folder: Path, every: int, as_json: bool
) -> bool:
    """Ask again and again; say what is new. With ``every`` 0, ask once."""
    from cheget.cli.sources import leave_receipt

    told: dict[str, tuple[str, str]] = {}
    stopped = _asked_to_stop()
    while True:
        taken = _asked(agent, again=every > 0)
        for one in taken:
            if one.receipt is not None:
                leave_receipt(folder / "receipts", one.receipt)
            if told.get(one.order) != (one.outcome, one.says):
                _keep(folder, agent.executor, one)
                told[one.order] = (one.outcome, one.says)
                _tell(agent.executor, one, as_json)
        if not every:
            faults = [one.fault for one in sources if one.fault is not None]
            if faults and len(faults) == len(sources):
                raise faults[0]
            if not taken and not as_json:
                _warn(f"nothing new for {agent.executor}")
            return not any(one.outcome in CLEAR_NO for one in taken)
        _pause(agent.executor, sources, stopped, every)
        if stopped.is_set():
            return True


def _pause(executor: str, sources: Sequence[Asked], stopped: _Stop, every: int) -> None:
    """Until it is time to ask again: where the one place that is asked can say so, until it does.

    Where there are several, none may keep the others waiting.
    """
    begun = time.monotonic()
    try:
        stopped.pausing = True
        if len(sources) == 1 and not stopped.is_set():
            waited = sources[0].pause(executor, max(every, LONG))
            if waited and time.monotonic() - begun >= 1:
                return
        stopped.wait(every)
    except _LeftError:
        pass
    finally:
        stopped.pausing = False


def _asked(agent: Agent, *, again: bool) -> list[Taken]:
    """What a round took; where another one follows, a source that fails is only said."""
    try:
        return agent.run_once()
    except JournalError:
        raise
    except ChegetError as error:
        if not again:
            raise
        _warn(f"{error}; asking again")
        return []


class _Stop(threading.Event):
    """Set once the service is to stop. ``pausing``: nothing is under way that must be ended."""

    pausing = False


class _LeftError(Exception):
    """Asked to stop while it only waited."""


def _asked_to_stop() -> _Stop:
    """Set by SIGTERM: an act that has begun is ended first, a wait is not."""
    stopped = _Stop()

    def stop(*_: object) -> None:
        stopped.set()
        if stopped.pausing:
            raise _LeftError

    signal.signal(signal.SIGTERM, stop)
    return stopped


def _keep(folder: Path, executor: str, taken: Taken) -> None:
    """For auditors; that it can't be kept stops no executor."""
    from cheget.report.kept import keep_refused

    try:
        keep_refused(folder, executor, taken, now())
    except HouseError as error:
        _warn(f"what was refused is not kept: {error}")


def _tell(executor: str, taken: Taken, as_json: bool) -> None:
    from cheget.order.documents import order_name

    if as_json:
        value = {
            "executor": executor, "order": taken.order, "words": order_name(taken.order),
            "outcome": taken.outcome, "says": taken.says,
        }  # fmt: skip
        click.echo(json.dumps(value, sort_keys=True, ensure_ascii=False))
        return
    colour = {"carried-out": "green", "waiting": "yellow"}.get(taken.outcome, "red")
    first = taken.says.partition("\n")[0]
    outcome = click.style(f"{taken.outcome:<11}", fg=colour)
    click.echo(f"{order_name(taken.order)}   {outcome} {safe(first)}".rstrip())


@click.command()
@NAME
@click.argument("words", nargs=-1, metavar="[ORDER]")
@click.option("--outcome", type=click.Choice(["carried-out", "failed"]), help="What happened.")
@click.option("--looked", metavar="PERSON", help="Who looked, and says so.")
@click.option("--clock", is_flag=True, help="The clock is right as it stands; somebody looked.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@FOLDER
@ANCHOR
@house_option
@json_option
def settle(name: str, words: tuple[str, ...], yes: bool, as_json: bool, **options: Any) -> None:
    """Say what happened to an order whose outcome is unknown, once a person has looked.

    The executor signs one more receipt that names the person. An order that was unknown is
    never tried again, whatever is settled.
    """
    from cheget.cli.install import open_agent, place_of, read_settings
    from cheget.cli.journals import find
    from cheget.cli.sources import leave_receipt, opened
    from cheget.order.documents import order_name

    outcome, looked, clock = options["outcome"], options["looked"], options["clock"]
    if clock == bool(words) or (words and not (outcome and looked)):
        raise click.UsageError("either --clock, or ORDER with --outcome and --looked PERSON")
    place = place_of(name, options["own"], options["folder"])
    question = "Is the clock right?" if clock else f"{looked} looked, and it was {outcome}?"
    if not yes:
        if not is_asked():
            raise HouseError("there is nobody to ask", hint="--yes settles it as given")
        click.confirm(question, abort=True)
    settings = read_settings(place, name)
    with opened(settings.sources, place.folder, (), (), _warn, name) as sources:
        agent = open_agent(place, name, options["anchors"], sources)
        try:
            if clock:
                agent.settle_clock()
                value = {"executor": name, "clock": "settled"}
                say(value, as_json, lambda: click.echo("the clock is settled"))
                return
            order = find(agent.journal.records, words)
            receipt = agent.settle(order, outcome, looked)
        finally:
            agent.journal.close()
    leave_receipt(place.folder / "receipts", receipt)
    said = f"settled: {outcome}, as {looked} saw it"
    value = {
        "executor": name, "order": order, "words": order_name(order), "outcome": outcome,
        "looked": looked,
    }  # fmt: skip
    say(value, as_json, lambda: click.echo(said))


def _seconds(text: str) -> int:
    from cheget.chain.quantity import duration

    try:
        return max(1, duration(text))
    except ValueError as error:
        raise click.UsageError(f"--every: {error}") from None


def _warn(text: str) -> None:
    click.echo(f"cheget: {safe(text)}", err=True)
