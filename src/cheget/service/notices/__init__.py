"""Notices: who is woken, when and how. Nothing here decides who may sign, or can sign."""
