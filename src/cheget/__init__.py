"""Who must agree before it can happen: proved, run and logged from one file."""

__version__ = "0.1.0.dev0"
