"""From a table file into the living records: what is there, what changes, one transaction."""
