"""A difference as it is told: whatever the chains, it can be told, and nothing in it is markup."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cheget.chain.parse import parse_chain
from cheget.cli.diff import as_value
from cheget.cli.differences import as_markdown, escaped, sections
from cheget.proof.account import accounts
from cheget.proof.difference import difference
from proof.oracle import staffed

MARKUP = re.compile(r"(?<!\\)[\[\]`*_<>#|!~]|://|@[a-z]|www\.")


@settings(max_examples=150, deadline=None)
@given(staffed(most=4), staffed(most=4))
def test_every_difference_can_be_told(one: Any, other: Any) -> None:
    found = difference(accounts(*one), accounts(*other))
    told = [text for _, lines in sections(found) for _, text in lines]
    assert bool(told) == bool(
        found.changes or any(each.verdict != "same" for each in found.ladders) or found.reaches
    )
    assert as_markdown(other[0], found)
    assert as_value(found)["weaker"] == found.weaker
    effects = {effect for _, lines in sections(found) for effect, _ in lines}
    assert not found.weaker or "weaker" in effects


@given(st.text(max_size=60))
def test_nothing_that_a_file_says_is_markdown(text: str) -> None:
    shown = re.sub(r"&(amp|lt|gt);", "", escaped(text)).replace("&#8205;", "&")
    assert not MARKUP.search(shown)
    assert "\n" not in shown


def test_a_title_with_a_link_stays_a_title_in_a_review() -> None:
    chain = (
        "chain: pay\nmembers: {ann: Ann}\nlevels: [{level: one, members: [ann]}]\n"
        "executors: {bank: The bank}\nactions: {pay: {executors: [bank]}}\n"
    )
    bad = "[click](http://example.org) @everyone <img src=x> #1 `a`"
    old = accounts(parse_chain(chain.encode()))
    new = accounts(parse_chain(chain.replace("The bank", f"The bank, till: '{bad}'").encode()))
    shown = as_markdown(new[0].chain, difference(old, new))
    wanted = r"\[click\](http:&#8205;//example.org) @&#8205;everyone &lt;img src=x&gt; \#1 \`a\`"
    assert wanted in shown
