"""What a transaction on PostgreSQL reads, and what it is going to write.

Nothing is written before the end: rows to come are kept here, seen by every question that is
asked meanwhile, and written together. So a work that raises takes back its own without a word to
the server, and a group of works costs a handful of round trips.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from cheget.audit.merkle import leaf_hash
from cheget.audit.peaks import Peaks, completed, subtrees
from cheget.errors import StoreError, TwoSequencersError
from cheget.order.fields import Text
from cheget.service.pglink import Link
from cheget.service.pgpending import LOGS, Coming, Pending, Place
from cheget.service.store import Log, StoredEntry, Wanted

_NAMES: dict[int, Log] = {number: log for log, number in LOGS.items()}

# Each log's size and last leaf, the peaks of its tree, and turns: in one round trip.
_ENDS = """
WITH ends AS (
  (SELECT log, position + 1 AS size, leaf FROM entries WHERE log = 0 ORDER BY position DESC LIMIT 1)
  UNION ALL
  (SELECT log, position + 1 AS size, leaf FROM entries WHERE log = 1 ORDER BY position DESC LIMIT 1)
)
SELECT 'end', log, size, 0, '', leaf, ''::bytea FROM ends UNION ALL
SELECT 'peak', nodes.log, place, nodes.height, '', hash, ''
FROM ends CROSS JOIN generate_series(0, 62) AS high (height)
JOIN nodes ON nodes.log = ends.log AND nodes.height = high.height
  AND place = (size >> high.height) - 1
WHERE (size >> high.height) & 1 = 1 UNION ALL
"""
_TURNS = """
(SELECT 'turn', 0, number, 0, '', batch, ''::bytea FROM turns ORDER BY number DESC LIMIT 1)
UNION ALL SELECT 'turn', 0, number, 0, '', batch, '' FROM turns WHERE number = ANY($1)
"""
# What a group of works is going to ask. LATERAL, or a table without statistics is scanned whole.
_WANTED = """
UNION ALL
SELECT 'entry', 0, found.position, found.seq, found.digest, found.leaf, found.envelope
FROM unnest($2::text[]) AS one (digest) CROSS JOIN LATERAL (
  SELECT * FROM entries WHERE log = 0 AND entries.digest = one.digest ORDER BY position LIMIT 1
) AS found UNION ALL
SELECT one.subject, 1, found.position, found.seq, found.digest, found.leaf, found.envelope
FROM unnest($3::text[], $4::bigint[]) AS one (subject, since) CROSS JOIN LATERAL (
  SELECT * FROM entries WHERE log = 0 AND entries.subject = one.subject AND seq >= since
  ORDER BY seq
) AS found UNION ALL
SELECT 'list', 0, 0, 0, found.order_, convert_to(found.list, 'UTF8'), ''
FROM unnest($5::text[]) AS one (order_) CROSS JOIN LATERAL (
  SELECT * FROM executors WHERE executors.order_ = one.order_ OFFSET 0
) AS found UNION ALL
SELECT 'peak', 0, found.place, found.height, '', found.hash, ''
FROM unnest($6::int[], $7::bigint[]) AS one (height, place) CROSS JOIN LATERAL (
  SELECT * FROM nodes
  WHERE log = 0 AND nodes.height = one.height AND nodes.place = one.place OFFSET 0
) AS found
"""
_ENTRY = "SELECT position, leaf, seq, digest, envelope FROM entries WHERE log = $1"


@dataclass(frozen=True)
class Ends:
    """Where both logs end: size and last leaf of each, and the peaks of their trees."""

    ends: Mapping[Log, tuple[int, bytes]]
    peaks: Mapping[Place, bytes]


class Rows:
    """Reading and writing in the one transaction that its link is in."""

    def __init__(self, link: Link, known: Ends | None = None) -> None:
        """Look at nothing yet.

        Args:
            link: In a transaction.
            known: Where the logs end, when that is known without looking.
        """
        self._link = link
        self._seen = known.ends if known is not None else None
        self._nodes: dict[Place, bytes] = dict(known.peaks) if known is not None else {}
        self._entries: dict[str, StoredEntry | None] = {}
        self._threads: dict[str, tuple[int, list[StoredEntry]]] = {}
        self._lists: dict[str, str] = {}
        self.pending = Pending()
        self.questions = 0

    def look(self, turns: Sequence[int] = (), wanted: Sequence[Wanted] = ()) -> dict[int, bytes]:
        """See, as of one moment, both logs' ends unless they are known, and what is ``wanted``.

        Returns:
            The batches of the last turn and of these.
        """
        ends: dict[int, tuple[int, bytes]] = {}
        batches: dict[int, bytes] = {}
        for kind, log, number, seq, name, data, more in self._look(turns, wanted):
            match kind:
                case "end":
                    ends[log] = number, data
                case "peak":
                    self._nodes[_NAMES[log], seq, number] = data
                case "turn":
                    batches[number] = data
                case "entry":
                    self._entries[name] = StoredEntry(number, data, seq, name, more)
                case "list":
                    self._lists[name] = data.decode()
                case subject:
                    self._threads[subject][1].append(StoredEntry(number, data, seq, name, more))
        if self._seen is None:
            self._seen = {log: ends.get(number, (0, b"")) for log, number in LOGS.items()}
        return batches

    def _look(self, turns: Sequence[int], wanted: Sequence[Wanted]) -> list[Any]:
        before = _ENDS if self._seen is None else ""
        if not wanted:
            return self._link.ask(before + _TURNS, turns)
        self._entries = dict.fromkeys(one for each in wanted for one in each.entries)
        since: dict[str, int] = {}
        for subject, place in (one for each in wanted for one in each.threads):
            since[subject] = min(place, since.get(subject, place))
        self._threads = {subject: (place, []) for subject, place in since.items()}
        self._lists = dict.fromkeys((one for each in wanted for one in each.executors), "")
        nodes = {one for each in wanted for size in each.sizes for one in subtrees(size)}
        nodes -= {(height, index) for log, height, index in self._nodes if log == "orders"}
        return self._link.ask(
            before + _TURNS + _WANTED, turns, list(self._entries), list(since),
            list(since.values()), list(self._lists), [one for one, _ in nodes],
            [one for _, one in nodes],
        )  # fmt: skip

    def _ask(self, sql: str, *given: object) -> list[Any]:
        self.questions += 1
        return self._link.ask(sql, *given)

    def _end(self, log: Log) -> tuple[int, bytes]:
        if self._seen is None:
            self.look()
        return cast("Mapping[Log, tuple[int, bytes]]", self._seen)[log]

    def after(self) -> Ends:
        """Where the logs end once what is pending is committed."""
        ends = {}
        for log in LOGS:
            coming, (_, last) = self.pending.entries[log], self._end(log)
            ends[log] = self.size(log), coming[-1].stored.leaf if coming else last
        peaks = {
            (log, *place): self.node(log, *place)
            for log, (size, _) in ends.items() for place in subtrees(size)
        }  # fmt: skip
        return Ends(ends, peaks)

    def size(self, log: Log) -> int:
        return self._end(log)[0] + len(self.pending.entries[log])

    def peaks(self, log: Log, size: int) -> Peaks:
        places = subtrees(size)
        self._end(log)  # with which its peaks come
        self._fetch(log, places)
        return Peaks(size, tuple(self.node(log, *place) for place in places))

    def node(self, log: Log, height: int, index: int) -> bytes:
        place = (log, height, index)
        found = self.pending.nodes.get(place) or self._nodes.get(place)
        if found is None:
            self._fetch(log, [(height, index)])
            found = self._nodes[place]
        return found

    def _fetch(self, log: Log, places: Sequence[tuple[int, int]]) -> None:
        known = self.pending.nodes.keys() | self._nodes.keys()
        wanted = [one for one in places if (log, *one) not in known]
        if not wanted:
            return
        rows = self._ask(
            "SELECT height, place, hash FROM nodes"
            " JOIN unnest($2::int[], $3::bigint[]) AS wanted (height, place) USING (height, place)"
            " WHERE log = $1",
            LOGS[log], [height for height, _ in wanted], [index for _, index in wanted],
        )  # fmt: skip
        self._nodes |= {(log, height, index): hash_ for height, index, hash_ in rows}
        for height, index in wanted:
            if (log, height, index) not in self._nodes:
                raise StoreError(f"the {log} log lacks node {index} at height {height}: damaged")

    def leaves(self, log: Log, start: int, end: int) -> list[bytes]:
        size, last = self._end(log)
        coming = [one.stored.leaf for one in self.pending.entries[log]]
        later = coming[max(0, start - size) : max(0, end - size)]
        if start >= size:
            return later
        if start == size - 1 < end:
            return [last, *later]
        rows = self._ask(
            "SELECT leaf FROM entries WHERE log = $1 AND position >= $2 AND position < $3"
            " ORDER BY position",
            LOGS[log], start, end,
        )  # fmt: skip
        return [row[0] for row in rows] + later

    def thread(self, log: Log, subject: str, since: int = 0) -> list[StoredEntry]:
        held = self._threads.get(subject) if log == "orders" else None
        if held is not None and held[0] <= since:
            found = [one for one in held[1] if one.seq >= since]
        else:
            sql = _ENTRY + " AND subject = $2 AND seq >= $3 ORDER BY seq"
            found = [StoredEntry(*row) for row in self._ask(sql, LOGS[log], subject, since)]
        later = [
            one.stored for one in self.pending.entries[log]
            if one.subject == subject and one.stored.seq >= since
        ]  # fmt: skip
        return found + later

    def find(self, log: Log, digest: str) -> StoredEntry | None:
        if log == "orders" and digest in self._entries:
            found = self._entries[digest]
        else:
            rows = self._ask(
                _ENTRY + " AND digest = $2 ORDER BY position LIMIT 1", LOGS[log], digest
            )
            found = StoredEntry(*rows[0]) if rows else None
        if found is not None:
            return found
        later = (one.stored for one in self.pending.entries[log] if one.stored.digest == digest)
        return next(later, None)

    def of_kind(self, log: Log, kind: str) -> list[StoredEntry]:
        rows = self._ask(_ENTRY + " AND kind = $2 ORDER BY position", LOGS[log], kind)
        later = [one.stored for one in self.pending.entries[log] if one.kind == kind]
        return [StoredEntry(*row) for row in rows] + later

    def texts(self, digests: Sequence[str]) -> Mapping[str, Text]:
        coming = {one: self.pending.texts[one] for one in digests if one in self.pending.texts}
        wanted = [one for one in digests if one not in coming]
        found = {one: text for one, text in coming.items() if text is not None}
        if wanted:
            rows = self._ask("SELECT digest, salt, text FROM texts WHERE digest = ANY($1)", wanted)
            found |= {digest: Text(salt, text.decode()) for digest, salt, text in rows}
        return found

    def executors(self, order: str) -> tuple[str, ...]:
        coming = self.pending.executors.get(order) or self._lists.get(order)
        listed = coming or self._one("SELECT list FROM executors WHERE order_ = $1", order) or ""
        return tuple(cast("str", listed).split())

    def file(self, digest: str) -> bytes | None:
        coming = self.pending.files.get(digest)
        return coming or self._one("SELECT data FROM files WHERE digest = $1", digest)

    def charter(self) -> bytes | None:
        first = self._one("SELECT payload FROM charters ORDER BY version LIMIT 1")
        coming = self.pending.charters
        return first if first is not None or not coming else coming[0][1]

    def charters(self) -> list[bytes]:
        rows = self._ask("SELECT payload FROM charters ORDER BY version")
        return [row[0] for row in rows] + [payload for _, payload in self.pending.charters]

    def enrolments(self) -> list[bytes]:
        rows = self._ask("SELECT envelope FROM enrolments ORDER BY place")
        return [row[0] for row in rows] + [stored for _, stored in self.pending.enrolments]

    def mark(self, name: str) -> bytes | None:
        coming = self.pending.marks.get(name)
        return coming or self._one("SELECT value FROM marks WHERE name = $1", name)

    def _one(self, sql: str, *given: object) -> Any:  # noqa: ANN401 - a row's first
        rows = self._ask(sql, *given)
        return rows[0][0] if rows else None

    def append(self, log: Log, leaf: bytes, *, subject: str | None, seq: int, kind: str,
               digest: str, envelope: bytes) -> int:  # fmt: skip
        position, coming = self.size(log), self.pending.entries[log]
        if any((one.subject, one.stored.seq) == (subject, seq) for one in coming if one.subject):
            raise TwoSequencersError(f"entry {position} of the {log} log is taken")
        self._fetch(log, subtrees(position))
        nodes = completed(position, leaf_hash(leaf), partial(self.node, log))
        coming.append(Coming(StoredEntry(position, leaf, seq, digest, envelope), subject, kind))
        self.pending.nodes |= {(log, height, index): hash_ for height, index, hash_ in nodes}
        return position

    def put_texts(self, texts: Sequence[Text]) -> None:
        self.pending.texts |= {text.digest: text for text in texts}

    def erase_text(self, digest: str) -> bool:
        if not self.texts([digest]):
            return False
        self.pending.texts[digest] = None
        return True

    def put_executors(self, order: str, executors: Sequence[str]) -> None:
        self.pending.executors.setdefault(order, " ".join(executors))

    def put_file(self, digest: str, data: bytes) -> None:
        self.pending.files.setdefault(digest, data)

    def put_charter(self, payload: bytes, enrolments: Sequence[bytes]) -> None:
        self.pending.charters.append((1, payload))
        self.pending.enrolments += enumerate(enrolments)

    def add_charter(self, payload: bytes, enrolments: Sequence[bytes]) -> None:
        # The column counts what was proposed; the version stands in the charter itself.
        known = self.charters()
        if payload not in known:
            self.pending.charters.append((len(known) + 1, payload))
        held = self.enrolments()
        fresh = (one for one in enrolments if one not in held)
        self.pending.enrolments += enumerate(fresh, len(held))

    def put_mark(self, name: str, value: bytes) -> None:
        self.pending.marks[name] = value
