"""Codes are derived: from the papers of a released order, one for each executor it names.

Whoever has the papers can derive them; nobody can make one without the concurrences in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cheget.audit.merkle import Tree
from cheget.errors import NotAcceptedError
from cheget.order.allowed import executors_tree, id_of, serial_of
from cheget.order.handover import Handed, shares_tree
from cheget.order.papers import Address, Papers, encode_address


class Codes:
    """The codes of all executors that the papers list: the same bytes, after the address."""

    def __init__(self, papers: Papers) -> None:
        """Make what they share."""
        self.papers = papers
        self._listed = _listed(papers)
        self._index = {id_of(one): index for index, one in enumerate(self._listed)}
        self._tree = executors_tree(self._listed)
        self._trees = {name: shares_tree(one) for name, one in papers.shares.items()}
        self._rest = _rest(papers)

    def of(self, executor: str) -> bytes:
        """The code of one.

        Raises:
            NotAcceptedError: the papers do not list it.
        """
        if (index := self._index.get(executor)) is None:
            raise NotAcceptedError(f"the order does not name {executor}: there is no code for it")
        listed = self._listed[index]
        address = _address(self.papers, self._tree, self._trees, index, listed)
        return encode_address(address) + self._rest


def derive_code(papers: Papers, executor: str) -> bytes:
    """The code of one executor. Raises as :meth:`Codes.of`."""
    return Codes(papers).of(executor)


def derive_codes(papers: Papers) -> Mapping[str, bytes]:
    """The codes of all executors that the papers list."""
    codes = Codes(papers)
    return {id_of(one): codes.of(id_of(one)) for one in _listed(papers)}


def _listed(papers: Papers) -> tuple[str, ...]:
    if isinstance(papers.address, Address):
        raise NotAcceptedError("a code is derived from papers, not from another code")
    return papers.address


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
