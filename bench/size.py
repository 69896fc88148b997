"""How large the core is when installed, and cheget itself."""

from __future__ import annotations

import re
import statistics
from importlib import metadata
from pathlib import Path

from bench.measure import Row, Spread

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements" / "core.lock"
SOURCE = ROOT / "src" / "cheget"


def rows() -> list[Row]:
    sizes = {name: size for name in locked() if (size := installed(name)) is not None}
    lines = {path: len(path.read_text().splitlines()) for path in SOURCE.rglob("*.py")}
    largest = max(lines, key=lambda path: lines[path])
    heaviest = sorted(sizes, key=lambda name: -sizes[name])[:3]
    total = sum(sizes.values()) / 1e6
    return [
        Row("size", "the core's dependencies, installed", "—", Spread.exactly(total), "MB",
            note=f"{len(sizes)} distributions, without bytecode unless pip made it; "
                 + ", ".join(f"{name} {sizes[name] / 1e6:.0f}" for name in heaviest)),
        Row("size", "cheget, source", "—", Spread.exactly(sum(lines.values())), "lines",
            note=f"{len(lines)} files, median {statistics.median(lines.values()):.0f},"
                 f" largest {largest.relative_to(SOURCE)} {lines[largest]}"),
        Row("size", "cheget, files", "—",
            Spread.exactly(sum(path.stat().st_size for path in lines) / 1e6), "MB"),
    ]  # fmt: skip


def locked() -> list[str]:
    """The distributions that the lock of the core names."""
    return re.findall(r"^([a-z0-9_.-]+)==", LOCK.read_text(), re.MULTILINE)


def installed(name: str) -> int | None:
    """Bytes of a distribution's files as they lie here; None when it is not installed."""
    try:
        files = metadata.files(name)
    except metadata.PackageNotFoundError:
        return None
    paths = [Path(str(one.locate())) for one in files or ()]
    return sum(path.stat().st_size for path in paths if path.is_file())
