"""The living records: one file per member (一人一档) and all that hangs on it.

Functions of a session that give plain values; no HTTP, no clock (`now` and `today` are passed), and
every question is cut to a `data.store.scope.Scope` in SQL.
"""
