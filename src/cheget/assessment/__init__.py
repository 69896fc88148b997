"""Assess: would it be carried out, how surely, and what would change it."""
