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
        "zh": "{person_id} 排了 {num_shifts} 班,上限 {max_shifts} 班",
        "en": "{person_id} has {num_shifts} shifts, at most {max_shifts} allowed",
    },
    "too_far": {
        "zh": "{person_id} 距 {beat_id} {distance_m:.1f} 米,上限 {limit_m:.1f} 米",
        "en": "{person_id} is {distance_m:.1f} m from {beat_id}, limit {limit_m:.1f} m",
    },
    "other_station": {
        "zh": "{person_id} 属派出所 {station_id},{beat_id} 属 {beat_station_id}",
        "en": "{person_id} is of station {station_id}, {beat_id} of {beat_station_id}",
    },
    "supervision": {
        "zh": "{beat_id} {shift_id} 有 {supervised} 名需带队的义警,民警和辅警 {supervisors} 名",
        "en": "{beat_id} {shift_id} has {supervised} supervised volunteers and "
        "{supervisors} supervisors",
    },
    "together": {
        "zh": "{beat_id} {shift_id} 只有 {volunteers} 名义警",
        "en": "{beat_id} {shift_id} has only {volunteers} volunteers",
    },
    "uninsured": {
        "zh": "{person_id} 在 {shift_id} 结束当日({date})没有保险",
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
