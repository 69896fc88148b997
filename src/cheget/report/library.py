"""The chains that come with cheget, and beliefs about them: their names and files."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

from cheget.errors import HouseError

FOLDER = Path(__file__).parent.parent / "scenarios"
BELIEFS = FOLDER / "beliefs"
FIRST = (  # the beliefs that are meant where a scenario has several and none are named
    "two-retired-officers", "aboard-b59", "reading-one-mind", "forged-screen", "ceremony-day",
)  # fmt: skip


def known() -> list[str]:
    """The names of all scenarios."""
    return sorted(file.stem for file in FOLDER.glob("*.yaml"))


def believed() -> list[str]:
    """The names of all beliefs that come with cheget."""
    return sorted(file.stem for file in BELIEFS.glob("*.yaml"))


def beliefs_about(chain: str) -> list[str]:
    """The names of the beliefs about a chain; first those meant where none are named."""
    found = [name for name in believed() if _said(BELIEFS / f"{name}.yaml", "chain") == chain]
    return sorted(found, key=lambda name: name not in FIRST)


def chain_of(name: str) -> str:
    """The identity of a scenario's chain."""
    return _said(FOLDER / f"{name}.yaml", "chain")


def path_of(name: str, *, beliefs: bool = False) -> Path:
    """The file of a scenario, or with ``beliefs`` of beliefs that come with cheget, too.

    Raises:
        HouseError: there is none of that name.
    """
    names = known()
    if name in names:
        return FOLDER / f"{name}.yaml"
    if beliefs:
        names = sorted([*names, *believed()])
        if name in names:
            return BELIEFS / f"{name}.yaml"
    near = difflib.get_close_matches(name, names, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known())}"
    raise HouseError(f"there is no scenario {name}", hint=hint)


def file_of(given: str) -> Path:
    """The chain file that a person named: a path, or a scenario's name.

    Raises:
        HouseError: neither.
    """
    path = Path(given)
    if path.is_file() or path.suffix in {".yaml", ".yml"} or "/" in given:
        return path
    return path_of(given)


def title_of(path: Path) -> str:
    """What a page's heading says after its name, or the first comment of beliefs."""
    head = path.read_text("utf-8").partition("\n")[0]
    return head.lstrip("# ").partition(": ")[2] if path.suffix == ".md" else head.lstrip("# ")


def about_page(path: Path) -> str:
    """The page beside a file; that of their chain, where beliefs have none of their own."""
    page = path.with_suffix(".md")
    if not page.is_file():
        chain = _said(path, "chain")
        page = FOLDER / next(f"{one}.md" for one in known() if chain_of(one) == chain)
    return page.read_text("utf-8")


def _said(path: Path, key: str) -> str:
    """A name at the top of a file of ours, read without a YAML library."""
    found = re.search(rf"^{key}: +([a-z0-9-]+)", path.read_text("utf-8"), re.MULTILINE)
    return found[1] if found else ""
