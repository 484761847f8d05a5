"""Values from and to files: bundles, results, boundaries, the Baotou demo."""
