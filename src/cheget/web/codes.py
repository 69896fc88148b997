"""An address as a square that a telephone's camera reads (ISO/IEC 18004), as inline SVG."""

from __future__ import annotations

from functools import lru_cache

import segno
from markupsafe import Markup

from cheget.web.language import tell

QUIET = 4  # modules of margin


def square(address: str) -> Markup:
    """The drawing; it says what it holds, and nothing in it is styled inline."""
    across, path = _drawn(address)
    return Markup(
        '<svg class="qr" viewBox="0 0 {0} {0}" width="{1}" height="{1}" role="img"'
        ' aria-label="{4}" data-holds="{2}">'
        '<rect width="{0}" height="{0}"/><path d="{3}"/></svg>'
    ).format(
        across, 4 * across, address, path,
        tell("A code for a telephone: %(address)s", address=address),
    )  # fmt: skip


@lru_cache(maxsize=256)
def _drawn(address: str) -> tuple[int, str]:
    """How many modules it is across, and the path through the dark ones."""
    code = segno.make(address, error="m", micro=False)
    rows = [
        f"M{x + QUIET} {y + QUIET}h1v1h-1z"
        for y, row in enumerate(code.matrix) for x, dark in enumerate(row) if dark
    ]  # fmt: skip
    return len(code.matrix) + 2 * QUIET, "".join(rows)
