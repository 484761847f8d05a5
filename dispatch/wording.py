"""Sentences about rosters, Chinese and English: what breaks a rule, and what would fill a place.

Ids are put in, never names: what is written here may be shown, logged and exported.
"""

from __future__ import annotations

from typing import Final, Literal

Language = Literal["zh", "en"]

VIOLATIONS: Final[dict[str, dict[Language, str]]] = {
    "unavailable": {
        "zh": "{person_id} 未报 {shift_id} 可出勤",
        "en": "{person_id} is not available for {shift_id}",
    },
    "unqualified": {
        "zh": "{person_id} 不能担任 {role}",
        "en": "{person_id} may not fill {role}",
    },
    "rest": {
        "zh": "{person_id} 在 {previous_shift_id} 与 {shift_id} 之间只休息 {rest_hours:.2f} 小时",
        "en": "{person_id} rests {rest_hours:.2f} h between {previous_shift_id} and {shift_id}",
    },
    "limit": {
        "zh": "{person_id} 排了 {num_shifts} 班，上限 {max_shifts} 班",
        "en": "{person_id} has {num_shifts} shifts, at most {max_shifts} allowed",
    },
    "too_far": {
        "zh": "{person_id} 距 {beat_id} {distance_m:.1f} 米，上限 {limit_m:.1f} 米",
        "en": "{person_id} is {distance_m:.1f} m from {beat_id}, limit {limit_m:.1f} m",
    },
    "other_station": {
        "zh": "{person_id} 属派出所 {station_id}，{beat_id} 属 {beat_station_id}",
        "en": "{person_id} is of station {station_id}, {beat_id} of {beat_station_id}",
    },
    "supervision": {
        "zh": "{beat_id} {shift_id} 有 {supervised} 名需带队的义警，民警和辅警 {supervisors} 名",
        "en": "{beat_id} {shift_id} has {supervised} supervised volunteers and "
        "{supervisors} supervisors",
    },
    "together": {
        "zh": "{beat_id} {shift_id} 只有 {volunteers} 名义警",
        "en": "{beat_id} {shift_id} has only {volunteers} volunteers",
    },
    "uninsured": {
        "zh": "{person_id} 在 {shift_id} 结束当日（{date}）没有保险",
        "en": "{person_id} is not insured on {date}, when {shift_id} ends",
    },
    "hazardous": {
        "zh": "义警 {person_id} 排在危险岗 {role}",
        "en": "volunteer {person_id} is in the hazardous role {role}",
    },
    "off_line": {
        "zh": "{beat_id} {shift_id} 没有 {role} 的需求",
        "en": "no demand for {role} at {beat_id} {shift_id}",
    },
    "beyond_required": {
        "zh": "{beat_id} {shift_id} {role} 只需 {required} 人",
        "en": "{beat_id} {shift_id} {role} requires only {required}",
    },
    "repeated": {
        "zh": "{person_id} {beat_id} {shift_id} {role} 重复",
        "en": "{person_id} {beat_id} {shift_id} {role} is there twice",
    },
    "fixed_missing": {
        "zh": "固定排班 {person_id} {beat_id} {shift_id} {role} 不在表中",
        "en": "fixed assignment {person_id} {beat_id} {shift_id} {role} is missing",
    },
    "forbidden_present": {
        "zh": "禁止排班 {person_id} {beat_id} {shift_id} {role} 在表中",
        "en": "forbidden assignment {person_id} {beat_id} {shift_id} {role} is there",
    },
}

REMEDIES: Final[dict[str, dict[Language, str]]] = {
    "add": {
        "zh": "{person} 有空，可直接上岗（代价 {cost}，补上后目标值少 {gain}）",
        "en": "{person} is free and could be added (costs {cost}, the place is worth {gain})",
    },
    "then_free": {
        "zh": "{person} 即可上岗",
        "en": "then {person} could come",
    },
    "supervise": {
        "zh": "{person} 有空",
        "en": "{person} is free",
    },
    "available": {
        "zh": "请 {person} {when}出勤",
        "en": "have {person} available {when}",
    },
    "one_more_shift": {
        "zh": "{person} 多排一班（上限改为 {limit} 班）",
        "en": "one shift more for {person} (limit {limit})",
    },
    "insured": {
        "zh": "为 {person} 投保至 {until}",
        "en": "insure {person} until {until}",
    },
    "reach": {
        "zh": "把 {person} 的出行上限由 {own_m} 米放宽到 {limit_m} 米",
        "en": "extend the reach of {person} from {own_m} m to {limit_m} m",
    },
    "trained": {
        "zh": "培训 {person}（{qualification}）",
        "en": "train {person} ({qualification})",
    },
    "recruit": {
        "zh": "在 {beat} 附近招募 1 名能担任{role}的人员",
        "en": "recruit one person for {role} near {beat}",
    },
    "place": {
        "zh": "该岗位增设 1 个{role}名额",
        "en": "require one more {role} on the post",
    },
    "move": {
        "zh": "把 {person} 从{place}调来",
        "en": "move {person} here from {place}",
    },
    "follow": {
        "zh": "{person} 由{place}转去顶替",
        "en": "{person} goes there from {place}",
    },
    "relieve": {
        "zh": "由 {person} 顶替",
        "en": "{person} takes over there",
    },
    "hole": {
        "zh": "该处因此少 1 人",
        "en": "which is left one short",
    },
    "sums": {
        "zh": "（代价 {cost}，补上后目标值少 {gain}）",
        "en": " (costs {cost}, gains {gain})",
    },
    "hazardous": {
        "zh": "{role}是危险岗，不得派义警：改由辅警承担",
        "en": "{role} is hazardous, never for volunteers: give it to auxiliaries",
    },
    "group": {
        "zh": "该岗位义警须至少 {group} 人同去，名额或人员不足",
        "en": "{group} more volunteers would have to come together, too many for this post",
    },
}
"""Clauses of a remedy; `dispatch.remedy_words` joins them."""

JOINTS: Final[dict[str, dict[Language, str]]] = {
    "comma": {"zh": "，", "en": ", "},
    "next": {"zh": "；", "en": "; "},
    "names": {"zh": "、", "en": ", "},
    "bracket": {"zh": "（{text}）", "en": " ({text})"},
    "as": {"zh": "，任{role}带队", "en": ", to supervise as {role}"},
    "with": {"zh": "，与 {companions} 同去", "en": ", together with {companions}"},
    "company": {"zh": "；同去的人：{text}", "en": "; for company: {text}"},
    "many": {"zh": "须 {number} 项改变：", "en": "{number} changes: "},
    "then": {"zh": "该班", "en": "then"},
    "for_shift": {"zh": "{shift} 班", "en": "for {shift}"},
    "here": {"zh": "本岗位的{role}岗", "en": "the {role} place of this post"},
    "same_shift": {"zh": " {beat} 的{role}岗", "en": "the {role} place at {beat}"},
    "elsewhere": {
        "zh": " {beat}（{shift}）的{role}岗",
        "en": "the {role} place at {beat}, {shift}",
    },
}
"""What stands between the clauses, and how a place is called."""
