"""Files that a city has, read with suspicion: outlines of its areas so far.

A module here takes a path and gives values of `grid` and `dispatch`, or an `InputError` with one
line a problem. Nothing is half-imported.
"""
