"""Each package's front door: what it names is there, and nothing else is."""

from __future__ import annotations

import importlib

import pytest

PACKAGES = ("grid", "dispatch", "maps", "data", "api")


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_there(package):
    module = importlib.import_module(package)
    assert module.__all__ == sorted(set(module.__all__), key=_isort_key)
    for name in module.__all__:
        assert getattr(module, name) is not None


@pytest.mark.parametrize("package", PACKAGES)
def test_other_names_are_not(package):
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = importlib.import_module(package).nothing


def _isort_key(name):
    """Constants, then classes, then functions, as the linter sorts them."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)
