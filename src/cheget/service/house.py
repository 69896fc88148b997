"""A house: a folder with chains, people and this deployment, and the desk that serves it.

``chains/*.yaml`` and ``people.yaml`` are written by people; ``house.yaml`` is drawn once, when
the deployment is; ``desk/`` holds the store, the log keys and the enrolments, and no power: who
owns it can withhold and delay, and cannot release.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from cheget.chain.chain import Chain
from cheget.chain.changes import change_form
from cheget.chain.document import Node, read
from cheget.chain.document import Sequence as NodeList
from cheget.chain.fields import Fields, duration, line
from cheget.chain.parse import parse_chain
from cheget.chain.people import People, parse_people
from cheget.chain.rule import Rule, names
from cheget.errors import ChainFileError, HouseError
from cheget.keyring import keyfile
from cheget.keyring.dealt import Deals
from cheget.keyring.signer import Ed25519Signer, Signer
from cheget.order.charter import (
    DEFAULT_FRESH,
    DEFAULT_SKEW,
    Charter,
    LogKey,
    Person,
    Terms,
    check_charter,
    read_charter,
)
from cheget.order.keys import PublicKey
from cheget.order.law import check_enrolment
from cheget.order.papers import open_envelope
from cheget.order.passkey import Party
from cheget.service.address import FILE, has_password, parse_address
from cheget.service.amending import law_state
from cheget.service.clock import Clock
from cheget.service.counter import OPEN_ORDERS, LocalCounter
from cheget.service.founding import is_founded
from cheget.service.notes import LogSigner
from cheget.service.notices.settings import EXAMPLE
from cheget.service.rollback import HaltedStore, guarded
from cheget.service.sqlite import SqliteStore
from cheget.service.store import Log, Store

T = TypeVar("T")

LOGS: tuple[Log, Log] = ("orders", "law")
MOST_KEYS = 32  # of one person or executor, those included that no charter names any more
_HEX_32 = re.compile(r"[0-9a-f]{32}")
_HEX_64 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class House:
    """What the folder says, before any charter."""

    folder: Path
    people: People
    chains: tuple[Chain, ...]
    deployment: str
    terms: Terms
    open_orders: int = OPEN_ORDERS  # of one originator at once

    @property
    def seals_folder(self) -> Path:
        """What ceremonies left for the members."""
        return self.folder / "seals"

    @property
    def desk_folder(self) -> Path:
        """Store, log keys and enrolments."""
        return self.folder / "desk"

    @property
    def parties(self) -> tuple[Party, ...]:
        """The page that the house's passkeys are for, if it has one."""
        return (self.terms.party,) if self.terms.party is not None else ()

    def chain(self, id_: str) -> Chain:
        """The chain of that id.

        Raises:
            HouseError: there is none.
        """
        for chain in self.chains:
            if chain.id == id_:
                return chain
        known = ", ".join(chain.id for chain in self.chains)
        raise HouseError(f"this house has no chain {id_}", hint=f"it has: {known}")


def find_house(start: Path) -> Path:
    """The folder of the house in or above ``start``.

    Raises:
        HouseError: no such folder, or no ``people.yaml`` anywhere above.
    """
    if not start.is_dir():
        raise HouseError(f"there is no folder {start}")
    start = start.absolute()
    for folder in (start, *start.parents):
        if (folder / "people.yaml").is_file():
            return folder
    raise HouseError(
        f"there is no house in {start} or above it",
        hint="a house is a folder with people.yaml and chains/*.yaml; or give --house",
    )


def read_people(folder: Path) -> People:
    """The house's ``people.yaml``."""
    return _parsed(folder / "people.yaml", parse_people)


def read_chains(folder: Path) -> tuple[Chain, ...]:
    """The house's chains, by file name."""
    files = sorted((folder / "chains").glob("*.yaml"))
    if not files:
        raise HouseError(f"{folder / 'chains'} holds no chain", hint="put a chain file there")
    return tuple(_parsed(file, parse_chain) for file in files)


def open_house(folder: Path) -> House:
    """The house in ``folder``, whose deployment has been drawn.

    Raises:
        HouseError: something is missing.
        ChainFileError: a file has a fault; its ``file`` says which.
    """
    settings = folder / "house.yaml"
    if not settings.is_file():
        raise HouseError(
            f"{settings} is missing: this house has no deployment yet",
            hint="the first `cheget people enrol` draws one",
        )
    deployment, terms, open_orders = _parsed(settings, _parse_settings)
    people, chains = read_people(folder), read_chains(folder)
    return House(folder, people, chains, deployment, terms, open_orders)


def draw_house(folder: Path, entropy: Callable[[int], bytes]) -> House:
    """Draw a deployment and log keys for a house that has none.

    Args:
        folder: With ``people.yaml`` and chains.
        entropy: Gives so many random bytes.

    Raises:
        HouseError: it has a deployment already, or cannot be written.
    """
    people = read_people(folder)
    read_chains(folder)
    settings = folder / "house.yaml"
    if settings.exists():
        raise HouseError(f"{settings} is there: a deployment is drawn once")
    deployment = entropy(16).hex()
    desk = folder / "desk"
    desk.mkdir(mode=0o700, exist_ok=True)
    lines = [
        "# Drawn once. A copy of this house gets a deployment and a charter of its own.",
        f"deployment: {deployment}",
        "logs:",
    ]
    for log in LOGS:
        signer = keyfile.generate(entropy(32))
        keyfile.write(desk / f"{log}.key", signer, None, f"{people.house} {log} log")
        origin = f"{people.house}-{deployment[:8]}/{log}"
        lines.append(f"  {log}: {{origin: {origin}, key: {signer.public.key.hex()}}}")
    lines += ["witnesses: none", f"skew: {DEFAULT_SKEW}s", f"fresh: {DEFAULT_FRESH}s", EXAMPLE]
    _write_new(settings, "\n".join(lines).encode())
    return open_house(folder)


def compile_charter(house: House, enrolments: Sequence[bytes]) -> Charter:
    """The first charter: chains, people, posts and the keys that were enrolled.

    Raises:
        CharterError: it cannot stand.
        VerificationError: an enrolment does not verify.
    """
    keys: dict[str, list[PublicKey]] = {}
    for stored in enrolments:
        who, key = check_enrolment(house.deployment, open_envelope(stored), house.parties)
        if key not in keys.setdefault(who, []):
            keys[who].append(key)
    people = {
        one.id: Person(tuple(keys.get(one.id, ())), one.machine) for one in house.people.people
    }
    executors = {
        who: found[0] for who, found in keys.items() if who not in people and declares(house, who)
    }
    if stray := sorted(set(keys) - set(people) - set(executors)):
        raise HouseError(f"{stray[0]} is enrolled, and neither a person nor an executor")
    charter = Charter(
        house.deployment, house.people.house, 1, house.chains, people,
        filled_posts(house, executors), executors, house.terms, changes=people_rules(house.people),
    )  # fmt: skip
    check_charter(charter)
    return charter


def enrolments(house: House) -> list[bytes]:
    """The enrolments made so far, before the first charter."""
    folder = house.desk_folder / "enrolled"
    return [file.read_bytes() for file in sorted(folder.glob("*.json"))]


def add_enrolment(
    house: House, stored: bytes, *, founded: bool = False
) -> tuple[str, PublicKey]:  # fmt: skip
    """Keep an enrolment, once it has been verified and fits the house.

    After the founding an executor's new key waits for an amendment, as a person's does.

    Raises:
        HouseError: nobody of that name, or the key is enrolled already.
        VerificationError: no possession of the key.
    """
    who, key = check_enrolment(house.deployment, open_envelope(stored), house.parties)
    if not any(one.id == who for one in house.people.people) and not declares(house, who):
        raise HouseError(f"{who} is neither a person nor an executor of this house")
    folder = house.desk_folder / "enrolled"
    for other in enrolments(house):
        holder, known = check_enrolment(house.deployment, open_envelope(other), house.parties)
        if known.point == key.point:
            raise HouseError(f"that key is enrolled already, by {holder}")
        if holder == who and not founded and declares(house, who):
            raise HouseError(f"the executor {who} has a key already")
    if sum(file.name.rpartition("-")[0] == who for file in folder.glob("*.json")) >= MOST_KEYS:
        raise HouseError(
            f"{who} has enrolled {MOST_KEYS} keys", hint=f"take old ones out of {folder}"
        )
    folder.mkdir(mode=0o700, exist_ok=True)
    _write_new(folder / f"{who}-{key.point.hex()[:16]}.json", stored)
    return who, key


def store_address(house: House) -> str | None:
    """Where the store is: ``CHEGET_STORE``, or ``house.yaml``. None: the house's own file.

    Raises:
        HouseError: it is no address of a store.
    """
    given = os.environ.get("CHEGET_STORE")
    if not given:
        return _parsed(house.folder / "house.yaml", _parse_store)
    try:
        return parse_address(given)
    except ValueError as error:
        raise HouseError(f"CHEGET_STORE, or --store, is {error}") from None


def setting(house: House, name: str, reader: Callable[[Node], T], default: T) -> T:
    """What ``reader`` makes of a field of ``house.yaml`` as it is now; ``default`` without it."""
    place = house.folder / "house.yaml"
    return _parsed(place, lambda data: _fields(data).read(name, reader, default))


def open_store(house: House) -> Store:
    """The house's store, made when it is missing; one that was restored is halted.

    Raises:
        HouseError: it is no address of a store, or what PostgreSQL needs is not installed.
        StoreError: it cannot be opened.
    """
    store = bare_store(house, store_address(house))
    try:
        return guarded(store)
    except BaseException:
        store.close()
        raise


def bare_store(house: House, address: str | None) -> Store:
    """The store at an address, restored or not: for whoever restores, and nobody else."""
    if address is None:
        return open_file(house)
    try:
        from cheget.service.postgres import PostgresStore  # noqa: PLC0415 - an extra's
    except ModuleNotFoundError:
        raise HouseError(
            "a store on PostgreSQL needs asyncpg", hint="pip install 'cheget[serve]'"
        ) from None
    return PostgresStore(address)


def open_file(house: House) -> SqliteStore:
    """The store in the house's own file, wherever its desk may have another."""
    house.desk_folder.mkdir(mode=0o700, exist_ok=True)
    return SqliteStore(file_of(house))


def file_of(house: House) -> Path:
    """The house's own file, there or not."""
    return house.desk_folder / "store.sqlite"


def open_desk(house: House, store: Store, clock: Clock) -> LocalCounter:
    """The house's desk.

    Raises:
        HouseError: the first charter has not been founded, or is not of this deployment.
        KeyFileError: a log key is missing.
    """
    payload = store.read(lambda tx: tx.charter())
    if payload is None or not store.read(is_founded):
        raise HouseError(
            "this house has no charter yet", hint="everybody with a seat: cheget people found"
        )
    charter = read_charter(payload)
    if store.read(lambda tx: len(tx.charters())) > 1:
        charter = store.read(law_state).charter
    if charter.deployment != house.deployment:
        raise HouseError("the store belongs to another deployment")
    signers: Mapping[Log, LogSigner] = log_signers(house)
    if isinstance(store, HaltedStore):
        signers = dict.fromkeys(LOGS, store)
    return LocalCounter(
        store, charter, clock, signers, house.open_orders, Deals(house.seals_folder)
    )


def log_signers(house: House) -> Mapping[Log, Signer]:
    """The keys that sign both logs' checkpoints."""
    found: dict[Log, Signer] = {}
    for log, named in zip(LOGS, (house.terms.orders, house.terms.law), strict=True):
        signer = keyfile.read(house.desk_folder / f"{log}.key", lambda: b"")
        if signer.public.point != named.key:
            raise HouseError(f"desk/{log}.key is not the key that house.yaml names")
        if not isinstance(signer, Ed25519Signer):
            raise HouseError(f"desk/{log}.key is no plain Ed25519 key")
        found[log] = signer
    return found


def session_secret(house: House) -> bytes:
    """The private bytes of the log key of orders, from which sessions' seals are derived."""
    signer = log_signers(house)["orders"]
    assert isinstance(signer, Ed25519Signer)  # noqa: S101 - log_signers has asked
    return signer.private.private_bytes_raw()


def charter_words(charter: Charter) -> str:
    """The charter's digest in groups that are read out."""
    digest = charter.digest
    return " ".join(digest[place : place + 8] for place in range(0, 64, 8))


def declares(house: House, executor: str) -> bool:
    """Whether some chain of the house declares the executor."""
    return any(kind.declares(executor) for chain in house.chains for kind in chain.executors)


def people_rules(people: People) -> dict[str, Rule]:
    """The rules by which people change, as a charter holds them."""
    may = [one.id for one in people.people if not one.machine]
    machines = [one.id for one in people.people if one.machine]
    return {name: change_form(text, may, machines) for name, text in people.changes.items()}


def filled_posts(house: House, executors: Mapping[str, PublicKey]) -> dict[str, str]:
    """Who fills each member's post, and each crew's post beside these executors."""
    posts: dict[str, str] = {}
    for chain in house.chains:
        for member in chain.members:
            if (person := house.people.fills(member.id)) is not None:
                posts[member.id] = person
        for executor in executors:
            for kind in chain.executors:
                if kind.crew is not None and kind.declares(executor):
                    for post in names(kind.crew):
                        person = house.people.fills(f"{executor}/{post}")
                        if person is not None:
                            posts[f"{executor}/{post}"] = person
    return posts


def _fields(data: bytes) -> Fields:
    return Fields(
        read(data),
        "house.yaml",
        required=("deployment", "logs"),
        optional=("witnesses", "skew", "fresh", "origin", "rp-id", "open-orders", "store",
                  "notices", "retention"),
    )  # fmt: skip


def _parse_store(data: bytes) -> str | None:
    found = _fields(data)
    try:
        address = parse_address(found.read("store", line, FILE))
        if address is not None and has_password(address):
            raise ValueError("with a password: many read this file")
    except ValueError as error:
        # No fault with its line of the file beside it: there may be a password in it.
        node = found["store"]
        raise HouseError(
            f"house.yaml, line {node.line}, column {node.column}: the store is {error}",
            hint="the password is for PGPASSFILE, PGPASSWORD or CHEGET_STORE",
        ) from None
    return address


def _parse_settings(data: bytes) -> tuple[str, Terms, int]:
    found = _fields(data)
    logs = Fields(found["logs"], "the logs", required=LOGS)
    witnesses = found.read("witnesses", line, "none")
    if witnesses != "none":
        raise found["witnesses"].fault("witnesses are not supported yet", expected="`none`")
    rp_id, origins = _page(found)
    terms = Terms(
        _log(logs["orders"]),
        _log(logs["law"]),
        rp_id=rp_id,
        origins=origins,
        skew=found.read("skew", duration, DEFAULT_SKEW),
        fresh=found.read("fresh", duration, DEFAULT_FRESH),
    )
    deployment = _hex(found["deployment"], _HEX_32, "128 bits in hexadecimal")
    return deployment, terms, found.read("open-orders", _count, OPEN_ORDERS)


def _count(node: Node) -> int:
    text = line(node)
    if not re.fullmatch(r"[1-9][0-9]{0,6}", text):
        raise node.fault(f"{text[:20]!r} is not how many", expected="a number, such as `50`")
    return int(text)


def _page(found: Fields) -> tuple[str, tuple[str, ...]]:
    """The page that passkeys are for: its id, for ever, and its exact origins."""
    if "origin" not in found:
        if "rp-id" in found:
            raise found["rp-id"].fault("a page has an origin", expected="`origin: https://…`")
        return "", ()
    node = found["origin"]
    nodes = node.items if isinstance(node, NodeList) else (node,)
    origins = tuple(_origin(one) for one in nodes)
    hosts = [urlsplit(one).hostname or "" for one in origins]
    rp_id = found.read("rp-id", line, hosts[0])
    for host in hosts:
        if host != rp_id and not host.endswith(f".{rp_id}"):
            raise node.fault(f"{host} is not {rp_id}, and not within it")
    return rp_id, origins


def _origin(node: Node) -> str:
    text = line(node)
    parts = urlsplit(text)
    plain = f"{parts.scheme}://{parts.netloc}"
    secure = parts.scheme == "https" or (parts.scheme, parts.hostname) == ("http", "localhost")
    if plain != text or not secure or not parts.hostname or "@" in text:
        raise node.fault("not an origin", expected="such as `https://cheget.example.com`")
    return text


def _log(node: Node) -> LogKey:
    found = Fields(node, "a log", required=("origin", "key"))
    key = _hex(found["key"], _HEX_64, "32 bytes in hexadecimal")
    return LogKey(line(found["origin"]), bytes.fromhex(key))


def _hex(node: Node, pattern: re.Pattern[str], expected: str) -> str:
    text = line(node)
    if not pattern.fullmatch(text):
        raise node.fault("not in hexadecimal", expected=expected)
    return text


def _parsed(path: Path, parser: Callable[[bytes], T]) -> T:
    try:
        return parser(path.read_bytes())
    except ChainFileError as error:
        error.file = str(path)
        raise
    except OSError as error:
        raise HouseError(f"{path}: {error.strerror}") from error


def _write_new(path: Path, data: bytes) -> None:
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    except FileExistsError:
        raise HouseError(f"{path} is there already") from None
    except OSError as error:
        raise HouseError(f"{path}: {error.strerror}") from error
