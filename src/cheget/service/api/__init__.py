"""The desk over HTTP: what a house's people, executors and auditors ask of it from elsewhere."""

from cheget.service.api.app import create_app
from cheget.service.api.settings import Settings

__all__ = ["Settings", "create_app"]
