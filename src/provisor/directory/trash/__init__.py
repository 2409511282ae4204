"""Deleted users and groups, which can come back for a while: the table, and what reads it."""
