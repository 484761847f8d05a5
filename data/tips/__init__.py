"""Tips (线索): handed in, verified by somebody else, worth points; their author stays hidden."""
