"""By which ways somebody wants notices, as the choices of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.views.phone.moments import moment_words
from data.notices.ways import PUSHED

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from api.views.phone.reader import Reader
    from data.notices.addresses import OwnAddresses


def kind_choices(
    wanted: Mapping[str, Collection[str]], there_are: Collection[str], reader: Reader
) -> list[dict[str, Any]]:
    """Return each kind of notice with the ways to choose from, ticked where it is wanted."""
    texts = reader.texts
    found = [
        {
            "label": texts.label("label.notice_kind", kind),
            "ways": [
                {
                    "value": f"{kind}:{way}",
                    "label": texts.label("label.notice_way", way),
                    "on": way in ways,
                }
                for way in there_are
                if way != "push" or kind not in PUSHED
            ],
        }
        for kind, ways in wanted.items()
    ]
    return [one for one in found if one["ways"]]


def address_values(own: OwnAddresses, reader: Reader) -> dict[str, str]:
    """Return one's own addresses as the page shows them, masked."""
    until = ""
    if own.asked_until is not None:
        until = moment_words(own.asked_until, reader.now, reader.limits.zone, reader.texts)
    return {"phone": own.phone, "mail": own.mail, "asked": own.asked, "asked_until": until}
