"""Groups whose members are computed from attributes: the tables, and what reads them. `commands/rules.py` writes."""
