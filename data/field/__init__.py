"""What happens between plans: tasks, sign-ups, shifts, exchanges, check-ins, show-up rates.

Every function takes a session of `data.store` first and ``now`` where time matters, gives plain
values back, and knows neither HTTP nor a clock. `docs/field.md` tells the flows and rules.
"""
