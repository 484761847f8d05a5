"""What the pages show, worked out from a city: one module a page, plain values, no HTML."""
