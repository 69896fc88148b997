"""The shipped scenarios, as bytes."""

from importlib.resources import files

SCENARIOS = ("cheget", "wipe-database", "move-treasury", "release-firmware")


def scenario(name: str) -> bytes:
    """The chain file of that scenario."""
    return files("cheget").joinpath("scenarios", f"{name}.yaml").read_bytes()
