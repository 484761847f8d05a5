"""A store for each test, on both databases (`store_fixtures`)."""

from store_fixtures import (  # noqa: F401 - pytest finds them here
    empty,
    empty_url,
    postgres_template,
    pytest_configure,
    pytest_generate_tests,
    server,
    sqlite_template,
    store,
    url,
)
