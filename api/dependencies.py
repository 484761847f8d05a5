"""What a route may ask for: the city that is served, the settings, the language."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from api.city import City
from api.settings import Settings
from api.templating import Templates


def get_city(request: Request) -> City:
    """Return the city that this application serves."""
    city: City = request.app.state.city
    return city


def get_settings(request: Request) -> Settings:
    """Return the application's settings."""
    settings: Settings = request.app.state.settings
    return settings


def get_templates(request: Request) -> Templates:
    """Return the application's templates."""
    templates: Templates = request.app.state.templates
    return templates


def get_nonce(request: Request) -> str:
    """Return the content-security nonce of this response; only our own tags may carry it."""
    nonce: str = request.state.nonce
    return nonce


CityDep = Annotated[City, Depends(get_city)]
SettingsDep = Annotated[Settings, Depends(get_settings)]
NonceDep = Annotated[str, Depends(get_nonce)]
TemplatesDep = Annotated[Templates, Depends(get_templates)]
