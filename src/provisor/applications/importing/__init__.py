"""Imports: reading the accounts (or groups) of an application into rows that a person decides about (docs/guide/import.md).

Here is what only reads: the import, its candidates, and what each of them matches. What a person confirms is carried out
by `directory.importing`, which lies above."""
