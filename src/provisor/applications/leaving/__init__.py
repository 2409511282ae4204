"""Leavers: the report of who was asked and confirmed, and accounts that are deleted some time after they were ended."""
