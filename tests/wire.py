"""A wire between a store and its server, that can be cut, or go silent, at a chosen moment."""

from __future__ import annotations

import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

When = Literal["never", "before", "sent", "after", "silent"]

SOCKET = ".s.PGSQL.5432"
COMMIT = b"Q" + struct.pack("!i", 11) + b"COMMIT\0"
# A statement that takes a turn and commits by itself: prepared once, under a name, then bound.
BOUND = rb"B.{4}\0%s\0"
PREPARED = re.compile(rb"P.{4}(__asyncpg_\w+)\0\s*WITH turn AS \(INSERT", re.DOTALL)


class Wire:
    """A socket in ``place`` that leads to the server's.

    ``cut`` says what becomes of the next commit: lost with the line *before* it reaches the
    server; *sent*, and the line cut at once; answered, and the line cut *after* that, before the
    answer is passed on; or held back, with the line *silent*. Only the next one.
    """

    def __init__(self, server: Path, place: Path) -> None:
        self._server, self.place = server / SOCKET, place
        self.cut: When = "never"
        self.cuts = 0
        self._open: list[socket.socket] = []
        self._listening: socket.socket | None = None
        self.mend()

    def mend(self) -> None:
        """Let connections through."""
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(self.place / SOCKET))
        self._listening.listen()
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def break_(self) -> None:
        """Cut every line, and let nothing through."""
        if self._listening is not None:
            with suppress(OSError):
                self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()
            self._listening = None
            (self.place / SOCKET).unlink()
        for one in self._open:
            _end(one)
        self._open.clear()

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self._server))
                self._open += [client, server]
                threading.Thread(target=self._forth, args=(client, server), daemon=True).start()

    def _forth(self, client: socket.socket, server: socket.socket) -> None:
        lost = threading.Event()
        back = threading.Thread(target=_back, args=(client, server, lost), daemon=True)
        back.start()
        names: set[bytes] = set()
        with suppress(OSError):
            while data := client.recv(1 << 16):
                names |= set(PREPARED.findall(data))
                bound = any(re.search(BOUND % name, data, re.DOTALL) for name in names)
                if not (COMMIT in data or bound) or self.cut == "never":
                    server.sendall(data)
                    continue
                cut, self.cut = self.cut, "never"
                self.cuts += 1
                if cut == "silent":
                    lost.set()
                    continue
                if cut == "after":
                    lost.set()
                if cut != "before":
                    server.sendall(data)
                if cut == "after":
                    back.join()
                break
        _end(client)
        _end(server)


def _back(client: socket.socket, server: socket.socket, lost: threading.Event) -> None:
    with suppress(OSError):
        while data := server.recv(1 << 16):
            if lost.is_set():
                break
            client.sendall(data)
    if not lost.is_set():
        with suppress(OSError):
            client.shutdown(socket.SHUT_WR)


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


@contextmanager
def wired(server: Path, place: Path) -> Iterator[Wire]:
    """A wire to the server, cut at the end."""
    wire = Wire(server, place)
    try:
        yield wire
    finally:
        wire.break_()
