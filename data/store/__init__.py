"""The records of a city in a database: SQLite or PostgreSQL, the same tables and code on both."""
