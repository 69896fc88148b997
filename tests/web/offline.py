"""The verifier of an evidence file, opened from disk by a browser without a network."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cheget.audit.header import decode
from cheget.errors import StoppedError, VerificationError
from cheget.order.charter import Charter
from cheget.order.fold import at_instant
from cheget.order.papers import decode_papers
from cheget.order.verify import Pinned, explain_papers
from cheget.report import evidence
from cheget.report.evidence import script

VERIFIER = Path(evidence.__file__).parent / "verifier"

JUDGE = """async (cases) => {
  const told = [];
  for (const one of cases) {
    const { verdict, lines, found } = await judge(one);
    const fault = lines.find((each) => each.holds !== true), p = found.proceeding;
    told.push({
      verdict, line: fault?.name ?? "", says: fault?.says ?? "",
      state: verdict === "holds" ? stateOf(p) : "",
      counted: verdict === "holds" ? counted(p).map((each) => each.person) : [],
      receipts: verdict === "holds" ? found.receipts.map((each) => each.document.outcome) : [],
    });
  }
  return told;
}"""


@dataclass
class Verifier:
    """An open evidence file: what it asked for and complained of is kept."""

    page: Any
    asked: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda one: self.asked.append(one.url))
        self.page.on(
            "console", lambda one: self.faults.append(one.text) if one.type == "error" else 0
        )
        self.page.on("pageerror", lambda one: self.faults.append(str(one)))

    def open(self, file: Path) -> Verifier:
        """Open the file, and wait until it has judged."""
        self.page.goto(file.as_uri())
        self.page.locator("#lines li").first.wait_for()
        return self

    def judge(self, *cases: Case) -> list[dict[str, Any]]:
        """What its pure function says of other papers."""
        found = self.page.evaluate(JUDGE, [one.given() for one in cases])
        assert len(found) == len(cases)
        return list(found)

    def judge_many(self, cases: Sequence[Case], folder: Path) -> list[dict[str, Any]]:
        """The same of very many, by its script in a page beside it that reads them from a file."""
        pure = script().removesuffix((VERIFIER / "page.js").read_text())
        told = json.dumps([one.given() for one in cases])
        (folder / "cases.js").write_text(f"const CASES = {told};")
        (folder / "pure.js").write_text(pure)
        (folder / "many.html").write_text(
            "<meta charset=utf-8><script src=pure.js></script><script src=cases.js></script>"
        )
        page = self.page.context.new_page()
        page.goto((folder / "many.html").as_uri())
        found = page.evaluate(f"() => ({JUDGE})(CASES)")
        page.close()
        assert len(found) == len(cases)
        return list(found)

    def one(self, case: Case) -> dict[str, Any]:
        return self.judge(case)[0]


@dataclass(frozen=True)
class Case:
    """What an evidence file holds."""

    charter: str
    papers: str
    receipts: tuple[str, ...] = ()

    def given(self) -> dict[str, Any]:
        return {"charter": self.charter, "papers": self.papers, "receipts": list(self.receipts)}


def case_of(papers: bytes, charter: Charter, receipts: Sequence[bytes] = ()) -> Case:
    return Case(
        charter.payload.decode(), papers.decode(errors="replace"),
        tuple(one.decode() for one in receipts),
    )  # fmt: skip


def by_python(papers: bytes, charter: Charter) -> tuple[str, str, list[str]]:
    """What Python says of the same papers: verdict, state, who counted."""
    explanation = explain_papers(papers, pinned=Pinned(charter), now=None)
    if explanation.error is not None and not isinstance(explanation.error, StoppedError):
        assert isinstance(explanation.error, VerificationError)
        return "not", "", []
    assert explanation.proceeding is not None
    last = decode(decode_papers(papers).log.slice.headers[-1]).at
    known = at_instant(explanation.proceeding, last)
    return "holds", known.state, [one.person for one in known.counted]


def offline(chromium: Any) -> Verifier:
    """A browser of its own without a network."""
    return Verifier(chromium.new_context(offline=True).new_page())
