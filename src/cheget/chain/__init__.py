"""The chain file and its meaning."""
