"""A fault in a file, as compilers show one: file:line:column, the line itself, a caret."""

from __future__ import annotations

from pathlib import Path

from cheget.errors import ChainFileError
from cheget.report.terminal import safe

WIDEST = 120  # characters of a source line that are shown


def pointed(error: ChainFileError) -> list[str]:
    """The fault in lines, the source line and a caret among them if the file can be read."""
    where = f"{error.file or 'file'}:{error.line}:{error.column}"
    lines = [f"{where}: {safe(error.message)}"]
    source = _source(error)
    if source is not None:
        start = max(0, error.column - 1 - WIDEST // 2) if len(source) > WIDEST else 0
        shown = safe(source[start : start + WIDEST])
        number = str(error.line)
        # Counted in what is shown: an escape takes more places than the character it stands for.
        before = len(safe(source[start : error.column - 1]))
        lines += [f"  {number} | {shown}", f"  {' ' * len(number)} | {' ' * before}^"]
    if error.expected:
        lines.append(f"  expected {safe(error.expected)}")
    if error.hint:
        lines.append(f"  {safe(error.hint)}")
    return lines


def _source(error: ChainFileError) -> str | None:
    try:
        text = Path(error.file).read_bytes().decode(errors="replace") if error.file else ""
    except OSError:
        return None
    lines = text.split("\n")
    if not 1 <= error.line <= len(lines) or not text:
        return None
    return lines[error.line - 1].rstrip("\r")
