"""Passwords of the directory's users: what they must be (policy), how they are kept (hashing), when they end (expiry)."""
