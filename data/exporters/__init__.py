"""What leaves: rosters to print, calendars, map layers and plain tables.

A module here takes tables and gives the bytes of a file. Texts of people go out as texts: never as
a formula, whatever they begin with.
"""
