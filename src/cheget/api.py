"""Prove and assess from Python: what the verbs say, as frozen values.

import cheget

chain = cheget.load("wipe-database")
cheget.prove(chain).claims
cheget.assess(cheget.load("cheget")).mean
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from cheget.chain.chain import Chain
from cheget.chain.parse import parse_chain
from cheget.errors import ChainFileError, HouseError
from cheget.report.library import file_of

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from cheget.assessment.answer import Assessment
    from cheget.assessment.beliefs import Beliefs
    from cheget.assessment.sweep import Sweep
    from cheget.chain.people import People
    from cheget.proof.account import Account
    from cheget.proof.claims import Verdict

Source = str | PathLike[str] | bytes
_T = TypeVar("_T")


def load(source: Source) -> Chain:
    """The chain in a file, of a scenario, or in the bytes given.

    Raises:
        ChainFileError: it has a fault, with its line and column.
        HouseError: there is no such file or scenario.
    """
    if isinstance(source, bytes):
        return parse_chain(source)
    path = file_of(str(source))
    return _parsed(path, parse_chain)


def load_people(source: Source) -> People:
    """Who fills the posts, from a people.yaml.

    Raises:
        ChainFileError: it has a fault, with its line and column.
        HouseError: there is no such file.
    """
    from cheget.chain.people import parse_people

    return (
        parse_people(source) if isinstance(source, bytes) else _parsed(Path(source), parse_people)
    )


def load_beliefs(source: Source | None, chain: Chain) -> Beliefs:
    """The beliefs in a file, or that come with cheget; None: the scenario's own.

    Raises:
        ChainFileError: they have a fault, with its line and column.
        HouseError: there are none.
    """
    from cheget.assessment.parse import parse_beliefs
    from cheget.cli.assess import read_beliefs
    from cheget.report.library import BELIEFS

    if source is None:
        return read_beliefs(chain)
    if isinstance(source, bytes):
        return parse_beliefs(source, chain)
    path = Path(source)
    if not path.is_file() and (BELIEFS / f"{source}.yaml").is_file():
        path = BELIEFS / f"{source}.yaml"
    return _parsed(path, lambda data: parse_beliefs(data, chain))


def _parsed(path: Path, parse: Callable[[bytes], _T]) -> _T:
    try:
        return parse(path.read_bytes())
    except OSError as error:
        raise HouseError(f"{path}: {error.strerror}") from error
    except ChainFileError as error:
        error.file = str(path)
        raise


@dataclasses.dataclass(frozen=True)
class Proof:
    """Who can release, and who can stop: one account of each ladder, and each claim's verdict."""

    chain: Chain
    accounts: tuple[Account, ...]
    claims: tuple[Verdict, ...]

    @property
    def holds(self) -> bool:
        """Whether every claim does."""
        return all(one.verdict == "holds" for one in self.claims)

    def to_dict(self) -> dict[str, Any]:
        """What ``cheget prove --json`` prints, without the doors."""
        from cheget.cli.prove import as_value

        return as_value(self.accounts, self.claims)

    def _repr_html_(self) -> str:
        """The ladders drawn, under what was proved."""
        from cheget.picture.markup import tag
        from cheget.report.proof_page import svg
        from cheget.report.proofs import claims_sentence, summary

        said = " ".join([claims_sentence(self.claims), *map(summary, self.accounts)])
        return tag("p", text=said) + svg(self.chain, self.accounts)


@dataclasses.dataclass(frozen=True)
class Assessed:
    """Given that it is ordered: how likely it's carried out; ``answer`` has all of it."""

    answer: Assessment

    @property
    def mean(self) -> float:
        """The probability that it is carried out."""
        return self.answer.mean.value

    @property
    def stopped(self) -> Mapping[str, float]:
        """How likely it is stopped at each level."""
        return {step.level: step.stopped.value for step in self.answer.steps}

    @property
    def expired(self) -> Mapping[str, float]:
        """How likely it expires at each level."""
        return {step.level: step.expired.value for step in self.answer.steps}

    def to_dict(self) -> dict[str, Any]:
        """What ``cheget assess --json`` prints."""
        from cheget.cli.assess_values import as_value
        from cheget.report.findings import Findings

        return as_value(Findings(self.answer))

    def _repr_html_(self) -> str:
        """The answer in sentences, and where it ends."""
        import click

        from cheget.cli.assessments import headline
        from cheget.picture.markup import tag

        said = "".join(tag("p", text=click.unstyle(line).strip()) for line in headline(self.answer))
        rows = "".join(
            tag("tr", tag("td", text=step.level), tag("td", text=f"{step.stopped.value:.1%}"),
                tag("td", text=f"{step.expired.value:.1%}"))
            for step in self.answer.steps
        )  # fmt: skip
        heads = "".join(tag("th", text=one) for one in ("level", "stopped", "expired"))
        return said + tag("table", tag("tr", heads), rows)


def prove(
    chain: Chain | Source, *, people: People | None = None, action: str | None = None
) -> Proof:
    """Prove a chain's claims and coalitions, exactly.

    Raises:
        TooEntangledError: too many people sit at several places for the budget.
    """
    from cheget.proof.account import accounts
    from cheget.proof.claims import verdicts

    found = chain if isinstance(chain, Chain) else load(chain)
    proved = accounts(found, people, action)
    return Proof(found, proved, verdicts(found, proved))


def assess(
    chain: Chain | Source, beliefs: Beliefs | Source | None = None, situation: str = "", *,
    samples: int = 1024, seed: int = 0,
) -> Assessed:  # fmt: skip
    """Assess a chain on somebody's beliefs; None: those that come with it.

    Raises:
        ChainFileError: the beliefs contradict themselves about this chain.
        AssessmentError: something of it isn't defined, or too entangled to be exact.
    """
    from cheget.assessment.answer import assess as assessed
    from cheget.assessment.beliefs import Beliefs

    found = chain if isinstance(chain, Chain) else load(chain)
    said = beliefs if isinstance(beliefs, Beliefs) else load_beliefs(beliefs, found)
    return Assessed(assessed(found, said, situation, samples=samples, seed=seed))


def sweep(
    chain: Chain | Source, beliefs: Beliefs | Source | None = None, *,
    vary: Mapping[str, Sequence[float]], situation: str = "", executor: Executor | None = None,
) -> Sweep:  # fmt: skip
    """The mean at every combination of some beliefs, on any executor: a pool, or a cluster.

    Raises:
        AssessmentError: no such belief to vary, or something isn't defined.
    """
    from cheget.assessment.beliefs import Beliefs
    from cheget.assessment.sweep import sweep as swept

    found = chain if isinstance(chain, Chain) else load(chain)
    said = beliefs if isinstance(beliefs, Beliefs) else load_beliefs(beliefs, found)
    return swept(found, said, vary, situation, executor=executor)
