"""What phone pages show: domain values as words and numbers, one module a topic."""
