"""``cheget assess``: would it be carried out, how surely, and what would change it?"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cheget.cli.check import read_chain
from cheget.cli.outputs import to_stdout, write
from cheget.cli.plain import json_option, say
from cheget.errors import ChainFileError, HouseError
from cheget.report.library import BELIEFS, FOLDER, beliefs_about, believed, known

if TYPE_CHECKING:
    from cheget.assessment.answer import Assessment
    from cheget.assessment.beliefs import Beliefs
    from cheget.assessment.uncertainty import Progress
    from cheget.chain.chain import Chain
    from cheget.report.findings import Findings


@dataclass(frozen=True)
class Case:
    """A chain with somebody's beliefs about it."""

    chain: Chain
    beliefs: Beliefs


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="CHAIN [BELIEFS]…")
@click.option("--situation", help="Only this situation of the beliefs. [default: side by side]")
@click.option("--all", "everything", is_flag=True,
              help="Every driver, everybody's importance, every assumption.")  # fmt: skip
@click.option("--samples", type=click.IntRange(16, 65536), default=1024, show_default=True,
              help="Points a repeat, where it must be sampled: a power of two.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True,
              help="Of the points drawn; equal seeds give equal digits.")  # fmt: skip
@click.option("--method", type=click.Choice(["exact", "mc"]), default="exact", show_default=True,
              help="mc: simulate it, run by run, which shares nothing with exact.")  # fmt: skip
@click.option("--runs", type=click.IntRange(100, 10**9), default=100_000, show_default=True,
              help="How often it is simulated.")  # fmt: skip
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False, writable=True),
              help="Write it as a page of its own, for a browser or a printer.")  # fmt: skip
@click.option("--svg", type=click.Path(path_type=Path, dir_okay=False, writable=True),
              help="Draw where it ends and how sure that is, and write the drawing.")  # fmt: skip
@click.option("--csv", "cells", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
              help="Write every number as a table; - is standard output.")  # fmt: skip
@click.option("--markdown", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
              help="Write the brief's text as Markdown; - is standard output.")  # fmt: skip
@json_option
def assess(
    files: tuple[str, ...], situation: str | None, everything: bool, samples: int, seed: int,
    method: str, runs: int, report: Path | None, svg: Path | None, cells: Path | None,
    markdown: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Would it be carried out, how surely, and what would change it?

    CHAIN is a file or a scenario's name, BELIEFS a file or the name of beliefs that come with
    cheget; left out, the scenario's own. Several chains, several BELIEFS, or several situations
    are put side by side. Exit status 1 if an expectation is contradicted.
    """
    taken = to_stdout((cells, markdown), as_json=as_json)
    cases = read_cases(files)
    if method == "mc":
        if report or svg or cells or markdown:
            raise click.UsageError("--report, --svg, --csv and --markdown show what is computed,"
                                   " not --method mc")  # fmt: skip
        from cheget.cli.simulated import say_simulated

        say_simulated(cases, situation, runs, seed, as_json)
        return
    with patience(as_json) as progress:
        found = [one for case in cases
                 for one in _assessed(case, situation, samples, seed, progress)]  # fmt: skip
        findings = _drawn(report, svg, found, progress)
        _told(cells, markdown, findings)
    if taken:
        pass
    elif as_json:
        from cheget.cli.assess_values import as_value

        values = [as_value(one, everything=everything) for one in findings]
        say(values[0] if len(values) == 1 else {"assessments": values}, as_json, lambda: None)
    else:
        from cheget.cli.assessments import print_assessment, print_comparison

        if len(found) > 1:
            print_comparison(found)
        for one in findings if len(found) == 1 or everything else ():
            print_assessment(one.found, everything=everything, findings=one)
    if any(one.expected and one.expected.verdict == "contradicted" for one in found):
        raise click.exceptions.Exit(1)


def _assessed(
    case: Case, situation: str | None, samples: int, seed: int, progress: Progress
) -> Iterator[Assessment]:
    from cheget.assessment.answer import assess as assessed

    situations = [situation] if situation else list(case.beliefs.situations) or [""]
    for each in situations:
        yield assessed(case.chain, case.beliefs, each, samples=samples, seed=seed,
                       progress=progress)  # fmt: skip


def _drawn(
    page: Path | None, svg: Path | None, found: Sequence[Assessment], progress: Progress
) -> Sequence[Findings]:
    """Write the pictures that are asked for; what was computed for them is kept."""
    from cheget.report.findings import Findings

    findings = [Findings(one) for one in found]
    if page is None and svg is None:
        return findings
    from cheget.report import assess_page

    try:
        if page is not None:
            told = assess_page.prepared(findings, progress)
            page.write_text(assess_page.report(told), "utf-8")
        if svg is not None:
            svg.write_text(assess_page.svg(found), "utf-8")
    except OSError as error:
        raise HouseError(f"{error.filename}: {error.strerror}") from error
    return findings


def _told(cells: Path | None, markdown: Path | None, findings: Sequence[Findings]) -> None:
    """Write the tables and the text that are asked for."""
    if cells is not None:
        from cheget.cli import assess_csv

        write(cells, assess_csv.written(findings))
    if markdown is not None:
        from cheget.cli import assess_markdown

        write(markdown, assess_markdown.written(findings))


@contextmanager
def patience(as_json: bool) -> Iterator[Progress]:
    """A progress bar on standard error, where somebody looks at one."""
    import sys

    if as_json or not sys.stderr.isatty():
        yield lambda _, __: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("assessing", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def read_cases(files: Sequence[str]) -> list[Case]:
    """The chains and beliefs that somebody named, each beliefs with the chain it is about.

    Raises:
        ChainFileError: one of the files has a fault.
        HouseError: a file can't be read, a name isn't known, or nothing goes together.
    """
    need_numpy()
    chains: dict[str, Chain] = {}
    paths: list[Path] = []
    for given in files:
        path = _path(given)
        if _is_beliefs(path):
            paths.append(path)
        else:
            chain = read_chain(path)
            chains[chain.id] = chain
    cases = [_case(path, chains) for path in paths]
    believed = {case.chain.id for case in cases}
    cases += [_case(_own(chain), chains) for chain in chains.values() if chain.id not in believed]
    return cases


def read_beside(chain_file: str, name: str) -> Case:
    """What beliefs, or another chain with its own, make beside a chain.

    Raises:
        ChainFileError: one of the files has a fault.
        HouseError: a file can't be read, a name isn't known, or nothing goes together.
    """
    found, said = read_cases((chain_file, name)), _document(_path(name))
    return next(
        case for case in found
        if said.get("beliefs", case.beliefs.id) == case.beliefs.id
        and said.get("chain", case.chain.id) == case.chain.id
    )  # fmt: skip


def need_numpy() -> None:
    """Say what to install where the numerical libraries are missing."""
    import importlib.util

    if importlib.util.find_spec("numpy") is None or importlib.util.find_spec("scipy") is None:
        raise HouseError(
            "to assess, cheget needs numpy and scipy", hint="pip install 'cheget[assess]'"
        )


def _path(given: str) -> Path:
    path = Path(given)
    if path.is_file() or path.suffix in {".yaml", ".yml"} or "/" in given:
        return path
    for folder in (FOLDER, BELIEFS):
        if (folder / f"{given}.yaml").is_file():
            return folder / f"{given}.yaml"
    near = difflib.get_close_matches(given, known() + believed(), 1)
    raise HouseError(f"there is no scenario, and there are no beliefs, named {given}",
                     hint=f"did you mean {near[0]}?" if near else "")  # fmt: skip


def _document(path: Path) -> dict[str, Any]:
    from cheget.chain.document import Mapping, Scalar, read

    try:
        node = read(path.read_bytes())
    except OSError as error:
        raise HouseError(f"{path}: {error.strerror}") from error
    except ChainFileError as error:
        error.file = str(path)
        raise
    entries = node.entries if isinstance(node, Mapping) else ()
    return {key.text: value.text if isinstance(value, Scalar) else "" for key, value in entries}


def _is_beliefs(path: Path) -> bool:
    return "beliefs" in _document(path)


def _own(chain: Chain) -> Path:
    """The beliefs that come with cheget about a chain."""
    for name in beliefs_about(chain.id):
        return BELIEFS / f"{name}.yaml"
    raise HouseError(
        f"no beliefs about {chain.id}", hint="name a file: cheget assess CHAIN BELIEFS"
    )


def read_beliefs(chain: Chain) -> Beliefs:
    """The beliefs that come with cheget about a chain."""
    need_numpy()
    return _case(_own(chain), {chain.id: chain}).beliefs


def _case(path: Path, chains: dict[str, Chain]) -> Case:
    from cheget.assessment.model import model_of
    from cheget.assessment.parse import parse_beliefs

    about = _document(path).get("chain", "")
    chain = chains.get(about) or _scenario(about) or next(iter(chains.values()), None)
    if chain is None:
        raise HouseError(f"{path} is about {about or 'no chain'}, which isn't given",
                         hint="name its file too: cheget assess CHAIN BELIEFS")  # fmt: skip
    try:
        case = Case(chain, parse_beliefs(path.read_bytes(), chain))
        for situation in case.beliefs.situations or [""]:  # a contradiction is shown in its file
            model_of(chain, case.beliefs, situation)
    except ChainFileError as error:
        error.file = str(path)
        raise
    return case


def _scenario(id_: str) -> Chain | None:
    for name in known():
        chain = read_chain(FOLDER / f"{name}.yaml")
        if chain.id == id_:
            return chain
    return None
