"""What alembic runs: the migrations, over the connection that `data.store.migrate` hands in."""

from __future__ import annotations

from alembic import context

from data.store.migrate import VERSION_TABLE
from data.store.migrations.rendering import render_item
from data.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    render_as_batch=context.config.attributes.get("batch", True),
    render_item=render_item,
    transactional_ddl=True,
    compare_type=True,
    include_object=context.config.attributes.get("include_object"),
)
# The transaction is the caller's: all steps or none.
context.run_migrations()
