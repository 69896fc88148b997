"""Signed orders and answers, and how codes come to exist and are verified."""
