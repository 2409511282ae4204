"""What a person confirms of an import: users and groups made, accounts linked, values taken over (docs/guide/import.md)."""
