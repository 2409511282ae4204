"""OAuth 2.0 as a client: how a token is asked for, read, renewed, and kept from being asked for too often.

asking.py     the requests, without sending them (RFC 6749, 7523, 7636)
answering.py  what the authorisation server said: a token, "later", or "no"
server.py     sends one request to the token endpoint
sources.py    where tokens come from: our own credentials, or what an administrator agreed to
kept.py       the port behind which such an agreement is kept
tokens.py     gives each request of an application its token, renews it in time, and after a 401 once
"""
