"""Settings, routes, pages and the command line: puts the other packages together.

The names load what they need only when asked for: ``jingge --help`` must be quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api.app import create_app
    from api.city import City, load_city
    from api.settings import Settings

__all__ = ["City", "Settings", "create_app", "load_city"]

_LATER = {
    "City": "api.city",
    "Settings": "api.settings",
    "create_app": "api.app",
    "load_city": "api.city",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module 'api' has no attribute {name!r}")
