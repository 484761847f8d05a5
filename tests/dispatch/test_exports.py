from __future__ import annotations

import subprocess
import sys

import pytest

import dispatch


@pytest.mark.parametrize("name", dispatch.__all__)
def test_every_public_name_is_there(name):
    assert getattr(dispatch, name) is not None


def test_other_names_are_not():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = dispatch.nothing


def test_a_check_brings_no_solver():
    code = "import sys, dispatch; print({'numba', 'ortools'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
