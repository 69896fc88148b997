"""A replica that transmits an order and rings; it is killed when its notice has arrived.

``python killed.py FOLDER URL``
"""

from __future__ import annotations

import sys
from pathlib import Path

from notices.samples import house

if __name__ == "__main__":
    folder, url = sys.argv[1:]
    made = house(Path(folder), url)
    made.sim.transmit("ann", "act", ["thing"])
    made.bell().round()
