"""Prove: who can release it, and who can stop it. Exact numbers only."""
