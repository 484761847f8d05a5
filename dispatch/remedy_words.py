"""Remedies in words, Chinese and English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dispatch.remedies import NOBODY
from dispatch.wording import JOINTS, REMEDIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dispatch.remedies import Change, Key, Move, Remedy
    from dispatch.scenario import Scenario
    from dispatch.wording import Language


class RemedyWords:
    """Puts remedies of one scenario into words of one language.

    Parameters
    ----------
    labels : mapping of str to str
        What people call a role, a qualification, a beat or a shift, by its code.
    """

    def __init__(self, scenario: Scenario, language: Language, labels: Mapping[str, str]) -> None:
        self._language = language
        self._labels = labels
        people = scenario.people
        self._person = people["person_id"].tolist()
        self._max_shifts = people["max_shifts"].tolist()
        own_m = people["travel_limit_m"].fillna(scenario.rules.volunteer_travel_limit_m)
        self._own_m = own_m.tolist()
        ends_at = scenario.shifts["ends_at"].dt.tz_convert(scenario.timezone)
        self._ends_on = dict(zip(scenario.shifts["shift_id"], ends_at.dt.date, strict=True))
        self._learn = {
            role: next(iter(qualifications), "")
            for role, qualifications in zip(
                scenario.roles["role"], scenario.roles["qualifications"], strict=True
            )
        }
        self._group = scenario.rules.min_volunteers_per_post

    def person_id(self, row: int) -> str | None:
        """Return the id of a person by row; None for somebody to be recruited."""
        return None if row == NOBODY else self._person[row]

    def label(self, code: str) -> str:
        """Return what people call a code."""
        return self._labels.get(code, code)

    def join(self, name: str, **values: object) -> str:
        """Return a text that stands between clauses."""
        return JOINTS[name][self._language].format_map(values)

    def place(self, line: Key, seen_from: Key) -> str:
        """Return what a place is called by somebody who talks of another one."""
        beat, shift, role = line
        values = {"beat": self.label(beat), "shift": self.label(shift), "role": self.label(role)}
        if (beat, shift) == seen_from[:2]:
            return self.join("here", **values)
        return self.join("same_shift" if shift == seen_from[1] else "elsewhere", **values)

    def obstacle(self, name: str, line: Key) -> str:
        """Say why there is no remedy."""
        return self._clause(name, role=self.label(line[2]), group=self._group)

    def sentence(self, remedy: Remedy, line: Key) -> str:
        """Put the remedy of a line into words."""
        if remedy.obstacle:
            return self.obstacle(remedy.obstacle, line)
        chains = self._chains(remedy)
        main, companions, supervisors = chains
        clauses = [self._supervisor(remedy, chain, line) for chain in supervisors]
        first = self._chain(remedy, main, line, "then_free" if supervisors else "add")
        alone = [chain[0] for chain in companions if self._is_free(remedy, chain)]
        if alone:
            names = self.join("names").join(self._person[move.person] for move in alone)
            first += self.join("with", companions=names)
        asked = [chain for chain in companions if not self._is_free(remedy, chain)]
        if asked:
            texts = (self._chain(remedy, chain, line, "add") for chain in asked)
            first += self.join("company", text=self.join("comma").join(texts))
        if not remedy.changes and any(move.leaves for move in remedy.moves):
            first += self._clause("sums", cost=remedy.cost, gain=remedy.gain)
        text = self.join("next").join([*clauses, first])
        if len(remedy.changes) > 1:
            text = self.join("many", number=len(remedy.changes)) + text
        return text

    @staticmethod
    def _chains(
        remedy: Remedy,
    ) -> tuple[list[Move], list[list[Move]], list[list[Move]]]:
        """Cut the moves into chains: the line's, the companions', the supervisors'."""
        begins = sorted((0, *remedy.companions, *remedy.supervisors))
        ends = [*begins[1:], len(remedy.moves)]
        chains = {
            begin: list(remedy.moves[begin:end]) for begin, end in zip(begins, ends, strict=True)
        }
        companions = [chains[begin] for begin in remedy.companions]
        return chains[0], companions, [chains[begin] for begin in remedy.supervisors]

    @staticmethod
    def _change_of(remedy: Remedy, move: Move) -> Change | None:
        """Return the change that lets a person take a place, if one is wanted."""
        for change in remedy.changes:
            if (change.kind, change.line) != ("place", move.takes) and (
                change.person,
                change.line,
            ) == (move.person, move.takes):
                return change
        return None

    def _is_free(self, remedy: Remedy, chain: Sequence[Move]) -> bool:
        return chain[0].leaves is None and self._change_of(remedy, chain[0]) is None

    def _supervisor(self, remedy: Remedy, chain: Sequence[Move], line: Key) -> str:
        role = self.label(chain[0].takes[2])
        text = self._chain(remedy, chain, line, "supervise") + self.join("as", role=role)
        if any(change.kind == "place" for change in remedy.changes):
            text = self._clause("place", role=role) + self.join("comma") + text
        return text

    def _chain(self, remedy: Remedy, chain: Sequence[Move], line: Key, free: str) -> str:
        last = chain[-1]
        change = self._change_of(remedy, last)
        if last.leaves is None:
            if len(chain) == 1:
                return self._change(change, line) if change else self._free(remedy, last, free)
            text = self._clause("relieve", person=self._person[last.person])
            if change:
                text += self.join("bracket", text=self._change(change, line))
            end, movers = text, chain[:-1]
        else:
            end, movers = self._clause("hole"), chain
        told = [
            self._clause(
                "follow" if number else "move",
                person=self._person[move.person],
                place=self.place(move.leaves, line) if move.leaves else "",
            )
            for number, move in enumerate(movers)
        ]
        return self.join("comma").join([*told, end])

    def _free(self, remedy: Remedy, move: Move, name: str) -> str:
        return self._clause(
            name, person=self._person[move.person], cost=remedy.cost, gain=remedy.gain
        )

    def _change(self, change: Change, line: Key) -> str:
        beat, shift, role = change.line
        same = shift == line[1]
        values: dict[str, object] = {
            "beat": self.label(beat),
            "role": self.label(role),
            "when": self.join("then") if same else self.join("for_shift", shift=self.label(shift)),
            "until": self._ends_on[shift],
            "limit_m": change.limit_m,
            "qualification": self.label(self._learn[role]),
        }
        if change.person != NOBODY:
            values |= {
                "person": self._person[change.person],
                "limit": self._max_shifts[change.person] + 1,
                "own_m": round(self._own_m[change.person]),
            }
        return self._clause(change.kind, **values)

    def _clause(self, name: str, **values: object) -> str:
        return REMEDIES[name][self._language].format_map(values)
