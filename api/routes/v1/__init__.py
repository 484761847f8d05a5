"""JSON under ``/api/v1``: a module a topic."""
