"""Alembic migrations of the catalogue, one file a step."""
