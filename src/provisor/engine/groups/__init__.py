"""Groups at the SP: a second queue beside the users', worked off by the same pass. Read `settle.py` first."""
