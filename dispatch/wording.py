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
        "zh": "{person} 有空，可直接上岗（成本 {cost}，缺口代价 {gain}）",
        "en": "{person} is free and could be added (costs {cost}, the place is worth {gain})",
    },
    "supervisor": {
        "zh": "{supervisor} 有空：作为{supervisor_role}上岗带队，{person} 即可上岗",
        "en": "{supervisor} is free: as {supervisor_role} on the post, {person} could be added",
    },
    "supervisor_available": {
        "zh": "请 {supervisor} 该班出勤，作为{supervisor_role}带队，{person} 即可上岗",
        "en": "have {supervisor} available then, as {supervisor_role} on the post: "
        "{person} could be added",
    },
    "supervisor_shift": {
        "zh": "{supervisor} 多排一班（上限 {limit} 班），作为{supervisor_role}带队，"
        "{person} 即可上岗",
        "en": "one shift more for {supervisor} (limit {limit}), as {supervisor_role} on the post: "
        "{person} could be added",
    },
    "supervisor_place": {
        "zh": "该岗位多设 1 名{supervisor_role}（{supervisor} 有空），{person} 即可上岗",
        "en": "require one more {supervisor_role} on the post ({supervisor} is free): "
        "{person} could be added",
    },
    "available": {
        "zh": "请 {person} 该班出勤",
        "en": "have {person} available then",
    },
    "one_more_shift": {
        "zh": "{person} 多排一班（上限 {limit} 班）",
        "en": "one shift more for {person} (limit {limit})",
    },
    "insured": {
        "zh": "为 {person} 投保至 {until}",
        "en": "insure {person} until {until}",
    },
    "reach": {
        "zh": "把 {person} 的出行上限放宽到 {limit_m} 米",
        "en": "extend the reach of {person} to {limit_m} m",
    },
    "trained": {
        "zh": "培训 {person} 取得资质 {qualification}",
        "en": "train {person} as {qualification}",
    },
    "recruit": {
        "zh": "在 {beat} 附近招募 1 名能担任 {role} 的人员",
        "en": "recruit one person for {role} near {beat}",
    },
    "hazardous": {
        "zh": "{role} 是危险岗，不得派义警：改由辅警承担",
        "en": "{role} is hazardous, never for volunteers: give it to auxiliaries",
    },
    "supervisor_recruit": {
        "zh": "招募 1 名{supervisor_role}带队，{person} 即可上岗",
        "en": "recruit one {supervisor_role} for the post: {person} could be added",
    },
    "supervisor_and_place": {
        "zh": "一项改变不够：该岗位须增设带队名额，且无民警或辅警有空",
        "en": "no single change is enough: the post wants one more place for a supervisor, "
        "and none is free",
    },
    "seats": {
        "zh": "一项改变不够：既缺带队的民警或辅警，也缺义警",
        "en": "no single change is enough: a supervisor and a volunteer are both wanting",
    },
    "group": {
        "zh": "一项改变不够：该岗位义警须至少 {group} 人同去",
        "en": "no single change is enough: {group} more volunteers must come together",
    },
}

TOGETHER: Final[dict[Language, str]] = {
    "zh": "，与 {companions} 同去",
    "en": ", together with {companions}",
}
"""Added to a remedy where others, who are free, must come as well (H7)."""
