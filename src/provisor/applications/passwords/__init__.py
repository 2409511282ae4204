"""Passwords on their way to applications: sealed, for an hour at most (docs/decisions/0013)."""
