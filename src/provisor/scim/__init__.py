"""The SCIM 2.0 protocol (RFC 7643, 7644): strict in what we write, tolerant in what we read. Async, no Django.

Where to look: `targets` (where we may connect), `http` (one connection to one service provider), `answers` (what
came back, as a value), `reader` (resources and listings out of it), `users`, `paging`, `discovery`, `check`.
"""
