"""Private halves: key files, and keys that an SSH agent holds."""
