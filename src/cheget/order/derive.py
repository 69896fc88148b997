"""Codes are derived: from the papers of a released order, one for each executor it names.

Whoever has the papers can derive them; nobody can make one without the concurrences in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from cheget.audit.merkle import Tree
from cheget.errors import NotAcceptedError
from cheget.order.allowed import executors_tree
from cheget.order.papers import Address, Papers, encode_address


def derive_code(papers: Papers, executor: str) -> bytes:
    """The code of one executor.

    Raises:
        NotAcceptedError: the papers do not list it.
    """
    executors = _listed(papers)
    if executor not in executors:
        raise NotAcceptedError(f"the order does not name {executor}: there is no code for it")
    address = _address(_tree(executors), executors.index(executor), executor)
    return encode_address(address) + _rest(papers)


def derive_codes(papers: Papers) -> Mapping[str, bytes]:
    """The codes of all executors that the papers list: the same bytes, after the address."""
    executors, rest = _listed(papers), _rest(papers)
    tree = _tree(executors)
    return {
        executor: encode_address(_address(tree, index, executor)) + rest
        for index, executor in enumerate(executors)
    }


def _listed(papers: Papers) -> tuple[str, ...]:
    if isinstance(papers.address, Address):
        raise NotAcceptedError("a code is derived from papers, not from another code")
    return papers.address


@lru_cache(maxsize=8)
def _tree(executors: tuple[str, ...]) -> Tree:
    return executors_tree(executors)


def _address(tree: Tree, index: int, executor: str) -> Address:
    return Address(executor, index, tree.path(index))


def _rest(papers: Papers) -> bytes:
    """What follows the address. Free texts stay behind: an executor has no use for them."""
    bare = replace(papers, address=(), texts={})
    return bare.encode()[len(encode_address(())) :]
