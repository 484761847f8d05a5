"""The commands: each module adds its own to the application in `api.cli`."""
