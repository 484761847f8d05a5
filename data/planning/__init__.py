"""From the living records to a roster: jobs, scenarios, drafts compared and published."""
