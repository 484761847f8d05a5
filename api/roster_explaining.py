"""Explanations of stored rosters; the last ones read stay in memory, as reading takes seconds."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from api.commands.explaining import explain_document
from api.language import texts_of
from data.catalogue import labels, load_professions
from data.planning.remedies import edit_mark
from data.store.result_io import find_roster, load_roster
from data.store.scenario_reading import load_scenario
from dispatch.explain import explain
from dispatch.explain_words import ExplainWords
from dispatch.rules import Tier

if TYPE_CHECKING:
    import pandas as pd

    from data.store.engine import Store
    from dispatch.scenario import Scenario
    from dispatch.wording import Language

KEPT: Final = 2
_Key = tuple[str, int, tuple[int, int]]


class RosterExplainer:
    """Explains posts and people of rosters; a draft that was changed by hand is read again."""

    def __init__(self) -> None:
        self._known: OrderedDict[_Key, tuple[Scenario, pd.DataFrame]] = OrderedDict()
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
    ) -> dict[str, Any]:
        """Return an explanation with its sentences as plain values.

        Raises
        ------
        ScenarioError
            Where the post has no such demand.
        """
        scenario, rows = self._read(store, roster_id)
        found = explain(scenario, rows, beat=beat, shift=shift, role=role, person=person)
        words = ExplainWords(scenario, language, _labels(scenario, language))
        return explain_document(found, words)

    def _read(self, store: Store, roster_id: int) -> tuple[Scenario, pd.DataFrame]:
        with self._lock, store.read() as session:
            key = (str(store.engines.url), roster_id, edit_mark(session, roster_id))
            known = self._known.get(key)
            if known is None:
                scenario = load_scenario(session, find_roster(session, roster_id).scenario_id)
                known = scenario, load_roster(session, roster_id)
            self._known[key] = known
            self._known.move_to_end(key)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
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
