"""Runs migrations on the connection that `storage.databases.migrate` hands over."""

from __future__ import annotations

from alembic import context

from storage.tables import ReleasedTable

context.configure(
    connection=context.config.attributes["connection"], target_metadata=ReleasedTable.metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
