"""The users' own pages, below /my: set a password, see one's applications, mend one's profile.

Who is signed in here is a user, never an administrator: sessions, gate and pages are their own.
"""
