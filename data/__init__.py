"""Values from and to files: bundles, results, boundaries, the Baotou demo."""

from data.bundle import BundleError, bundle_sha256, read_bundle, write_bundle
from data.demo import Demo, build_demo, write_demo
from data.results import ResultError, read_result, read_roster, write_result
from data.sheets import InputError

__all__ = [
    "BundleError",
    "Demo",
    "InputError",
    "ResultError",
    "build_demo",
    "bundle_sha256",
    "read_bundle",
    "read_result",
    "read_roster",
    "write_bundle",
    "write_demo",
    "write_result",
]
