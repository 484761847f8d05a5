"""What importing `dispatch` costs."""

from __future__ import annotations

import subprocess
import sys


def test_a_check_brings_no_solver():
    code = "import sys, dispatch; print({'numba', 'ortools'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
