"""People, shifts, demand and rosters: plans, checks and explains. Pure functions of values."""
