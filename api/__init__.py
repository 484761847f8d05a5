"""Settings, routes, pages and the command line: puts the other packages together."""
