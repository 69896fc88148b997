"""The shipped scenarios, as bytes."""

from importlib.resources import files

SCENARIOS = (
    *("cheget", "wipe-database", "move-treasury", "release-firmware"),
    *("b59-1962", "minuteman", "us-sole-authority", "root-ksk", "vault-unseal", "bank-wire"),
    *("security-council", "multisig-treasury", "cheget-readings", "soviet-1991", "eu-council"),
    "high-risk-drug",
)


def scenario(name: str) -> bytes:
    """The chain file of that scenario."""
    return files("cheget").joinpath("scenarios", f"{name}.yaml").read_bytes()
