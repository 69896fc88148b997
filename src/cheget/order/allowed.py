"""What the chain allows an order to say, and the tree of executors it names.

Asked by everybody who signs, by the desk and by the executor, of the same order in the same
words. The hint at the end of an error is for whoever wrote the order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cheget.audit.instant import to_text
from cheget.audit.merkle import Tree, leaf_hashes
from cheget.chain.chain import Action
from cheget.chain.parameters import check_parameter
from cheget.errors import NotAllowedError
from cheget.order.charter import Law
from cheget.order.documents import Order
from cheget.order.fields import Named


def check_order(law: Law, order: Order) -> Action:
    """Return the action ordered, only if the chain allows all that the order says of it.

    Raises:
        NotAllowedError: with the first thing that the chain does not allow.
    """
    try:
        action = law.chain.action(order.action)
    except KeyError:
        known = ", ".join(one.id for one in law.chain.actions) or "none"
        raise NotAllowedError(
            f"{law.chain.id} has no action {order.action}", hint=f"it has: {known}"
        ) from None
    _check_parameters(action, order)
    if not 1 <= order.executors.count <= action.at_most:
        raise NotAllowedError(
            f"the order names {order.executors.count} executors; {action.id} may name"
            f" at least 1 and at most {action.at_most}"
        )
    if order.decide_by != order.transmitted_at + action.decide_within:
        raise NotAllowedError(
            f"it must be decided by {to_text(order.transmitted_at + action.decide_within)},"
            f" and says {to_text(order.decide_by)}"
        )
    if order.acknowledged != action.acknowledge:
        raise NotAllowedError("the order acknowledges something else than the action asks")
    if order.attestations and not action.conditions:
        raise NotAllowedError(f"{action.id} has no conditions to attest to")
    return action


def _check_parameters(action: Action, order: Order) -> None:
    given, wanted = dict(order.parameters), dict(action.parameters)
    if given.keys() != wanted.keys():
        names = ", ".join(wanted) or "none"
        raise NotAllowedError(
            f"the order gives the parameters {', '.join(given) or 'none'}",
            hint=f"{action.id} takes: {names}",
        )
    for name, parameter in wanted.items():
        fault = check_parameter(parameter, given[name])
        if fault is not None:
            raise NotAllowedError(f"{name}: {fault}")


def check_files(action: Action, order: Order, files: Mapping[str, bytes]) -> None:
    """Return only if the file of each file parameter is there, and no larger than allowed.

    Args:
        action: The action ordered.
        order: The order, whose parameters hold digests.
        files: Contents by their digests, which were compared.

    Raises:
        NotAllowedError: without the file nobody knows what is ordered.
    """
    given = dict(order.parameters)
    for name, parameter in action.parameters:
        if parameter.kind != "file":
            continue
        data = files.get(given[name])
        if data is None:
            raise NotAllowedError(f"{name}: its file is missing")
        if len(data) > parameter.up_to:
            raise NotAllowedError(
                f"{name}: its file has {len(data):,} bytes, and at most {parameter.up_to:,}"
            )


def id_of(listed: str) -> str:
    """The executor of an entry of an order's list: ``id``, or ``id/serial`` of a sealed one."""
    return listed.partition("/")[0]


def serial_of(listed: str) -> int | None:
    """The serial of an entry of an order's list; None for an executor that isn't sealed."""
    serial = listed.partition("/")[2]
    return int(serial) if serial else None


def in_order(listed: Iterable[str]) -> list[str]:
    """The entries as a list has them: by the bytes of their ids."""
    return sorted(listed, key=id_of)


def executors_tree(executors: Sequence[str]) -> Tree:
    """The RFC 6962 tree over the entries of an order's list, which are its leaves."""
    return Tree(leaf_hashes(one.encode() for one in executors))


def named(executors: Sequence[str]) -> Named:
    """What an order says of the executors it names: count, and root in hex."""
    return Named(len(executors), executors_tree(executors).root.hex())


def check_executors(law: Law, order: Order, executors: Sequence[str]) -> None:
    """Return only if this list is the one the order names, and the chain allows all of it.

    Raises:
        NotAllowedError: unsorted or twice, another list than was signed, not declared, or of
            a kind that the action may not name.
    """
    action = law.chain.action(order.action)
    ids = [id_of(one) for one in executors]
    if ids != sorted(set(ids)):
        raise NotAllowedError("the list of executors is not sorted, or names one twice")
    if named(executors) != order.executors:
        raise NotAllowedError("the list of executors is not the one that was signed")
    for one in ids:
        check_kind(law, action, one)
    if any(map(serial_of, executors)) != (order.shares is not None):
        raise NotAllowedError("an order hands over shares if it names a sealed executor, only then")


def check_kind(law: Law, action: Action, executor: str) -> None:
    """Return only if the action may name this executor.

    Raises:
        NotAllowedError: not declared by the chain, or of another kind.
    """
    try:
        kind = law.chain.kind_of(executor)
    except KeyError:
        raise NotAllowedError(f"{law.chain.id} declares no executor {executor}") from None
    if kind.id not in action.executors:
        raise NotAllowedError(
            f"{action.id} may not name {executor}",
            hint=f"it may name: {', '.join(action.executors)}",
        )
