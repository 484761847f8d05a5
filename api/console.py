"""The console's desk: who works at it, the store, the time, the menu that they may use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from api.access.actor import Access
from api.access.policy import allowed, may
from api.dependencies import KeysDep, NowDep, StoreDep, TemplatesDep, TodayDep
from api.language import Texts, texts_of
from api.office import Office
from api.once import new_key
from api.templating import Templates, page_language
from data.store.audit import append
from data.store.engine import Store
from data.store.keys import Keys

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from api.access.actor import Actor
    from api.views.console.sheets import Panel, Trouble

Place = tuple[str, str, str]
MENU: Final[tuple[tuple[str, tuple[Place, ...]], ...]] = (
    (
        "console.planning",
        (
            ("/console/live", "console.live", "live.watch"),
            ("/console/arrivals", "live.duty", "checkin.confirm"),
            ("/console/tasks", "tasks.tasks", "task.read"),
            ("/console/demand", "demand.title", "demand.read"),
            ("/console/rosters", "console.rosters", "plan.read"),
        ),
    ),
    (
        "console.review",
        (
            ("/", "page.start", "coverage.read"),
            ("/maps/coverage", "page.coverage", "coverage.read"),
            ("/maps/gaps", "page.gap_map", "coverage.read"),
            ("/maps/price", "map.title.price", "review.read"),
            ("/maps/equity", "map.title.equity", "review.read"),
            ("/maps/workload", "map.title.workload", "review.read"),
            ("/gaps", "page.gaps", "coverage.read"),
        ),
    ),
    (
        "console.records",
        (
            ("/console/people", "console.people", "person.read"),
            ("/console/applications", "people.applications", "person.vet"),
            ("/console/teams", "console.teams", "team.read"),
            ("/console/courses", "records.training", "training.read"),
            ("/console/insurance", "records.insurance", "insurance.read"),
            ("/console/audit", "console.audit", "audit.read"),
        ),
    ),
    (
        "rewards.group",
        (
            ("/console/tips", "rewards.tips", "tip.read"),
            ("/console/redemptions", "rewards.redemptions", "redemption.read"),
            ("/console/gifts", "rewards.gifts", "gift.read"),
            ("/console/anomalies", "rewards.anomalies", "anomaly.read"),
        ),
    ),
    (
        "console.management",
        (
            ("/console/imports", "imports.title", "import.preview"),
            ("/console/accounts", "accounts.title", "account.read"),
            ("/console/settings", "settings.title", "setting.read"),
        ),
    ),
)
"""Groups of places: address, text, and the action without which a place is not shown."""

BEGINS: Final = (("/console/live", "live.watch"), ("/", "review.read"))
"""Where a day begins, by what one may do there; the first that fits."""


@dataclass(frozen=True, slots=True)
class Desk:
    """All that a handler of a console page needs."""

    access: Access
    store: Store
    keys: Keys
    now: datetime
    today: date
    templates: Templates
    request: Request

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the city."""
        return ZoneInfo(self.request.app.state.settings.timezone)

    def note(self, kind: str, key: str, **detail: Any) -> None:
        """Write into the audit that something was read."""
        self.store.submit(
            lambda session: append(
                session, self.keys, self.now, self.access.event(kind, key, **detail)
            )
        )

    @property
    def texts(self) -> Texts:
        """The texts of the reader's language."""
        return texts_of(page_language(self.request)[0])

    @property
    def office(self) -> Office:
        """What the handlers of the API take: the same access, store and time."""
        return Office(self.access, self.store, self.keys, self.now, self.today, self.request)

    def sheet(
        self,
        heading: str,
        panels: Sequence[Panel],
        *,
        here: str,
        trouble: Trouble | None = None,
        template: str = "sheet.html",
        **values: Any,
    ) -> HTMLResponse:
        """Return a page of panels; where a form was refused, with the trouble above."""
        told = {} if trouble is None else {"told": _told(trouble)}
        status = 200 if trouble is None else trouble.status
        shown = {"heading": heading, "panels": panels, **told, **values}
        return self.render(template, status, here=here, **shown)

    def _done(self) -> dict[str, str]:
        """Return what to say of the form that led here."""
        word = self.request.query_params.get("done", "")
        text = self.texts.label("label.done", word)
        return {} if not word or text == word else {"kind": "good", "text": text}

    def render(
        self, name: str, status: int = 200, *, here: str = "", **values: Any
    ) -> HTMLResponse:
        """Return a page or a part of one.

        Parameters
        ----------
        name : str
            Template in ``templates/console``.
        here : str
            The address in the menu to which the page belongs.
        """
        actor = self.access.actor
        values.setdefault("told", self._done())
        return self.templates.render(
            self.request,
            f"console/{name}",
            status,
            csrf=actor.csrf,
            actor=actor,
            menu=menu_of(actor),
            here=here,
            new_key=new_key,
            **values,
        )


def _told(trouble: Trouble) -> dict[str, str]:
    return {"kind": "bad", "text": trouble.text, "detail": trouble.detail}


def desk(action: str) -> Callable[..., Awaitable[Desk]]:
    """Return the dependency that gives a desk to whoever has an action."""
    check = allowed(action)

    # A default, not an annotation: those are read as text, which does not know `check`.
    async def get(
        store: StoreDep,
        keys: KeysDep,
        now: NowDep,
        today: TodayDep,
        *,
        templates: TemplatesDep,
        request: Request,
        access: Access = Depends(check),  # noqa: B008
    ) -> Desk:
        return Desk(access, store, keys, now, today, templates, request)

    return get


def menu_of(actor: Actor) -> list[dict[str, Any]]:
    """Return the groups of places that somebody may go to."""
    groups = [
        {
            "key": key,
            "places": [
                {"href": href, "key": text} for href, text, action in places if may(actor, action)
            ],
        }
        for key, places in MENU
    ]
    return [group for group in groups if group["places"]]


def start_of(actor: Actor) -> str:
    """Return where somebody begins: what is live, the overview, or the first place they may go to.

    A volunteer begins on the phone's pages.
    """
    if not actor.is_staff:
        return "/m"
    begins = (href for href, action in BEGINS if may(actor, action))
    places = (place["href"] for group in menu_of(actor) for place in group["places"])
    return next(begins, next(places, "/account"))


def ways_of(actor: Actor | None) -> list[dict[str, str]]:
    """Return the ways from the pages that all read to those of one's own.

    Returns
    -------
    list of dict
        ``href`` and ``key`` of its text: the console and the phone's pages, where they may be used.
    """
    if actor is None:
        return []
    console = [{"href": "/console", "key": "page.console"}] if actor.is_staff else []
    phone = [{"href": "/m", "key": "page.phone"}] if actor.person_id is not None else []
    return console + phone
