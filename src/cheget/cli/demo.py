"""``cheget demo``: the chain of the article, through two orders, with real signatures."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cheget.cli.demo_report import Report
from cheget.cli.plain import is_asked, say
from cheget.errors import HouseError

if TYPE_CHECKING:
    from cheget.chain.chain import Chain


@click.command()
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False),
              help="Keep the house in this new folder.")  # fmt: skip
@click.option("--serve/--no-serve", "serves", default=None,
              help="Serve the page at the end. [default: where somebody looks]")  # fmt: skip
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535),
              help="Of the page; any other if it is taken.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON value at the end.")
def demo(folder: Path | None, serves: bool | None, port: int, as_json: bool) -> None:
    """The chain of the article, through two orders, with real signatures, and its page.

    The first order is refused and stopped; the second is concurred with by all, and the
    executors that it names act once. Then the page is served, on which you take a seat. Nothing
    outside the folder is touched.
    """
    report = Report(as_json)
    report.port = port if (is_asked() if serves is None else serves) and not as_json else None
    if folder is not None:
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise HouseError(f"{folder}: {error.strerror}", hint="name a new folder") from error
        run(folder, report)
        report.plain(f"\nThe house is in {folder}, with a key for each member in {folder}/keys.")
        report.plain(f"next: cheget log verify --house {folder}; or any other verb, like that")
    else:
        with tempfile.TemporaryDirectory(prefix="cheget-demo-") as place:
            run(Path(place), report)
    report.facts["folder"] = None if folder is None else str(folder)
    report.facts["seconds"] = round(time.monotonic() - report.started, 1)
    say(report.facts, as_json, lambda: None)


def run(folder: Path, report: Report) -> None:
    """The whole demo in ``folder``, which is empty."""
    from cheget.cli import demo_house, demo_orders

    listening = origin = None
    if report.port is not None:
        from cheget.cli import demo_page

        listening = demo_page.listen(report.port)
        origin = f"http://localhost:{listening.getsockname()[1]}"
    staffed = demo_house.staff(folder, report.progress, origin)
    levels, executors = len(staffed.chain.levels), len(staffed.others) + len(staffed.named)
    report.plain(
        f"cheget demo: the chain of the article, {levels} levels of people and the crews,"
        f" {executors:,} executors\n"
    )
    report.line("prove", _proved(staffed.chain))
    report.line("assess", _assessed(staffed.chain, report))
    enrolled = len(staffed.people) + executors
    report.line("found", f"{enrolled:,} keys enrolled, each with proof of possession; the charter"
                f" agreed by all {len(staffed.chain.members)} members")  # fmt: skip
    try:
        demo_orders.refused(staffed, report)
        demo_orders.released(staffed, report)
        demo_orders.audited(staffed, report)
        if listening is not None:
            demo_page.serve(staffed, listening)
    finally:
        staffed.desk.store.close()


def _proved(chain: Chain) -> str:
    """What is proved of the chain, in a line."""
    from cheget.proof.account import accounts
    from cheget.proof.claims import verdicts
    from cheget.report.proofs import claims_sentence, summary

    proved = accounts(chain)
    said = dict.fromkeys(summary(account) for account in proved)
    return " ".join([claims_sentence(verdicts(chain, proved)), *said])


def _assessed(chain: Chain, report: Report) -> str:
    """What the article's officers believe comes to, in three lines."""
    from cheget.assessment.answer import HALF, assess
    from cheget.assessment.change import turning
    from cheget.assessment.words import percent, phrase
    from cheget.cli.assess import read_beliefs

    found = assess(chain, read_beliefs(chain))
    mean, low, high = found.mean.value, found.quantile(0.05), found.quantile(0.95)
    report.facts["assess"] = {
        "carried_out": round(mean, 3),
        "at_medians": round(found.at_medians, 3),
    }
    worst = max(found.steps, key=lambda step: step.stopped.value)
    lines = [
        f"given that it is ordered, it is {phrase(mean)} to be carried out: {percent(mean)};",
        f"{' ' * 9}90 % range {percent(low)} to {percent(high)}, at the medians"  # noqa: ISC004
        f" {percent(found.at_medians)}. Stopped most often at {worst.level}.",
    ]
    turned = turning(chain, found.beliefs, HALF)
    if turned is not None:
        often = {1: "once", 2: "twice"}.get(turned, f"{turned} times")
        lines.append(f"{' ' * 9}What would turn the verdict: refusers replaced, {often} a seat.")
    return "\n".join(lines)
