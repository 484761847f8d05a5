"""The ground: cells, beats, jurisdictions, travel and coverage. Pure functions of values."""
