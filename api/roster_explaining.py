"""Explanations of stored rosters: what takes seconds for a city stays in memory.

Kept are the rosters asked about last, surveyed, and the last explanations. A step of a draft makes
another roster of it, by its mark.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from api.city_holder import scenario_of
from api.commands.explaining import explain_document
from api.kept import Kept
from api.language import texts_of
from api.long_lived import without_collection
from data.catalogue import labels, load_professions
from data.planning.remedies import edit_mark
from data.store.result_io import find_roster, load_roster
from dispatch.explain import explain, people_of
from dispatch.explain_words import ExplainWords
from dispatch.rules import Tier

if TYPE_CHECKING:
    import pandas as pd

    from api.city_holder import Served
    from data.store.engine import Store
    from dispatch.explain_people import People
    from dispatch.scenario import Scenario
    from dispatch.wording import Language

KEPT: Final = 2
TOLD: Final = 256
"""Explanations kept; one takes some kilobytes."""
_Key = tuple[str, int, tuple[int, int]]


class RosterExplainer:
    """Explains posts and people of rosters; a draft that was changed by hand is read again."""

    def __init__(self) -> None:
        self._known: Kept[tuple[Scenario, pd.DataFrame, People]] = Kept(KEPT)
        self._told: Kept[dict[str, Any]] = Kept(TOLD)
        self._lock = Lock()

    def explain(
        self,
        store: Store,
        roster_id: int,
        beat: str,
        shift: str,
        *,
        role: str | None,
        person: str | None,
        language: Language,
        served: Served | None = None,
    ) -> dict[str, Any]:
        """Return an explanation with its sentences as plain values.

        Parameters
        ----------
        served : Served, optional
            What the service holds in memory: a city of this scenario or roster is not read again.

        Raises
        ------
        ScenarioError
            Where the post has no such demand.
        """
        with store.read() as session:
            key = (str(store.engines.url), roster_id, edit_mark(session, roster_id))
        asked = (key, beat, shift, role, person, language)
        if (told := self._told.get(asked)) is not None:
            return told
        # One at a time: a second would but halve the speed of the first, and read the same.
        with self._lock:
            if (told := self._told.get(asked)) is not None:  # by whoever was waited for
                return told
            scenario, rows, people = self._read(store, key, served)
            found = explain(
                scenario, rows, beat=beat, shift=shift, role=role, person=person, known=people
            )
            words = ExplainWords(scenario, language, _labels(scenario, language))
            told = explain_document(found, words)
            self._told.put(asked, told)
        return told

    def _read(
        self, store: Store, key: _Key, served: Served | None
    ) -> tuple[Scenario, pd.DataFrame, People]:
        known = self._known.get(key)
        if known is None:
            roster_id = key[1]
            with without_collection(), store.read() as session:
                number = find_roster(session, roster_id).scenario_id
                scenario = scenario_of(session, number, served)
                # No more than a scenario does a published roster ever change.
                if served is not None and served.roster_id == roster_id:
                    rows = served.city.result.roster
                else:
                    rows = load_roster(session, roster_id)
            known = scenario, rows, people_of(scenario, rows)
            self._known.put(key, known)
        return known


def _labels(scenario: Scenario, language: Language) -> dict[str, str]:
    professions = load_professions()
    named = dict(zip(professions.iloc[:, 0], professions[f"label_{language}"], strict=True))
    if language == "en":
        named = {code: label[:1].lower() + label[1:] for code, label in named.items()}
    stations = zip(scenario.beats["station_id"], scenario.beats["station_name"], strict=True)
    texts = texts_of(language)
    tiers = {tier.value: texts(f"tier.{tier.value}") for tier in Tier}
    if language == "en":
        tiers = {tier: tier for tier in tiers}
    return {**dict(stations), **tiers, **named, **labels(language)}
