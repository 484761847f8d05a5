"""Explanations in words, Chinese and English: what a dispatcher reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dispatch.remedy_words import RemedyWords

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dispatch.explain import Explanation, LineStory, TriedRemedy
    from dispatch.explain_people import PersonReason
    from dispatch.scenario import Scenario
    from dispatch.wording import Language

Words = dict[str, dict["Language", str]]

PEOPLE: Final[Words] = {
    "pinned": {
        "zh": "{person}：已被固定在该岗",
        "en": "{person}: fixed there by a pin",
    },
    "only": {
        "zh": "{person}（{metres} 米）：只有此人能来",
        "en": "{person} ({metres} m): nobody else could come",
    },
    "nearest": {
        "zh": "{person}（{metres} 米）：能来的 {could_come} 人中没有更近的",
        "en": "{person} ({metres} m): nobody of the {could_come} who could come is nearer",
    },
    "passed_over": {
        "zh": "{person}（{metres} 米）：能来的 {could_come} 人中有 {nearer} 人更近：{busy}",
        "en": "{person} ({metres} m): of {could_come} who could come, nearer: {nearer} ({busy})",
    },
    "swap_pays": {
        "zh": "{person}（{metres} 米）：换成有空的 {other} 更好，目标值可降 {less}",
        "en": "{person} ({metres} m): {other} is free and would do better, objective -{less}",
    },
    "tier": {
        "zh": "{person}：该岗要{wanted}，此人是{tier}",
        "en": "{person}: the place is for {wanted} tier, this person is {tier} tier",
    },
    "station": {
        "zh": "{person}：属 {station}，该警格属 {wanted}，民警辅警只在本所",
        "en": "{person}: of station {station}, the beat is of {wanted}; staff work at their own",
    },
    "too_far": {
        "zh": "{person}：太远，{metres} 米，超过出行上限 {limit_m} 米",
        "en": "{person}: too far, {metres} m > the limit of {limit_m} m",
    },
    "unqualified": {
        "zh": "{person}：无资格，{role}须{needs}；此人职业：{profession}",
        "en": "{person}: not qualified; {role} wants {needs}; profession of this person: "
        "{profession}",
    },
    "hazardous": {
        "zh": "{person}：{role}是危险岗，不得派义警",
        "en": "{person}: {role} is hazardous, never for volunteers",
    },
    "insured_until": {
        "zh": "{person}：保险只到 {until}，该班 {day} 结束",
        "en": "{person}: insured until {until} only, the shift ends on {day}",
    },
    "never_insured": {
        "zh": "{person}：没有保险（该班 {day} 结束）",
        "en": "{person}: not insured (the shift ends on {day})",
    },
    "unavailable": {
        "zh": "{person}：未报该班可出勤",
        "en": "{person}: not available for this shift",
    },
    "barred": {
        "zh": "{person}：设定了不得排在该岗",
        "en": "{person}: a pin forbids it",
    },
    "wants_none": {
        "zh": "{person}：班数上限为 0",
        "en": "{person}: has a limit of 0 shifts",
    },
    "must_leave_many": {
        "zh": "{person}：要来须同时离开不止一处：{places}",
        "en": "{person}: would have to leave more than one place: {places}",
    },
    "breaks": {
        "zh": "{person}：有空，但来了会违反{rules}",
        "en": "{person}: free, but would break {rules}",
    },
    "breaks_leaving": {
        "zh": "{person}：须离开{leaves}，那会违反{rules}",
        "en": "{person}: would have to leave {leaves}, which would break {rules}",
    },
    "dearer": {
        "zh": "{person}：有空，但名额已满；顶替 {instead_of} 目标值会升 {delta}",
        "en": "{person}: free, but the line is full; instead of {instead_of} the objective would "
        "rise by {delta}",
    },
    "costs_more": {
        "zh": "{person}：有空，但代价高于名额的价值，目标值会升 {delta}",
        "en": "{person}: free, but costs more than the place is worth: objective +{delta}",
    },
    "needed_there": {
        "zh": "{person}：须离开{leaves}{instead}{relief}，不划算：目标值会升 {delta}",
        "en": "{person}: would have to leave {leaves}{instead}{relief}, where more would be lost: "
        "objective +{delta}",
    },
    "would_pay": {
        "zh": "{person}：可以来{leaving}{instead}{relief}，目标值反而会降 {less}：排班还能改进",
        "en": "{person}: could come{leaving}{instead}{relief}, and the objective would fall by "
        "{less}: the plan can be improved",
    },
}

RULES: Final[Words] = {
    "H1": {"zh": "可出勤", "en": "availability (H1)"},
    "H2": {"zh": "资格", "en": "qualification (H2)"},
    "H3": {"zh": "休息时间", "en": "rest (H3)"},
    "H4": {"zh": "班数上限", "en": "the limit of shifts (H4)"},
    "H5": {"zh": "路程", "en": "reach (H5)"},
    "H6": {"zh": "带队要求（民警或辅警不够带义警）", "en": "supervision (H6: too few supervisors)"},
    "H7": {"zh": "同去要求（义警会落单）", "en": "company (H7: a volunteer would stand alone)"},
    "H8": {"zh": "安全", "en": "safety (H8)"},
    "H9": {"zh": "名额与固定排班", "en": "lines and pins (H9)"},
}

TEXTS: Final[Words] = {
    "line_full": {
        "zh": "{role}：{required} 人，已满",
        "en": "{role}: {required} of {required}",
    },
    "line_short": {
        "zh": "{role}：需 {required} 人，缺 {missing} 人（权重 {weight}）",
        "en": "{role}: {missing} of {required} missing (weight {weight})",
    },
    "why_short": {"zh": "为什么缺：{text}", "en": "Why: {text}"},
    "funnel": {
        "zh": "路程内 {in_reach} 人 → 有资格 {qualified} → 有保险 {insured} → 报可出勤 {available}"
        " → 有空 {free} → 现在就能上岗 {supervised}",
        "en": "in reach {in_reach} → qualified {qualified} → insured {insured} → available "
        "{available} → free {free} → could be added now {supervised}",
    },
    "in_reach": {"zh": "路程内没有人", "en": "nobody is in reach"},
    "qualified": {"zh": "路程内无人有资格", "en": "nobody in reach is qualified"},
    "insured": {
        "zh": "有资格的人都没有该日的保险",
        "en": "nobody qualified is insured on that day",
    },
    "available": {
        "zh": "合格的人都没有报该班可出勤",
        "en": "nobody who may is available for this shift",
    },
    "busy": {
        "zh": "报可出勤的 {available} 人都抽不出身：{text}",
        "en": "available: {available}, but none is free: {text}",
    },
    "no_supervisor": {
        "zh": "有 {free} 人有空，但岗位上没有民警或辅警带队",
        "en": "free: {free}, but there is no officer or auxiliary on the post to supervise",
    },
    "no_seat": {
        "zh": "有 {free} 人有空，但岗位上民警辅警 {supervisors} 名"
        "已带义警 {supervised} 名，不能再带",
        "en": "free: {free}, but the officers and auxiliaries on the post ({supervisors}) lead all "
        "the volunteers that they may ({supervised})",
    },
    "alone": {
        "zh": "有 {free} 人有空，但须结伴同去，凑不齐人或带队不够",
        "en": "free: {free}, but volunteers must come together, and there is not enough company "
        "or room under the supervisors",
    },
    "cost": {
        "zh": "有人可补，但代价高于该名额的价值",
        "en": "somebody could be added, but costs more than the place is worth",
    },
    "trade": {
        "zh": "有人可直接补上：排班还能改进",
        "en": "somebody could be added: the plan can be improved",
    },
    "on_shift": {"zh": "{n} 人该班已在岗", "en": "{n} on that very shift"},
    "rest": {"zh": "{n} 人休息不够", "en": "{n} short of rest"},
    "limit": {"zh": "{n} 人已排满班数", "en": "{n} at the limit of shifts"},
    "barred": {"zh": "{n} 人被设定排除", "en": "{n} shut out by a pin"},
    "free": {
        "zh": "{n} 人有空但更贵（最省的 {other} 也贵 {more}）",
        "en": "{n} free but dearer (the cheapest free person, {other}, by {more})",
    },
    "free_only": {"zh": "{n} 人有空但会违反规则", "en": "{n} free, but breaking a rule"},
    "needed": {
        "zh": "从别处调人最省的是 {person}，须离开{place}，那里空出的损失更大：目标值会升 {delta}",
        "en": "the cheapest to move here would be {person} from {place}, where more would be lost: "
        "objective +{delta}",
    },
    "as_good": {
        "zh": "从别处调人最省的是 {person}，离开{place}：目标值变化 {delta}，只是把缺口挪到那里",
        "en": "the cheapest to move here would be {person} from {place}: objective {delta}, but "
        "that place would be short instead",
    },
    "cheapest": {"zh": "最省的补法：{text}", "en": "Cheapest remedy: {text}"},
    "or": {"zh": "另一办法：{text}", "en": "Or: {text}"},
    "effect": {
        "zh": "已试算：目标值 {delta}（缺员 {unmet}，路程 {travel}，班数 {fairness}，"
        "意愿 {dislike}）",
        "en": "tried: objective {delta} (unmet {unmet}, travel {travel}, shifts {fairness}, "
        "dislike {dislike})",
    },
    "moved": {
        "zh": "{person} 由{leaves}改到{takes}",
        "en": "{person} goes from {leaves} to {takes}",
    },
    "emptied": {"zh": "{place}少 1 人", "en": "{place} is one short"},
    "side": {"zh": "连带影响：{text}", "en": "What else changes: {text}"},
    "nobody_moved": {"zh": "不动任何已排的人", "en": "nobody who has a place is moved"},
    "instead": {"zh": "并换下 {other}", "en": " and replace {other}"},
    "relief": {"zh": "（由 {other} 接替）", "en": " ({other} taking over there)"},
    "leaving": {"zh": "（离开{place}）", "en": ", leaving {place}"},
    "professions": {"zh": "职业为{text}", "en": "one of the professions {text}"},
    "qualifications": {"zh": "持有{text}", "en": "one of the qualifications {text}"},
    "or_else": {"zh": "，或", "en": ", or "},
    "anybody": {"zh": "未填", "en": "not stated"},
}


class ExplainWords:
    """Puts explanations of one scenario into words of one language.

    Parameters
    ----------
    labels : mapping of str to str
        What people call a tier, role, profession, qualification, beat or shift, by its code.
    """

    def __init__(self, scenario: Scenario, language: Language, labels: Mapping[str, str]) -> None:
        self._language = language
        self._remedy = RemedyWords(scenario, language, labels)
        self._comma = self._remedy.join("comma")
        self._names = self._remedy.join("names")

    def lines(self, explanation: Explanation) -> Iterator[tuple[int, str]]:
        """Give the text line by line, each with its depth of indentation."""
        for reason in explanation.person:
            yield 0, self._label(reason.line[2])
            yield 1, self.person(reason)
        for story in explanation.lines:
            name = "line_short" if story.missing else "line_full"
            yield (
                0,
                self._text(
                    name,
                    role=self._label(story.line[2]),
                    required=story.required,
                    missing=story.missing,
                    weight=story.weight,
                ),
            )
            for reason in story.people:
                yield 1, self.person(reason)
            if story.missing:
                yield from self._shortfall(story)

    def person(self, reason: PersonReason) -> str:
        """Say why a person is, or is not, on a line."""
        facts = dict(reason.facts)
        line = reason.line
        values: dict[str, Any] = {
            name: f"{value:,.0f}" if isinstance(value, int | float) else self._label(value)
            for name, value in facts.items()
            if isinstance(value, int | float | str)
        }
        values |= {"person": reason.person_id, "role": self._label(line[2])}
        values["less"] = f"{-min(facts.get('delta', 0), facts.get('more', 0)):,}"
        values["busy"] = self._busy(facts)
        if "leaves" in facts:
            values["leaves"] = self._remedy.place(facts["leaves"], line)
            values["leaving"] = self._text("leaving", place=values["leaves"])
        else:
            values["leaving"] = ""
        values["instead"] = (
            self._text("instead", other=facts["instead_of"]) if "instead_of" in facts else ""
        )
        values["relief"] = (
            self._text("relief", other=facts["relieved_by"]) if "relieved_by" in facts else ""
        )
        values["rules"] = self._names.join(
            RULES[rule][self._language] for rule in facts.get("rules", ())
        )
        values["places"] = self._names.join(
            self._remedy.place(place, line) for place in facts.get("places", ())
        )
        values["needs"] = self._needs(facts)
        if "profession" in facts:
            values["profession"] = self._label(facts["profession"]) or self._text("anybody")
        return PEOPLE[reason.reason][self._language].format_map(values)

    def remedy(self, story: LineStory, tried: TriedRemedy) -> str:
        """Put a remedy into words."""
        return self._remedy.sentence(tried.remedy, story.line)

    def effects(self, story: LineStory, tried: TriedRemedy) -> Iterator[str]:
        """Say what a remedy changes, and for whom."""
        yield self._text(
            "effect",
            delta=f"{tried.delta:+,}",
            unmet=f"{tried.unmet:+,}",
            travel=f"{tried.travel_cost:+,}",
            fairness=f"{tried.fairness_cost:+,}",
            dislike=f"{tried.dislike_cost:+,}",
        )
        sides = [
            self._text(
                "moved",
                person=person,
                leaves=self._remedy.place(leaves, story.line),
                takes=self._remedy.place(takes, story.line),
            )
            for person, leaves, takes in tried.disturbed
        ]
        sides += [
            self._text("emptied", place=self._remedy.place(place, story.line))
            for place in tried.emptied
        ]
        text = self._remedy.join("next").join(sides)
        yield self._text("side", text=text) if sides else self._text("nobody_moved")

    def why_short(self, story: LineStory) -> str:
        """Say which rule binds, with its numbers."""
        if story.obstacle == "hazardous":
            return PEOPLE["hazardous"][self._language].format(
                person=self._label(story.line[2]), role=self._label(story.line[2])
            )
        if story.cause in story.reasons:
            text = self._comma.join(self._text(name, n=n) for name, n in story.reasons.items() if n)
            return self._text("busy", available=story.funnel["available"], text=text)
        if story.cause == "supervised":
            name = "alone" if story.seats > 0 else "no_seat"
            name = name if story.supervisors else "no_supervisor"
            return self._text(
                name,
                free=story.funnel["free"],
                supervisors=story.supervisors,
                supervised=story.supervised,
            )
        return self._text(story.cause)

    def _shortfall(self, story: LineStory) -> Iterator[tuple[int, str]]:
        yield 1, self._text("why_short", text=self.why_short(story))
        yield 2, self._text("funnel", **story.funnel)
        if story.nearest_move and story.cause in story.reasons:
            person, leaves, delta = story.nearest_move
            name = "needed" if delta > 0 else "as_good"
            place = self._remedy.place(leaves, story.line)
            yield 2, self._text(name, person=person, place=place, delta=f"{delta:,}")
        told: list[str] = []
        for number, tried in enumerate(story.remedies):
            name = "or" if number else "cheapest"
            yield 1, self._text(name, text=self.remedy(story, tried))
            counted, sides = self.effects(story, tried)
            yield 2, counted
            if sides not in told:
                yield 2, sides
            told.append(sides)
        if not story.remedies and story.obstacle == "group":
            yield 1, self._remedy.obstacle("group", story.line)

    def _needs(self, facts: Mapping[str, Any]) -> str:
        told = []
        for name in ("professions", "qualifications"):
            if codes := facts.get(name):
                text = self._names.join(self._label(code) for code in codes)
                told.append(self._text(name, text=text))
        return self._text("or_else").join(told)

    def _busy(self, facts: Mapping[str, Any]) -> str:
        told = [
            self._text(name, n=facts[name])
            for name in ("on_shift", "rest", "limit")
            if facts.get(name)
        ]
        if facts.get("free"):
            name = "free" if "other" in facts else "free_only"
            told.append(
                self._text(
                    name, n=facts["free"], other=facts.get("other", ""), more=facts.get("more", 0)
                )
            )
        return self._comma.join(told)

    def person_id(self, row: int) -> str | None:
        """Return the id of a person by row; None for somebody to be recruited."""
        return self._remedy.person_id(row)

    def _label(self, code: str) -> str:
        return self._remedy.label(code)

    def _text(self, name: str, **values: object) -> str:
        return TEXTS[name][self._language].format_map(values)
