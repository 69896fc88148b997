"""A house from elsewhere: over HTTPS, trusting whoever answers with nothing.

Only what an executor installs is needed: the standard library, and the core.
"""

from cheget.client.remote import RemoteCounter
from cheget.client.source import HouseSource
from cheget.client.transport import Origin

__all__ = ["HouseSource", "Origin", "RemoteCounter"]
