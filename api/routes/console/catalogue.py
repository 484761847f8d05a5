"""``/console/settings/…``: professions, qualifications, duty roles, shift templates, as forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Depends, Path, Response

from api.access.policy import may
from api.console import Desk, desk
from api.console_forms import carry_out, make_once
from api.forms import FormDep, fill
from api.once import FormOnceDep
from api.routes.v1.catalogue import TOPICS, change_entry, make_entry
from api.views.console.catalogue import HERE, entries_panel, entry_sheet
from api.views.console.sheets import Panel, Trouble, answered
from data.records.catalogue import entry_tag, list_entries, read_entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

router = APIRouter(prefix="/console/settings", include_in_schema=False)

ReaderDesk = Annotated[Desk, Depends(desk("catalogue.read"))]
WriterDesk = Annotated[Desk, Depends(desk("catalogue.write"))]
Topic = Literal["professions", "qualifications", "duty-roles", "shift-templates"]
EntryPath = Annotated[str, Path(min_length=1, max_length=128)]


@router.get("/{topic}")
def entries(office: ReaderDesk, topic: Topic) -> Response:
    """List a topic of the catalogue."""
    texts = office.texts
    with office.store.read() as session:
        found = list_entries(session, topic)
    may_write = may(office.access.actor, "catalogue.write")
    panel = entries_panel(topic, found, texts, may_write=may_write)
    heading = texts.label("label.topic", topic)
    return office.sheet(heading, [panel], here=HERE, up=(texts("settings.title"), HERE))


@router.get("/{topic}/new")
def new(office: WriterDesk, topic: Topic) -> Response:
    """Show the form of a new entry."""
    return _new(office, topic)


@router.post("/{topic}")
def create(office: WriterDesk, topic: Topic, form: FormDep, once: FormOnceDep) -> Response:
    """Add an entry that is in use from now on."""

    def work(session: Session) -> str:
        make_entry(session, office.office, topic, fill(TOPICS[topic][1], form))
        return f"{HERE}/{topic}?done=saved"

    return make_once(office, form, once, work, lambda trouble: _new(office, topic, trouble))


@router.get("/{topic}/{code}")
def entry(office: ReaderDesk, topic: Topic, code: EntryPath) -> Response:
    """Show an entry; with the form to change it where the reader may."""
    return _one(office, topic, code)


@router.post("/{topic}/{code}")
def edit(office: WriterDesk, topic: Topic, code: EntryPath, form: FormDep) -> Response:
    """Change an entry, or put it out of use."""
    needs = ("label_zh", "label_en")

    def act() -> None:
        body, seen = fill(TOPICS[topic][2], form, needs=needs), form.text("version")
        office.store.submit(
            lambda session: change_entry(session, office.office, topic, code, body, seen)
        )

    back = f"{HERE}/{topic}?done=saved"
    return carry_out(
        office, form, act, lambda trouble: _one(office, topic, code, trouble), back=back
    )


def _new(office: Desk, topic: str, trouble: Trouble | None = None) -> Response:
    texts = office.texts
    with office.store.read() as session:
        words = _words(session, office)
    sheet = entry_sheet(topic, texts, words)
    return _page(
        office, topic, texts("settings.add"), Panel(sheets=answered([sheet], trouble)), trouble
    )


def _one(office: Desk, topic: str, code: str, trouble: Trouble | None = None) -> Response:
    texts = office.texts
    with office.store.read() as session:
        found = read_entry(session, topic, code)
        words = _words(session, office)
    if not may(office.access.actor, "catalogue.write"):
        panel = entries_panel(topic, [found], texts, may_write=False)
    else:
        sheet = entry_sheet(topic, texts, words, found, tag=entry_tag(found))
        panel = Panel(sheets=answered([sheet], trouble))
    name = found["label_zh" if texts.language == "zh" else "label_en"]
    return _page(office, topic, name, panel, trouble, beside=code)


def _page(
    office: Desk, topic: str, heading: str, panel: Panel, trouble: Trouble | None, beside: str = ""
) -> Response:
    up = (office.texts.label("label.topic", topic), f"{HERE}/{topic}")
    return office.sheet(heading, [panel], here=HERE, trouble=trouble, up=up, beside=beside)


def _words(session: Session, office: Desk) -> dict[str, Sequence[tuple[str, str]]]:
    label = "label_zh" if office.texts.language == "zh" else "label_en"
    return {
        topic: [(one["code"], one[label]) for one in list_entries(session, topic)]
        for topic in ("professions", "qualifications")
    }
