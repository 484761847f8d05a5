"""The routes: one module a subject, each with an `APIRouter` named ``router``."""
