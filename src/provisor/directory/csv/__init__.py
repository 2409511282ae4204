"""Users as CSV: reading a file strictly, telling what it would change before it changes anything, and writing one that
no spreadsheet takes for formulas. The columns are described in columns.py; `directory.commands` applies a file."""
