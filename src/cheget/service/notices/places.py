"""Where notices go: which addresses may be written down, and which are never connected to."""

from __future__ import annotations

import os
import re
import socket
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from cheget.errors import NoticeError

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]{0,99}|file:/.{1,1000}")
_LARGEST = 4096  # bytes of a secret
_SCHEMES = {"webhook": ("https", "http"), "mail": ("smtps", "smtp")}
# Where clouds tell a machine its own credentials, beside all that is link-local; and the roads
# by which a network of IPv6 leads to what is link-local in IPv4.
_NEVER = tuple(
    map(ip_network, ("fd00:ec2::254/128", "100.100.100.200/32", "64:ff9b::a9fe:0/112",
                     "2002:a9fe::/32"))
)  # fmt: skip


def is_reference(text: str) -> bool:
    """Whether it says where something is that doesn't stand there: in a file, or a variable."""
    return _REFERENCE.fullmatch(text) is not None


def resolve(text: str) -> str:
    """The text itself, or what the file or the variable holds that it refers to.

    Raises:
        NoticeError: it holds nothing, or can't be read.
    """
    if not is_reference(text):
        return text
    kind, _, where = text.partition(":")
    if kind == "env":
        found = os.environ.get(where, "")
    else:
        try:
            with Path(where).open("rb") as file:
                found = file.read(_LARGEST).decode()
        except (OSError, ValueError) as error:
            raise NoticeError(f"{text}: {getattr(error, 'strerror', '') or 'not text'}") from None
    if not found.strip():
        raise NoticeError(f"{text} holds nothing")
    return found.strip()


def place_fault(text: str, means: str) -> str:
    """Why that may not be the address of a webhook or a mail server; empty when it may."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "not one"
    schemes = _SCHEMES[means]
    fault = ""
    if parts.scheme not in schemes or not host or parts.fragment:
        fault = f"not {schemes[0]}://HOST"
    elif parts.password is not None or (parts.username and means == "webhook"):
        fault = "with a password in it"
    elif means == "webhook" and parts.scheme == "http" and host not in LOOPBACK:
        fault = "without TLS, and not of this very machine"
    elif means == "mail" and (parts.query or parts.path.strip("/")):
        fault = "not smtps://USER@HOST"
    return fault


def connect(host: str, port: int, seconds: float) -> socket.socket:
    """A connection to that host, whose address was looked at before it was used.

    Raises:
        NoticeError: it is an address at which nobody receives notices.
        OSError: nobody answers there.
    """
    fault: OSError | None = None
    for family, kind, protocol, _, where in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        _check(host, str(where[0]))
        made = socket.socket(family, kind, protocol)
        made.settimeout(seconds)
        try:
            made.connect(where)
        except OSError as error:
            made.close()
            fault = error
        else:
            return made
    raise fault or OSError(f"{host} has no address")


def _check(host: str, where: str) -> None:
    found = ip_address(where.partition("%")[0])
    found = getattr(found, "ipv4_mapped", None) or found
    if (
        found.is_link_local or found.is_multicast or found.is_unspecified
        or any(found in one for one in _NEVER if one.version == found.version)
    ):  # fmt: skip
        raise NoticeError(
            f"{host} is at {where}: link-local, and nobody receives notices there",
            hint="that is where clouds tell machines their own credentials",
        )
