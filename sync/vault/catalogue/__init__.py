"""What the vault knows, in SQLite: one file per noun, raw SQL, rows as frozen structs.

`database.py` opens it and commits in groups; every repository is a few functions that take a connection.
"""
