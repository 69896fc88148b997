"""What a terminal may be given. Imports nothing: everything that prints needs it."""


def safe(text: str) -> str:
    """Text that came from outside, as a terminal may be given it: nothing steers the cursor."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text)
