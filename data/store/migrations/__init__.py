"""Alembic's migrations, run by `data.store.migrate`; a new one is drafted by `draft`."""
