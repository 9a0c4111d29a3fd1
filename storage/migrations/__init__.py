"""Alembic migrations of the released tables."""
