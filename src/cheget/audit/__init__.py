"""The log that cannot lie: RFC 6962 trees, C2SP checkpoints, slices."""
