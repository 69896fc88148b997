"""Codes are derived: from the papers of a released order, one for each executor it names.

Whoever has the papers can derive them; nobody can make one without the concurrences in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from cheget.audit.merkle import Tree
from cheget.errors import NotAcceptedError
from cheget.order.allowed import executors_tree, id_of, serial_of
from cheget.order.handover import Handed, shares_tree
from cheget.order.papers import Address, Papers, encode_address


def derive_code(papers: Papers, executor: str) -> bytes:
    """The code of one executor.

    Raises:
        NotAcceptedError: the papers do not list it.
    """
    executors = _listed(papers)
    ids = [id_of(one) for one in executors]
    if executor not in ids:
        raise NotAcceptedError(f"the order does not name {executor}: there is no code for it")
    index = ids.index(executor)
    trees = {name: shares_tree(one) for name, one in papers.shares.items()}
    address = _address(papers, _tree(executors), trees, index, executors[index])
    return encode_address(address) + _rest(papers)


def derive_codes(papers: Papers) -> Mapping[str, bytes]:
    """The codes of all executors that the papers list: the same bytes, after the address."""
    executors, rest = _listed(papers), _rest(papers)
    tree = _tree(executors)
    trees = {name: shares_tree(one) for name, one in papers.shares.items()}
    return {
        id_of(one): encode_address(_address(papers, tree, trees, index, one)) + rest
        for index, one in enumerate(executors)
    }


def _listed(papers: Papers) -> tuple[str, ...]:
    if isinstance(papers.address, Address):
        raise NotAcceptedError("a code is derived from papers, not from another code")
    return papers.address


@lru_cache(maxsize=8)
def _tree(executors: tuple[str, ...]) -> Tree:
    return executors_tree(executors)


def _address(
    papers: Papers, tree: Tree, trees: Mapping[str, Tree], index: int, listed: str
) -> Address:
    """The one part of a code that differs from the others'; of the shares, its own alone."""
    serial = serial_of(listed)
    handed = {
        name: Handed(ciphertexts[index], trees[name].path(index))
        for name, ciphertexts in papers.shares.items()
        if serial is not None and index < len(ciphertexts)
    }
    return Address(id_of(listed), index, tree.path(index), serial, handed)


def _rest(papers: Papers) -> bytes:
    """What follows the address. Free texts stay behind: an executor has no use for them."""
    bare = replace(papers, address=(), texts={}, shares={})
    return bare.encode()[len(encode_address(())) :]
