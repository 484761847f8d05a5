"""The list of short demand lines: ranked, with cause and remedy, in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from api.gaps import ranked_gaps
from api.views.names import city_names, role_options, shift_names, station_options

if TYPE_CHECKING:
    from api.city import City
    from api.gaps import GapFilter
    from api.language import Texts

PER_PAGE = 50
FUNNEL = ("in_reach", "qualified", "insured", "available", "free", "supervised")


def shortfall_values(city: City, texts: Texts, wanted: GapFilter, page: int) -> dict[str, Any]:
    """Return what the list of shortfalls shows."""
    table = ranked_gaps(city, wanted, texts.language)
    num_pages = max(1, -(-len(table) // PER_PAGE))
    page = min(page, num_pages)
    names = shift_names(city, texts)
    called = city_names(city, names)
    rows = table.iloc[(page - 1) * PER_PAGE : page * PER_PAGE].to_dict("records")
    return {
        "rows": [
            {
                **row,
                "remedy": called.told(row["remedy"] or ""),
                "shift": names[city.shift_position[row["shift_id"]]],
                "role_name": texts.label("role", row["role"]),
                "cause_name": texts.label("cause", row["cause"]),
                "funnel": [(texts(f"funnel.{step}"), row[step]) for step in FUNNEL],
            }
            for row in rows
        ],
        "total": len(table),
        "missing": int(table["missing"].sum()),
        "weight": int(table["weight"].sum()),
        "causes": _causes({str(k): v for k, v in table["cause"].value_counts().items()}, texts),
        "wanted": wanted,
        "page": page,
        "num_pages": num_pages,
        "turn": {
            "before": _address(wanted, page - 1) if page > 1 else None,
            "after": _address(wanted, page + 1) if page < num_pages else None,
        },
        "shifts": [names[shift] for shift in city.shift_order],
        "stations": station_options(city),
        "roles": role_options(city, texts),
    }


def _causes(counts: dict[str, int], texts: Texts) -> list[dict[str, Any]]:
    most = max(counts.values(), default=1)
    return [
        {"name": texts.label("cause", cause), "count": count, "bar": round(count / most, 3)}
        for cause, count in counts.items()
    ]


def _address(wanted: GapFilter, page: int) -> str:
    chosen = {
        name: value
        for name in ("station", "shift", "role", "beat")
        if (value := getattr(wanted, name)) is not None
    }
    return "/gaps?" + urlencode({**chosen, "page": page})
