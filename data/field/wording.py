"""Why somebody may not take a task or turn, in Chinese and English: one sentence a rule.

Codes, times and numbers are put in, never names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dispatch.wording import Language


REFUSALS: Final[dict[str, dict[Language, str]]] = {
    "not_active": {
        "zh": "目前状态为“{state}”，只有在岗成员可以领取任务。",
        "en": "Your membership is {state}; only active members may take tasks.",
    },
    "tier": {
        "zh": "此岗位由{tier}承担。",
        "en": "This duty role is for another tier: {tier}.",
    },
    "hazardous": {
        "zh": "危险岗位不安排义警。",
        "en": "Volunteers are never put in a hazardous role.",
    },
    "not_qualified": {
        "zh": "尚不具备岗位 {role} 所需的职业或资质。",
        "en": "You have neither the profession nor the qualification that {role} asks for.",
    },
    "uninsured": {
        "zh": "任务结束当日（{day}）没有人身意外保险。",
        "en": "You have no accident cover on {day}, the day on which it ends.",
    },
    "under_age_at_night": {
        "zh": "未满 {age} 周岁，不安排 {night} 的夜间任务。",
        "en": "Those under {age} are not on duty at night ({night}).",
    },
    "home_unknown": {
        "zh": "档案中没有住址坐标，无法核对出勤距离；请联系派出所补录。",
        "en": "Your file has no home, so the way cannot be checked; ask your station to add it.",
    },
    "too_far": {
        "zh": "距住址约 {distance_m} 米，超过出勤距离上限 {limit_m} 米。",
        "en": "About {distance_m} m from home, over your limit of {limit_m} m.",
    },
    "overlap": {
        "zh": "与已有的 {other}（{other_starts} 起）时间冲突。",
        "en": "It overlaps {other}, which starts at {other_starts}.",
    },
    "rest": {
        "zh": "与 {other} 之间只休息 {rest_hours} 小时，至少要 {min_rest_hours} 小时。",
        "en": "Only {rest_hours} h of rest from {other}; at least {min_rest_hours} h are needed.",
    },
    "max_shifts": {
        "zh": "本周已有 {num_shifts} 次勤务，上限 {max_shifts} 次。",
        "en": "You have {num_shifts} turns this week, at most {max_shifts} are allowed.",
    },
    "supervision": {
        "zh": "带队民警、辅警只有 {leaders} 名，至多带 {limit} 名义警。",
        "en": "{leaders} officers or auxiliaries lead it, who may lead at most {limit} volunteers.",
    },
    "not_open": {
        "zh": "任务当前为“{state}”，不接受报名。",
        "en": "The task is {state} and takes no sign-ups.",
    },
    "deadline": {
        "zh": "报名与退出已于 {until} 截止。",
        "en": "Sign-up and withdrawal ended at {until}.",
    },
    "full": {
        "zh": "{places} 个名额已满。",
        "en": "All {places} places are taken.",
    },
    "already": {
        "zh": "已报名此任务。",
        "en": "You have signed up for it already.",
    },
    "plan_rule": {
        "zh": "排班规则 {hard_rule}：{zh}。",
        "en": "Rule {hard_rule} of the roster: {en}.",
    },
    "wrong_place": {
        "zh": "当前位置距签到点约 {distance_m} 米，超出允许的 {limit_m} 米；"
        "可扫岗位二维码或请民警确认。",
        "en": "About {distance_m} m from the post, over the {limit_m} m allowed; "
        "scan the post's code or ask the officer to confirm.",
    },
    "poor_position": {
        "zh": "定位误差 {accuracy_m} 米，超过 {limit_m} 米；可扫岗位二维码或请民警确认。",
        "en": "The position is off by up to {accuracy_m} m, more than {limit_m} m; "
        "scan the post's code or ask the officer to confirm.",
    },
    "bad_position": {
        "zh": "没有取得当前位置；可扫岗位二维码或请民警确认。",
        "en": "Your position is not known; scan the post's code or ask the officer to confirm.",
    },
    "bad_code": {
        "zh": "二维码无效或已过期，请扫当前的码。",
        "en": "The code is not valid here or has run out: scan the one that shows now.",
    },
    "too_early": {
        "zh": "签到从 {opens} 开始。",
        "en": "Check-in opens at {opens}.",
    },
    "too_late": {
        "zh": "签到已于 {closed} 结束；请民警确认。",
        "en": "Check-in closed at {closed}; ask the officer to confirm.",
    },
    "offline_too_old": {
        "zh": "离线记录的时间须在 {hours} 小时以内且不晚于现在。",
        "en": "An offline entry may be up to {hours} h old and not of the future.",
    },
    "own_confirmation": {
        "zh": "不能为自己确认到岗。",
        "en": "Nobody confirms their own arrival.",
    },
}

ALONE_TITLE: Final = "单独执勤人员未报平安 · Somebody alone on duty is not heard from"
"""The title of the alert that the clock makes; it stands in both languages."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rule that says no, and what its sentence tells."""

    rule: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def words(self, language: Language) -> str:
        """Put the refusal into words."""
        return REFUSALS[self.rule][language].format_map(self.values)
