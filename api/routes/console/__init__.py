"""``/console``: the pages of dispatchers, officers and auditors, one module a topic."""
