"""Make the vectors of spec/keys.md: ``python tests/vectors/make_keys.py``.

Deterministic: keys are SHA-256 of their names, and Ed25519 draws nothing. What OpenSSH itself
made is kept as text below, for it can't be made again on any machine. The curve arithmetic
here is plain and slow, and for vectors only.
"""

from __future__ import annotations

import base64
from hashlib import sha256, sha512
from math import gcd
from pathlib import Path

HERE = Path(__file__).parent / "keys"
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
I = pow(2, (P - 1) // 4, P)  # noqa: E741
Point = tuple[int, int]
ZERO: Point = (0, 1)
MESSAGE = b"DSSEv1 41 application/vnd.cheget.order.v1+json 2 {}"

# By `ssh-keygen -t ed25519` and `ssh-keygen -Y sign -n cheget` over MESSAGE (OpenSSH 9.2p1).
OPENSSH_PUBLIC = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICvGkHY/XrdVoRLs+49xPUrCeCTMSvup0h/WKyLBRYuZ"
OPENSSH_ARMOR = """\
-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgK8aQdj9et1WhEuz7j3E9SsJ4JM
xK+6nSH9YrIsFFi5kAAAAGY2hlZ2V0AAAAAAAAAAZzaGE1MTIAAABTAAAAC3NzaC1lZDI1
NTE5AAAAQNnB3PCxiXQpejPvh9CWXRGeT9k7iUm6jb9UDTQpjbFkkW1PDUoLyFAav2EFEl
lMik3aKK/PeNS9UrCysyPatQU=
-----END SSH SIGNATURE-----
"""


def add(a: Point, b: Point) -> Point:
    """The sum of two points (RFC 8032, section 5.1.4, in affine form)."""
    (x1, y1), (x2, y2) = a, b
    t = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + y1 * x2) * pow(1 + t, -1, P) % P
    return x, (y1 * y2 + x1 * x2) * pow(1 - t, -1, P) % P


def times(n: int, point: Point) -> Point:
    result = ZERO
    while n:
        if n & 1:
            result = add(result, point)
        point = add(point, point)
        n >>= 1
    return result


def recover(y: int, sign: int) -> Point:
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * I % P
    assert x * x % P == square
    return (P - x if x & 1 != sign else x), y


def form(point: Point) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


BASE = recover(4 * pow(5, -1, P) % P, 0)
T8 = recover(0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7, 0)
assert times(8, T8) == ZERO
assert times(4, T8) != ZERO


def number(*parts: bytes) -> int:
    return int.from_bytes(sha512(b"".join(parts)).digest(), "little")


def scalar(name: str) -> int:
    clamped = bytearray(sha512(sha256(name.encode()).digest()).digest()[:32])
    clamped[0] &= 248
    clamped[31] = clamped[31] & 127 | 64
    return int.from_bytes(clamped, "little")


def sign(name: str, message: bytes, *, key_torsion: Point = ZERO, torsion: Point = ZERO) -> bytes:
    """Sign; ``torsion`` is added to R, ``key_torsion`` to the key that goes into the hash."""
    secret = scalar(name)
    nonce = number(sha256(name.encode()).digest(), message) % L
    r = form(add(times(nonce, BASE), torsion))
    h = number(r, form(add(times(secret, BASE), key_torsion)), message) % L
    return r + ((nonce + h * secret) % L).to_bytes(32, "little")


def public(name: str) -> bytes:
    return form(times(scalar(name), BASE))


def string(value: bytes) -> bytes:
    return len(value).to_bytes(4, "big") + value


def uint(value: int) -> bytes:
    return value.to_bytes(4, "big")


PLAIN, SK = b"ssh-ed25519", b"sk-ssh-ed25519@openssh.com"
ANN, BEN = public("ann"), public("ben")
SK_ANN = string(SK) + string(ANN) + string(b"ssh:")


def tbs(
    message: bytes,
    namespace: bytes = b"cheget",
    digest: bytes = b"sha512",
    reserved: bytes = b"",
) -> bytes:
    hashed = (sha512 if digest == b"sha512" else sha256)(message).digest()
    head = b"SSHSIG" + string(namespace) + string(reserved)
    return head + string(digest) + string(hashed)


def blob(
    key: bytes,
    inner: bytes,
    namespace: bytes = b"cheget",
    digest: bytes = b"sha512",
    reserved: bytes = b"",
    version: int = 1,
    magic: bytes = b"SSHSIG",
) -> bytes:
    fields = (key, namespace, reserved, digest, inner)
    return magic + uint(version) + b"".join(map(string, fields))


def ssh(
    name: str = "ann", namespace: bytes = b"cheget", digest: bytes = b"sha512", **more: bytes
) -> bytes:
    """A whole SSHSIG by a plain key, truly signed over what it says."""
    raw = sign(name, tbs(MESSAGE, namespace, digest, more.get("reserved", b"")))
    key = string(PLAIN) + string(public(name))
    return blob(key, string(PLAIN) + string(raw), namespace, digest, **more)


def sk(flags: int, *, application: bytes = b"ssh:", kind: bytes = SK, extra: bytes = b"") -> bytes:
    """A whole SSHSIG by a security key made of software, its counter at 7."""
    tail = bytes([flags]) + uint(7)
    signed = sha256(application).digest() + tail + sha256(tbs(MESSAGE)).digest()
    inner = string(kind) + string(sign("ann", signed)) + tail + extra
    return blob(SK_ANN, inner)


def armor(data: bytes) -> bytes:
    text = base64.b64encode(data).decode()
    lines = [text[i : i + 70] for i in range(0, len(text), 70)]
    return "\n".join(
        ["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""]
    ).encode()


def write(
    name: str,
    accept: bool,
    why: str,
    scheme: str,
    key: bytes,
    signature: bytes,
    message: bytes = MESSAGE,
) -> None:
    (HERE / f"{name}.txt").write_text(
        f"# {why}\n"
        f"expect: {'accept' if accept else 'reject'}\n"
        f"scheme: {scheme}\n"
        f"key: {key.hex()}\n"
        f"message: {message.hex()}\n"
        f"signature: {signature.hex()}\n"
    )


MESSAGES = [b"message %d" % i for i in range(1000)]


def plain() -> None:
    def case(
        name: str,
        why: str,
        signature: bytes,
        key: bytes = ANN,
        *,
        accept: bool = False,
        message: bytes = MESSAGE,
    ) -> None:
        write(f"ed25519-{name}", accept, why, "ed25519", key, signature, message)

    good = sign("ann", MESSAGE)
    r, s = good[:32], int.from_bytes(good[32:], "little")
    case("good", "a signature as RFC 8032 makes it", good, accept=True)
    case("empty-message", "nothing is a message too", sign("ann", b""), accept=True, message=b"")
    rfc_key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    rfc = (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
        "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    case(
        "rfc8032",
        "test 1 of RFC 8032, section 7.1",
        bytes.fromhex(rfc),
        bytes.fromhex(rfc_key),
        accept=True,
        message=b"",
    )
    case("other-message", "signed something else", good, message=MESSAGE + b" ")
    case("other-key", "signed by somebody else", sign("ben", MESSAGE))
    case(
        "malleated", "S + L: the same signature in other bytes", r + (s + L).to_bytes(32, "little")
    )
    case("s-is-l", "S = L where S = 0 would be", r + L.to_bytes(32, "little"))
    case("s-high-bit", "the top bit of S", r + (s | 1 << 255).to_bytes(32, "little"))
    case("short", "63 bytes", good[:-1])
    case("long", "a byte after the signature", good + b"\0")
    case("sshsig", "an SSHSIG where 64 bytes belong", ssh())
    twists()


def twists() -> None:
    """Points of small order, other forms of points, and what only the cofactor forgives."""

    def case(
        name: str,
        why: str,
        signature: bytes,
        key: bytes = ANN,
        message: bytes = MESSAGE,
        *,
        accept: bool = False,
    ) -> None:
        write(f"ed25519-{name}", accept, why, "ed25519", key, signature, message)

    for k in range(8):
        torsion = form(times(k, T8))
        order = 8 // gcd(k, 8)
        # h * A is zero where the order divides h, and then R = S * B for anybody.
        n = 11
        r = form(times(n, BASE))
        message = next(m for m in MESSAGES if number(r, torsion, m) % L % order == 0)
        case(
            f"small-a-{k}",
            f"a key of order {order}, for which anybody can sign",
            r + n.to_bytes(32, "little"),
            torsion,
            message,
        )
        s = number(torsion, ANN, MESSAGE) * scalar("ann") % L
        case(f"small-r-{k}", f"R of order {order}", torsion + s.to_bytes(32, "little"))
    for name, y, sign_bit in (("0", 0, 1), ("1", 1, 1), ("minus-1", P - 1, 1)):
        data = (y | sign_bit << 255).to_bytes(32, "little")
        case(
            f"small-a-y-{name}-signed",
            f"a key of small order: y = {name}, sign bit set",
            data + bytes(32),
            data,
        )
        case(
            f"small-r-y-{name}-signed",
            f"R of small order: y = {name}, sign bit set",
            data + bytes(32),
        )
    for k in (0, 1, 3, 18):
        for bit in (0, 1):
            data = (P + k | bit << 255).to_bytes(32, "little")
            case(
                f"noncanonical-a-{k}-{bit}",
                f"a key with y = {k} written as p + {k}, sign {bit}",
                form(times(11, BASE)) + (11).to_bytes(32, "little"),
                data,
            )
            case(
                f"noncanonical-r-{k}-{bit}",
                f"R with y = {k} written as p + {k}, sign {bit}",
                data + bytes(32),
            )
    # (0, 1) may be written with y = p + 1: R of order 1 in another form, S = h * a.
    data = (P + 1).to_bytes(32, "little")
    case(
        "noncanonical-r-neutral",
        "verifies where R is decoded without asking for its form",
        data + (number(data, ANN, MESSAGE) * scalar("ann") % L).to_bytes(32, "little"),
    )
    off = next(y for y in range(2, 100) if pow((y * y - 1) * (D * y * y + 1), (P - 1) // 2, P) != 1)
    case(
        "off-curve-a",
        "a key whose y no point has",
        sign("ann", MESSAGE),
        off.to_bytes(32, "little"),
    )
    case(
        "cofactored-r",
        "R with a part of order 8: verifies only if both sides are taken times 8",
        sign("ann", MESSAGE, torsion=T8),
    )
    mixed = add(times(scalar("ann"), BASE), T8)

    def remainder(m: bytes) -> int:
        return number(sign("ann", m, key_torsion=T8)[:32], form(mixed), m) % L % 8

    message = next(m for m in MESSAGES if remainder(m) != 0)
    case(
        "cofactored-a",
        "a key with a part of order 8: verifies only with the cofactor",
        sign("ann", message, key_torsion=T8),
        form(mixed),
        message,
    )
    message = next(m for m in MESSAGES if remainder(m) == 0)
    case(
        "mixed-a",
        "a key with a part of order 8, where the equation holds without the cofactor",
        sign("ann", message, key_torsion=T8),
        form(mixed),
        message,
        accept=True,
    )


def openssh() -> None:
    def case(
        name: str, why: str, signature: bytes, key: bytes = ANN, *, accept: bool = False
    ) -> None:
        write(f"sshsig-{name}", accept, why, "sshsig-ed25519", key, signature)

    good = ssh()
    real = base64.b64decode("".join(OPENSSH_ARMOR.split("\n")[1:-2]))
    real_key = base64.b64decode(OPENSSH_PUBLIC.split()[1])[-32:]
    case("good", "an SSHSIG as OpenSSH makes it", good, accept=True)
    case("ssh-keygen", "made by ssh-keygen -Y sign -n cheget", real, real_key, accept=True)
    case("ssh-keygen-armor", "the same in its armor", OPENSSH_ARMOR.encode(), real_key)
    case("armor", "armor instead of the blob", armor(good))
    case("raw", "64 bytes of Ed25519 over the message", sign("ann", MESSAGE))
    case("raw-tbs", "64 bytes of Ed25519 without the blob around them", sign("ann", tbs(MESSAGE)))
    case("namespace-git", "made for another purpose", ssh(namespace=b"git"))
    case("namespace-file", "made for another purpose", ssh(namespace=b"file"))
    case("namespace-empty", "no namespace", ssh(namespace=b""))
    case("namespace-longer", "a namespace that begins well", ssh(namespace=b"cheget2"))
    case(
        "namespace-relabelled",
        "signed for git, labelled cheget",
        good[:-64] + ssh(namespace=b"git")[-64:],
    )
    case("sha256", "another hash", ssh(digest=b"sha256"))
    case("reserved", "the reserved field is not empty", ssh(reserved=b"x"))
    case("other-key-inside", "the blob names another key, which did sign", ssh("ben"))
    case(
        "other-key-signed", "the blob names this key, another signed", good[:-64] + ssh("ben")[-64:]
    )
    case("trailing", "a byte after the blob", good + b"\0")
    case("cut", "the last byte is missing", good[:-1])
    case("empty", "nothing", b"")
    key, raw = string(PLAIN) + string(ANN), good[-64:]
    inner = string(PLAIN) + string(raw)
    case("trailing-inner", "a byte after the inner signature", blob(key, inner + b"\0"))
    case("trailing-key", "a byte after the key", blob(key + b"\0", inner))
    case(
        "inner-type",
        "an inner signature of another type",
        blob(key, string(b"ssh-rsa") + string(raw)),
    )
    case("inner-short", "63 bytes inside", blob(key, string(PLAIN) + string(raw[:-1])))
    case("version-2", "another version", blob(key, inner, version=2))
    case("magic", "another magic", blob(key, inner, magic=b"SSHSIH"))
    case("length", "a field longer than the blob", good[:10] + b"\xff\xff\xff\xff" + good[14:])
    s = int.from_bytes(raw[32:], "little")
    case("malleated", "S + L inside", good[:-32] + (s + L).to_bytes(32, "little"))
    case("sk", "by a security key, where a plain one stands on the roster", sk(5))


def security_keys() -> None:
    def case(
        name: str, why: str, signature: bytes, *, accept: bool = False, key: bytes = SK_ANN
    ) -> None:
        write(f"sk-{name}", accept, why, "sshsig-sk-ed25519", key, signature)

    good = sk(0x05)
    other = string(SK) + string(ANN) + string(b"ssh:other")
    case("good", "present and verified", good, accept=True)
    case("more-flags", "present, verified and another flag", sk(0x85), accept=True)
    case("no-uv", "present, not verified", sk(0x01))
    case("no-up", "verified, not present", sk(0x04))
    case("no-flags", "neither", sk(0x00))
    case("flags-added", "verified was added afterwards", sk(0x01)[:-5] + b"\x05" + sk(0x01)[-4:])
    case("counter", "another counter than was signed", good[:-1] + b"\x08")
    case("application", "signed for another application", sk(0x05, application=b"ssh:other"))
    case("other-application", "the roster has another application", good, key=other)
    case("trailing-inner", "a byte after the counter", sk(0x05, extra=b"\0"))
    case("trailing", "a byte after the blob", good + b"\0")
    case("no-counter", "the counter is missing", blob(SK_ANN, string(SK) + string(good[-69:-5])))
    case("inner-type", "the inner signature says it is by a plain key", sk(0x05, kind=PLAIN))
    case("plain", "by a plain key, where a security key stands on the roster", ssh())
    case("raw", "64 bytes of Ed25519", sign("ann", MESSAGE))


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    for old in HERE.glob("*.txt"):
        old.unlink()
    plain()
    openssh()
    security_keys()
    print(f"{len(list(HERE.glob('*.txt')))} vectors in {HERE}")
