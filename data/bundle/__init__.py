"""Scenario bundles: a week's planning problem as a directory of tables, and back."""

from data.bundle.digest import bundle_sha256
from data.bundle.layout import BundleError
from data.bundle.reading import read_bundle
from data.bundle.writing import write_bundle

__all__ = ["BundleError", "bundle_sha256", "read_bundle", "write_bundle"]
