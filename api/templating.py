"""Pages: Jinja2 templates that escape everything, in the reader's language."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.kept_pages import KeptPages
from api.language import (
    DEFAULT,
    TAGS,
    accepted_language,
    match_language,
    texts_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import Request

    from api.assets import Assets
    from dispatch.wording import Language

_FOLDER: Final = Path(__file__).parent / "templates"
COOKIE: Final = "jingge_lang"
_A_YEAR_S: Final = 31_536_000


class Templates:
    """The templates of an application."""

    def __init__(self, assets: Assets) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(_FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,  # a program's templates change with the program
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals["asset"] = assets.url
        self._environment.filters |= {
            "count": lambda value: f"{value:,}",
            "percent": lambda share: f"{share:.1%}",
            "segment": lambda text: quote(text, safe=""),
        }
        self.pages = KeptPages()

    def warm(self) -> None:
        """Read all templates, so that no reader waits for it."""
        for name in self._environment.list_templates():
            self._environment.get_template(name)

    def text(self, name: str, **values: object) -> str:
        """Return a template that is no page, such as a script, with values put in."""
        return self._environment.get_template(name).render(**values)

    def render(
        self, request: Request, name: str, status: int = 200, **values: object
    ) -> HTMLResponse:
        """Return a page in the reader's language, which is kept where they just chose it."""
        language, chosen = page_language(request)
        html = self._html(request, name, language, {"nonce": request.state.nonce, **values})
        return _page(html, status, language, chosen=chosen)

    def render_kept(
        self,
        request: Request,
        name: str,
        *,
        csrf: str,
        new_key: Callable[[], str],
        **values: object,
    ) -> HTMLResponse:
        """Return a page of plain values alone, which is made once for the same values.

        Parameters
        ----------
        csrf : str
        new_key : callable
            Gives a key for each form.
        """
        language, chosen = page_language(request)
        address = f"{request.url.path}?{request.url.query}"
        marks = {
            "nonce": self.pages.nonce,
            "csrf": self.pages.csrf,
            "new_key": self.pages.new_key,
        }
        html = self.pages.page(
            {"name": name, "language": language, "address": address, "values": values},
            lambda: self._html(request, name, language, {**marks, **values}),
            nonce=request.state.nonce,
            csrf=csrf,
            new_key=new_key,
        )
        return _page(html, HTTPStatus.OK, language, chosen=chosen)

    def _html(
        self, request: Request, name: str, language: Language, values: dict[str, object]
    ) -> str:
        return self._environment.get_template(name).render(
            t=texts_of(language),
            path=request.url.path,
            links={other: _with_language(request, other) for other in TAGS},
            **values,
        )


def _page(html: str, status: int, language: Language, *, chosen: bool) -> HTMLResponse:
    response = HTMLResponse(html, status, {"Content-Language": TAGS[language]})
    if chosen:
        response.set_cookie(
            COOKIE, language, max_age=_A_YEAR_S, httponly=True, samesite="lax", path="/"
        )
    return response


def page_language(request: Request) -> tuple[Language, bool]:
    """Return the language of a page, and whether the reader chose it with this request.

    In turn: ``?lang=``, the cookie, the setting, the browser's languages, Chinese.
    """
    if wanted := match_language(request.query_params.get("lang", "")):
        return wanted, True
    settings = request.app.state.settings
    language = (
        match_language(request.cookies.get(COOKIE, ""))
        or match_language(settings.lang)
        or accepted_language(request.headers.get("accept-language", ""))
        or DEFAULT
    )
    return language, False


def _with_language(request: Request, language: Language) -> str:
    """Return the address of this page in another language."""
    url = request.url.include_query_params(lang=TAGS[language])
    return f"{url.path}?{url.query}"
