"""What console pages show, one module a topic; `table` is what all lists share."""
