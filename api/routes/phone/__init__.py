"""``/m``: the pages for phones, one module a topic; forms answer with the page to look at next."""
